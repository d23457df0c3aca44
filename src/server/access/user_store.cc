// SPDX-License-Identifier: Apache-2.0
#include "server/access/user_store.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/time.h"
#include "server/access/access_database.h"
#include "server/access/audit_log.h"

namespace suture::server {
namespace {

constexpr std::size_t kMostName = 64;
constexpr std::string_view kColumns =
    "id, name, role, scopes, password, subject, totp_secret, created_at, disabled_at, login_at, login_from";

/// A role that this program does not know may nothing.
Credentials read_row(const sql::Statement& row) {
  Credentials found{.user = {.id = row.number(0),
                             .name = row.text(1),
                             .local = row.text(5).empty(),
                             .totp = !row.text(6).empty(),
                             .created_at = row.text(7),
                             .disabled_at = row.text(8),
                             .login_at = row.text(9)},
                    .password = row.text(4),
                    .totp_secret = row.text(6),
                    .login_from = row.text(10)};
  const auto role = role_from_name(row.text(2));
  found.user.role = role.value_or(Role::kViewer);
  found.user.scopes = scopes_from_text(row.text(3));
  if (!role) found.user.scopes.emplace();
  return found;
}

std::unexpected<Error> refused(std::string code, std::string why, std::string hint = {}) {
  return fail("user." + std::move(code), "change the users", std::move(why), std::move(hint));
}

Result<void> check_name(std::string_view name) {
  if (is_user_name(name)) return {};
  return refused("name",
                 fmt::format("a name is 1 to {} letters, digits and -_.@+, and begins with one of the former",
                             kMostName));
}

Result<void> check_scopes(Role role, const Scopes& scopes) {
  if (!scopes) return {};
  if (scopes->empty()) return refused("scopes", "there would be no scope at all");
  for (const Scope scope : *scopes) {
    if (role < least_role(scope)) {
      return refused("scopes", fmt::format("the scope {} needs the role {} at least", name_of(scope),
                                           name_of(least_role(scope))));
    }
  }
  return {};
}

bool rules(const User& user) {
  return user.local && user.role == Role::kAdmin && !user.scopes && !user.disabled();
}

std::string rights_of(const User& user) {
  std::string text(name_of(user.role));
  if (user.scopes) text += " for " + scopes_text(user.scopes);
  return text;
}

/// For the audit log: what is another way than before.
std::string told(const User& before, const User& after, const UserChange& change) {
  std::string text = "user " + before.name;
  if (rights_of(before) != rights_of(after))
    text += fmt::format(", {} instead of {}", rights_of(after), rights_of(before));
  if (before.disabled() != after.disabled()) text += after.disabled() ? ", disabled" : ", enabled";
  if (change.password) text += ", password";
  if (before.totp && !after.totp) text += ", without second factor";
  return text;
}

}  // namespace

bool is_user_name(std::string_view name) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-_.@+").find(c) != std::string_view::npos;
  };
  return !name.empty() && name.size() <= kMostName && std::ranges::all_of(name, plain) &&
         std::string_view("-_.@+").find(name.front()) == std::string_view::npos;
}

Result<UserStore> UserStore::open(const FleetDatabase& where, StoreLimits limits) {
  auto database = TRY(open_access_database(where, limits));
  return UserStore(std::move(database));
}

Result<bool> UserStore::any() {
  const std::lock_guard lock(*turn_);
  if (!any_) any_ = TRY(database_.integer("SELECT count(*) FROM (SELECT id FROM users LIMIT 1) AS one")) != 0;
  return any_;
}

Result<std::optional<Credentials>> UserStore::one(std::string_view where, std::int64_t id,
                                                  std::string_view text) {
  auto row = TRY(database_.prepare(fmt::format("SELECT {} FROM users WHERE {}", kColumns, where)));
  if (id != 0) row.bind(1, id);
  if (id == 0) row.bind(1, text);
  if (!TRY(row.step())) return std::nullopt;
  return read_row(row);
}

Result<std::optional<User>> UserStore::find(std::int64_t id) {
  const std::lock_guard lock(*turn_);
  const auto found = TRY(one("id = ?1", id, {}));
  return found ? std::optional(found->user) : std::nullopt;
}

Result<std::optional<User>> UserStore::named(std::string_view name) {
  const auto found = TRY(credentials(name));
  return found ? std::optional(found->user) : std::nullopt;
}

Result<std::optional<Credentials>> UserStore::credentials(std::string_view name) {
  const std::lock_guard lock(*turn_);
  return one("name = ?1", 0, name);
}

Result<Page<User>> UserStore::users(std::int64_t after, std::uint32_t limit) {
  const std::lock_guard lock(*turn_);
  auto row = TRY(
      database_.prepare(fmt::format("SELECT {} FROM users WHERE id > ?1 ORDER BY id LIMIT ?2", kColumns)));
  row.bind(1, after).bind(2, std::int64_t{limit} + 1);
  Page<User> page;
  while (TRY(row.step())) {
    if (page.items.size() == limit) {
      page.more = true;
      break;
    }
    page.items.push_back(read_row(row).user);
  }
  return page;
}

