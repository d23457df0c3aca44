// SPDX-License-Identifier: Apache-2.0
#include "user_commands.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <cstdio>

#include "base/json.h"
#include "base/secret_prompt.h"
#include "base/terminal.h"
#include "base/time.h"
#include "local.h"
#include "server/access/password.h"
#include "server/access/qr_code.h"
#include "server/access/totp.h"
#include "server/access/user_json.h"

namespace suture::server {
namespace {

constexpr std::uint32_t kRowsAtOnce = 1000;

std::string or_dash(const std::string& text) {
  return text.empty() ? "-" : text;
}

Result<UserStore> open_present(const DatabaseArguments& arguments) {
  const FleetDatabase database = TRY(database_of(arguments));
  TRY(need_database(database));
  return UserStore::open(database);
}

/// Of standard input.
std::string read_line(std::size_t most) {
  std::string line;
  for (int c = std::getchar(); c != EOF && c != '\n' && line.size() < most; c = std::getchar()) {
    line.push_back(static_cast<char>(c));
  }
  return line;
}

/// Typed twice on the terminal, or one line of standard input. Never an argument, which every process of the
/// machine can read.
Result<std::string> read_password(const std::string& user) {
  constexpr std::size_t kMost = kMostPassword + 1;
  if (::isatty(STDIN_FILENO) == 0) {
    return read_line(kMost);
  }
  const auto first = ask_secret("Password of " + user, kMost);
  const auto second = first ? ask_secret("Password of " + user + " again", kMost) : first;
  if (!second) return fail("user.password", "ask for a password", "there is no terminal to ask on");
  if (*first != *second) return fail("user.password", "ask for a password", "the two are not the same");
  return *first;
}

Result<std::string> read_and_hash(const std::string& user) {
  const std::string password = TRY(read_password(user));
  TRY(check_new_password(password, user));
  return hash_password(password);
}

}  // namespace

UserCommands::UserCommands(CLI::App& app, const DatabaseArguments& database) : database_(database) {
  CLI::App* user = app.add_subcommand("user", "The people who may log in");
  user->require_subcommand(1)->fallthrough();
  const auto named = [&](const char* name, const char* text) {
    CLI::App* command = user->add_subcommand(name, text)->fallthrough();
    command->add_option("--name", name_, "Who")->required();
    command->add_flag("--json", json_, "Write JSON");
    return command;
  };
  add_ = named("add", "Let somebody log in; the password is asked for, or read from standard input");
  add_->add_option("--role", role_, "viewer, operator, approver or admin")->required();
  add_->add_option("--scope", scopes_, "Allow this of what the role may; again for more")
      ->type_name("SCOPE")
      ->allow_extra_args(false);
  add_->footer("Example: suture-server user add --name alice --role admin");
  list_ = user->add_subcommand("list", "Show all users")->fallthrough();
  list_->add_flag("--json", json_, "Write JSON");
  password_ = named("passwd", "Set a new password, and end the user's sessions");
  disable_ = named("disable", "Let somebody log in no more, and end the sessions");
  enable_ = named("enable", "Let somebody log in again");
  totp_ = named("totp", "Set up a second factor, with the user's authenticator at hand");
  totp_->add_flag("--off", off_, "Take it away instead, for whoever has lost it");
  remove_ = named("remove", "Forget a user");
}

std::optional<Result<void>> UserCommands::run() {
  if (add_->parsed()) return add();
  if (list_->parsed()) return list();
  if (password_->parsed()) return set_password();
  if (disable_->parsed()) return set_disabled(true);
  if (enable_->parsed()) return set_disabled(false);
  if (totp_->parsed()) return set_totp();
  if (remove_->parsed()) return remove();
  return std::nullopt;
}

Result<void> UserCommands::add() {
  NewUser wanted{.name = name_, .role = TRY(role_from_name(role_))};
  for (const std::string& name : scopes_) {
    if (!wanted.scopes) wanted.scopes.emplace();
    wanted.scopes->push_back(TRY(scope_from_name(name)));
  }
  wanted.password = TRY(read_and_hash(name_));
  const FleetDatabase database = TRY(database_of(database_));
  TRY(make_database(database));
  auto users = TRY(UserStore::open(database));
  const bool first = !TRY(users.any());
  const User added = TRY(users.add(wanted, local_user(), wall_clock()));
  if (json_) {
    fmt::print("{}", json_text(to_json(added)));
  } else {
    fmt::print("{} may log in as {}\n", added.name, name_of(added.role));
  }
  if (first) fmt::print(stderr, "suture-server: from now on reading the fleet needs a login or a token\n");
  return {};
}

Result<void> UserCommands::list() {
  auto users = TRY(open_present(database_));
  Json document = Json::array();
  std::vector<std::vector<std::string>> rows;
  std::int64_t after = 0;
  for (bool more = true; more;) {
    const auto page = TRY(users.users(after, kRowsAtOnce));
    for (const User& user : page.items) {
      document.push_back(to_json(user));
      rows.push_back({std::to_string(user.id), user.name, std::string(name_of(user.role)),
                      user.scopes ? scopes_text(user.scopes) : "all",
                      user.disabled() ? "disabled" : "may log in",
                      !user.local ? "single sign-on"
                      : user.totp ? "password, code"
                                  : "password",
                      user.created_at, or_dash(user.login_at)});
      after = user.id;
    }
    more = page.more;
  }
  if (json_) {
    fmt::print("{}", json_text({{"users", std::move(document)}}));
  } else {
    fmt::print("{}", table({"ID", "NAME", "ROLE", "SCOPES", "STATE", "BY", "MADE", "LAST LOGIN"}, rows));
  }
  return {};
}

Result<void> UserCommands::change(const UserChange& change, std::string_view done) {
  auto users = TRY(open_present(database_));
  const auto user = TRY(users.named(name_));
  const auto changed =
      user ? TRY(users.change(user->id, change, local_user(), wall_clock())) : std::optional<User>();
  if (!changed) {
    return fail("user.unknown", "change the user " + name_, "there is none of this name",
                "suture-server user list shows all");
  }
  if (json_) {
    fmt::print("{}", json_text(to_json(*changed)));
  } else {
    fmt::print("{} {}\n", changed->name, done);
  }
  return {};
}

Result<void> UserCommands::set_password() {
  TRY(need_database(TRY(database_of(database_))));
  UserChange wanted;
  wanted.password = TRY(read_and_hash(name_));
  return change(wanted, "has a new password, and is logged out everywhere");
}

Result<void> UserCommands::set_disabled(bool disabled) {
  UserChange wanted;
  wanted.disabled = disabled;
  return change(wanted, disabled ? "may log in no more, and is logged out everywhere" : "may log in again");
}

/// The code is a line of standard input. The QR code goes to standard error, so that --json stays a document.
Result<void> UserCommands::set_totp() {
  UserChange wanted;
  wanted.drop_totp = true;
  if (off_) return change(wanted, "needs no second factor any more, and is logged out everywhere");
  auto users = TRY(open_present(database_));
  const auto user = TRY(users.named(name_));
  if (!user || !user->local) {
    return fail("user.unknown", "set up a second factor for " + name_,
                "nobody of this name has a password here", "suture-server user list shows all");
  }
  const std::string secret = TRY(new_totp_secret());
  const std::string uri = totp_uri(name_, secret);
  TRY(users.offer_totp(user->id, secret));
  fmt::print(stderr, "{}{}\nCode: ", TRY(QrCode::of(uri)).terminal_text(), uri);
  const auto step = totp_step_of(secret, read_line(kMostPassword), std::chrono::system_clock::now());
  if (!step)
    return fail("user.code", "set up a second factor for " + name_, "this is not the code that it shows now");
  const auto codes = TRY(new_recovery_codes());
  std::vector<std::string> hashes;
  for (const std::string& each : codes) hashes.push_back(recovery_hash(each).value_or(""));
  if (!TRY(users.take_totp(user->id, secret, *step, hashes, local_user(), wall_clock()))) {
    return fail("user.code", "set up a second factor for " + name_, "another one was begun meanwhile");
  }
  if (json_) {
    fmt::print("{}", json_text({{"recovery_codes", codes}}));
  } else {
    fmt::print(
        "{} needs a code from now on. Each of these is one, once, should the authenticator be lost:\n{}\n",
        name_, fmt::join(codes, "\n"));
  }
  return {};
}

Result<void> UserCommands::remove() {
  auto users = TRY(open_present(database_));
  const auto user = TRY(users.named(name_));
  if (!user || !TRY(users.remove(user->id, local_user(), wall_clock()))) {
    return fail("user.unknown", "remove the user " + name_, "there is none of this name",
                "suture-server user list shows all");
  }
  if (json_) {
    fmt::print("{}", json_text({{"removed", true}}));
  } else {
    fmt::print("{} is removed\n", name_);
  }
  return {};
}

}  // namespace suture::server
