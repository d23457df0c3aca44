// SPDX-License-Identifier: Apache-2.0
#include "access_commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdio>

#include "base/json.h"
#include "base/terminal.h"
#include "base/time.h"
#include "local.h"
#include "server/access/access_json.h"

namespace suture::server {
namespace {

constexpr std::uint32_t kRowsAtOnce = 1000;

Result<AccessStore> open_or_make(const DatabaseArguments& arguments) {
  const FleetDatabase database = TRY(database_of(arguments));
  TRY(make_database(database));
  return AccessStore::open(database);
}

Result<AccessStore> open_present(const DatabaseArguments& arguments) {
  const FleetDatabase database = TRY(database_of(arguments));
  TRY(need_database(database));
  return AccessStore::open(database);
}

/// "90" days from now, "2027-01-31" or a whole time. What is none of these is told by the store.
std::string end_of(const std::string& text, Time now) {
  constexpr int kMostDays = 100'000;
  int days = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), days);
  if (wrong == std::errc{} && end == text.data() + text.size()) {
    return time_text(now + std::chrono::days(std::clamp(days, 0, kMostDays)));
  }
  return text.size() == std::string_view("2027-01-31").size() ? text + "T00:00:00Z" : text;
}

std::string state_of(const Token& token, Time now) {
  if (token.revoked()) return "revoked";
  return token.expired(now) ? "expired" : "in use";
}

std::string or_dash(const std::string& text) {
  return text.empty() ? "-" : text;
}

/// Handed to `take` one by one, oldest first, in bounded memory.
template <class Take>
Result<void> each_entry(AccessStore& store, std::int64_t last, Take take) {
  for (std::int64_t from = 1; from <= last; from += kRowsAtOnce) {
    const std::int64_t to = std::min<std::int64_t>(last, from + kRowsAtOnce - 1);
    auto page = TRY(store.entries(to + 1, static_cast<std::uint32_t>(to - from + 1)));
    std::ranges::reverse(page.items);
    for (const AuditEntry& entry : page.items) take(entry);
  }
  return {};
}

}  // namespace

AccessCommands::AccessCommands(CLI::App& app, const DatabaseArguments& database) : database_(database) {
  app.require_subcommand(0, 1);
  CLI::App* token = app.add_subcommand("token", "Make, list and revoke tokens for the API");
  token->require_subcommand(1)->fallthrough();
  const auto json = [this](CLI::App* command) { command->add_flag("--json", json_, "Write JSON"); };

  add_ =
      token->add_subcommand("add", "Make a token, and print it: it is shown this once only")->fallthrough();
  add_->add_option("--name", name_, "What it is called in lists and in the audit log")->required();
  add_->add_option("--role", role_, "viewer, operator, approver or admin")->required();
  add_->add_option("--scope", scopes_, "Allow this of what the role may; again for more")
      ->type_name("SCOPE")
      ->allow_extra_args(false);
  add_->add_option("--expires", expires_, "When it ends: 2027-01-31, or a number of days; absent: never")
      ->type_name("DATE|DAYS");
  add_->footer("Example: suture-server token add --name grafana --role viewer --expires 365");
  json(add_);

  list_ = token->add_subcommand("list", "Show all tokens, without their secrets")->fallthrough();
  json(list_);

  revoke_ = token->add_subcommand("revoke", "Make a token worthless, at once and for ever")->fallthrough();
  revoke_->add_option("token", which_, "Its number or its name")->required();
  revoke_->footer("Example: suture-server token revoke grafana");
  json(revoke_);

  audit_ = app.add_subcommand("audit", "Show what was done by whom, oldest first")->fallthrough();
  audit_->add_flag("--verify", verify_, "Check that no entry was changed or is missing, instead");
  audit_
      ->add_option("--known", known_,
                   "With --verify: an entry that must still be there, as it printed one before")
      ->type_name("NUMBER:HASH")
      ->needs("--verify");
  audit_->footer("Example: suture-server audit --verify --known \"$(cat noted-elsewhere)\"");
  json(audit_);
}

std::optional<Result<void>> AccessCommands::run() {
  if (add_->parsed()) return add_token();
  if (list_->parsed()) return list_tokens();
  if (revoke_->parsed()) return revoke_token();
  if (audit_->parsed()) return show_audit();
  return std::nullopt;
}