Result<User> UserStore::add(const NewUser& wanted, std::string_view who, Time now) {
  TRY(check_name(wanted.name));
  TRY(check_scopes(wanted.role, wanted.scopes));
  const std::string time = rfc3339(now);
  const std::string scopes = scopes_text(wanted.scopes);
  const std::lock_guard lock(*turn_);
  auto transaction = TRY(sql::Transaction::begin(database_));
  if (TRY(one("name = ?1", 0, wanted.name))) {
    return refused("exists", "there is one named " + wanted.name, "take another name");
  }
  auto put = TRY(database_.prepare(
      "INSERT INTO users (name, role, scopes, password, subject, totp_secret, totp_new, totp_step, "
      "created_at,"
      " disabled_at, login_at, login_from) VALUES (?1, ?2, ?3, ?4, ?5, '', '', 0, ?6, '', '', '')"));
  TRY(put.bind(1, wanted.name)
          .bind(2, name_of(wanted.role))
          .bind(3, scopes)
          .bind(4, wanted.password)
          .bind(5, wanted.subject)
          .bind(6, time)
          .run());
  const auto added = TRY(one("name = ?1", 0, wanted.name));
  if (!added) return fail("store.unavailable", "make a user", "it is not there");
  TRY(append_audit(
      database_,
      {std::string(who), "user.add", fmt::format("user {}, {}", wanted.name, rights_of(added->user)), "ok"},
      time));
  TRY(transaction.commit());
  return added->user;
}

Result<void> UserStore::check_admin_left(std::int64_t without) {
  auto left = TRY(database_.prepare(
      "SELECT id FROM users WHERE id <> ?1 AND role = 'admin' AND scopes = '' AND subject = '' AND"
      " disabled_at = '' LIMIT 1"));
  if (TRY(left.bind(1, without).step())) return {};
  return refused("last-admin", "nobody would be left who may do everything", "make another admin first");
}

Result<void> UserStore::write(const User& before, const User& after, const UserChange& change) {
  const std::string scopes = scopes_text(after.scopes);
  auto put =
      TRY(database_.prepare("UPDATE users SET role = ?2, scopes = ?3, disabled_at = ?4 WHERE id = ?1"));
  TRY(put.bind(1, before.id).bind(2, name_of(after.role)).bind(3, scopes).bind(4, after.disabled_at).run());
  if (change.password) {
    auto password = TRY(database_.prepare("UPDATE users SET password = ?2 WHERE id = ?1"));
    TRY(password.bind(1, before.id).bind(2, *change.password).run());
  }
  if (change.drop_totp) {
    auto drop = TRY(database_.prepare("UPDATE users SET totp_secret = '', totp_new = '' WHERE id = ?1"));
    TRY(drop.bind(1, before.id).run());
    auto codes = TRY(database_.prepare("DELETE FROM recovery_codes WHERE user_id = ?1"));
    TRY(codes.bind(1, before.id).run());
  }
  auto sessions = TRY(database_.prepare("DELETE FROM sessions WHERE user_id = ?1"));
  return sessions.bind(1, before.id).run();
}

Result<std::optional<User>> UserStore::change(std::int64_t id, const UserChange& change, std::string_view who,
                                              Time now) {
  const std::string time = rfc3339(now);
  const std::lock_guard lock(*turn_);
  auto transaction = TRY(sql::Transaction::begin(database_));
  const auto found = TRY(one("id = ?1", id, {}));
  if (!found) return std::nullopt;
  const User& before = found->user;
  User after = before;
  after.role = change.role.value_or(before.role);
  after.scopes = change.scopes.value_or(before.scopes);
  if (change.disabled)
    after.disabled_at = !*change.disabled ? "" : before.disabled() ? before.disabled_at : time;
  if (change.drop_totp) after.totp = false;
  TRY(check_scopes(after.role, after.scopes));
  if (change.password && !before.local) {
    return refused("not-local", before.name + " logs in by single sign-on and has no password here");
  }
  if (rules(before) && !rules(after)) TRY(check_admin_left(id));
  TRY(write(before, after, change));
  TRY(append_audit(database_, {std::string(who), "user.change", told(before, after, change), "ok"}, time));
  TRY(transaction.commit());
  return after;
}

Result<bool> UserStore::remove(std::int64_t id, std::string_view who, Time now) {
  const std::lock_guard lock(*turn_);
  auto transaction = TRY(sql::Transaction::begin(database_));
  const auto found = TRY(one("id = ?1", id, {}));
  if (!found) return false;
  if (rules(found->user)) TRY(check_admin_left(id));
  if (TRY(database_.integer("SELECT count(*) FROM users")) == 1) {
    return refused("last", "the server would be open to everybody again", "disable the user instead");
  }
  auto gone = TRY(database_.prepare("DELETE FROM users WHERE id = ?1"));
  TRY(gone.bind(1, id).run());
  TRY(append_audit(database_, {std::string(who), "user.remove", "user " + found->user.name, "ok"},
                   rfc3339(now)));
  TRY(transaction.commit());
  return true;
}

Result<void> UserStore::note_login(std::int64_t id, std::string_view client, Time now) {
  const std::string time = rfc3339(now);
  const std::lock_guard lock(*turn_);
  auto note = TRY(database_.prepare("UPDATE users SET login_at = ?2, login_from = ?3 WHERE id = ?1"));
  return note.bind(1, id).bind(2, time).bind(3, client).run();
}

}  // namespace suture::server