Result<void> AccessCommands::add_token() {
  const Time now = wall_clock();
  NewToken wanted{.name = name_, .role = TRY(role_from_name(role_))};
  for (const std::string& name : scopes_) {
    if (!wanted.scopes) wanted.scopes.emplace();
    wanted.scopes->push_back(TRY(scope_from_name(name)));
  }
  if (!expires_.empty()) wanted.expires_at = end_of(expires_, now);
  auto store = TRY(open_or_make(database_));
  const bool first = !TRY(store.any_token());
  const auto added = TRY(store.add(wanted, local_user(), now));
  if (json_) {
    Json token = to_json(added.token);
    token["secret"] = added.secret;
    fmt::print("{}", json_text(token));
  } else {
    fmt::print("{}\n", added.secret);
  }
  if (first) fmt::print(stderr, "suture-server: from now on reading the fleet needs a token\n");
  return {};
}

Result<void> AccessCommands::list_tokens() {
  const Time now = wall_clock();
  auto store = TRY(open_present(database_));
  Json document = Json::array();
  std::vector<std::vector<std::string>> rows;
  std::int64_t after = 0;
  for (bool more = true; more;) {
    const auto page = TRY(store.tokens(after, kRowsAtOnce));
    for (const Token& token : page.items) {
      document.push_back(to_json(token));
      rows.push_back({std::to_string(token.id), token.name, std::string(name_of(token.role)),
                      token.scopes ? scopes_text(token.scopes) : "all", state_of(token, now),
                      token.created_at, or_dash(token.expires_at), or_dash(token.last_used_at)});
      after = token.id;
    }
    more = page.more;
  }
  if (json_) {
    fmt::print("{}", json_text({{"tokens", std::move(document)}}));
  } else {
    fmt::print("{}", table({"ID", "NAME", "ROLE", "SCOPES", "STATE", "MADE", "EXPIRES", "LAST USED"}, rows));
  }
  return {};
}

Result<void> AccessCommands::revoke_token() {
  auto store = TRY(open_present(database_));
  std::int64_t id = 0;
  const auto [end, wrong] = std::from_chars(which_.data(), which_.data() + which_.size(), id);
  if (wrong != std::errc{} || end != which_.data() + which_.size()) {
    const auto found = TRY(store.named(which_));
    id = found ? found->id : 0;
  }
  const auto token = TRY(store.revoke(id, local_user(), wall_clock()));
  if (!token) {
    return fail("token.unknown", "revoke the token " + which_,
                "there is none of this number, and none in use of this name",
                "suture-server token list shows all");
  }
  if (json_) {
    fmt::print("{}", json_text(to_json(*token)));
  } else {
    fmt::print("token {} {} is revoked since {}\n", token->id, token->name, token->revoked_at);
  }
  return {};
}

Result<void> AccessCommands::show_audit() {
  auto store = TRY(open_present(database_));
  if (verify_) {
    std::optional<AuditMark> known;
    if (!known_.empty()) known = TRY(parse_audit_mark(known_));
    const AuditMark last = TRY(store.verify(known));
    if (json_) {
      fmt::print("{}", json_text({{"entries", last.number},
                                  {"last", last.number == 0 ? Json(nullptr) : Json(text_of(last))}}));
    } else {
      fmt::print("{}\n", last.number == 0 ? "the log is empty" : text_of(last));
    }
    return {};
  }
  const auto newest = TRY(store.entries(INT64_MAX, 1));
  const std::int64_t last = newest.items.empty() ? 0 : newest.items.front().number;
  if (json_) {
    // One document, written as it is read: a log may be long.
    fmt::print("[");
    TRY(each_entry(store, last, [](const AuditEntry& entry) {
      fmt::print("{}{}", entry.number == 1 ? "\n" : ",\n",
                 to_json(entry).dump(-1, ' ', false, Json::error_handler_t::replace));
    }));
    fmt::print("\n]\n");
    return {};
  }
  return each_entry(store, last, [](const AuditEntry& entry) {
    fmt::print("{}  {}  {}  {}  {}  {}\n", entry.number, entry.time, entry.event.who, entry.event.action,
               or_dash(entry.event.object), entry.event.result);
  });
}

}  // namespace suture::server
