// SPDX-License-Identifier: Apache-2.0
#include "server/access/user_store.h"

#include <gtest/gtest.h>

#include "database.h"
#include "server/access/access_store.h"
#include "server/access/session_store.h"

namespace suture::server {
namespace {

using namespace std::chrono_literals;

const Store::Time kNow{1'800'000'000s};

class UserStoreTest : public testing::Test {
 protected:
  User add(std::string name, Role role = Role::kViewer, Scopes scopes = {}) {
    auto added =
        users_.add({.name = std::move(name), .role = role, .scopes = std::move(scopes), .password = "hash"},
                   "local test", kNow);
    EXPECT_TRUE(added) << added.error().message();
    return *added;
  }
  std::string refusal(const NewUser& wanted) {
    const auto added = users_.add(wanted, "local test", kNow);
    return added ? "" : added.error().code;
  }
  std::string change(std::int64_t id, const UserChange& wanted) {
    const auto changed = users_.change(id, wanted, "local test", kNow);
    return changed ? "" : changed.error().code;
  }
  std::vector<std::string> log() {
    std::vector<std::string> told;
    const auto page = *log_.entries(INT64_MAX, 100);
    for (const auto& entry : page.items) {
      told.push_back(entry.event.action + ": " + entry.event.object);
    }
    return told;
  }

  NewDatabase database_;
  UserStore users_ = *UserStore::open(database_);
  AccessStore log_ = *AccessStore::open(database_);
  SessionStore sessions_ = *SessionStore::open(database_);
};

TEST_F(UserStoreTest, KeepsWhatItWasGiven) {
  EXPECT_FALSE(*users_.any());
  const User added = add("alice", Role::kOperator, std::vector{Scope::kWake, Scope::kHostsRead});
  EXPECT_EQ(added.id, 1);
  EXPECT_TRUE(*users_.any());
  const auto found = *users_.credentials("alice");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->password, "hash");
  EXPECT_EQ(found->user.role, Role::kOperator);
  EXPECT_EQ(found->user.scopes, (std::vector{Scope::kWake, Scope::kHostsRead}));
  EXPECT_EQ(found->user.created_at, "2027-01-15T08:00:00Z");
  EXPECT_TRUE(found->user.local);
  EXPECT_FALSE(found->user.disabled());
  EXPECT_FALSE(*users_.credentials("Alice"));
  EXPECT_FALSE(*users_.credentials(""));
  EXPECT_EQ(log(), std::vector<std::string>{"user.add: user alice, operator for wake hosts:read"});
}

TEST_F(UserStoreTest, RefusesWhatMakesNoSense) {
  for (const char* name : {"", "-x", ".x", "@", "a b", "a\n", "\xff", "a/b", "a'--"}) {
    EXPECT_EQ(refusal({.name = name}), "user.name") << name;
  }
  EXPECT_EQ(refusal({.name = std::string(65, 'a')}), "user.name");
  EXPECT_EQ(refusal({.name = "a", .scopes = std::vector<Scope>()}), "user.scopes");
  EXPECT_EQ(refusal({.name = "a", .scopes = std::vector{Scope::kWake}}), "user.scopes");
  add("a.b+c@example.org");
  EXPECT_EQ(refusal({.name = "a.b+c@example.org"}), "user.exists");
  EXPECT_EQ(log().size(), 1u);
}

TEST_F(UserStoreTest, TheLastAdminStays) {
  const User root = add("root", Role::kAdmin);
  add("limited", Role::kAdmin, std::vector{Scope::kUsersManage});
  add("viewer");
  ASSERT_TRUE(
      users_.add({.name = "guest", .role = Role::kAdmin, .subject = "issuer guest"}, "local test", kNow));
  const User asleep = add("asleep", Role::kAdmin);
  EXPECT_EQ(change(asleep.id, {.disabled = true}), "");
  EXPECT_EQ(change(root.id, {.disabled = true}), "user.last-admin");
  EXPECT_EQ(change(root.id, {.role = Role::kApprover}), "user.last-admin");
  EXPECT_EQ(change(root.id, {.scopes = Scopes(std::vector{Scope::kUsersManage})}), "user.last-admin");
  EXPECT_EQ(users_.remove(root.id, "local test", kNow).error().code, "user.last-admin");
  EXPECT_FALSE((*users_.find(root.id))->disabled());
  EXPECT_EQ(change(root.id, {.password = "other"}), "");
  add("second", Role::kAdmin);
  EXPECT_EQ(change(root.id, {.disabled = true}), "");
  EXPECT_TRUE(*users_.remove(root.id, "local test", kNow));
  EXPECT_FALSE(*users_.remove(root.id, "local test", kNow));
}

TEST_F(UserStoreTest, WhatChangesRightsEndsSessions) {
  add("root", Role::kAdmin);
  const User alice = add("alice", Role::kOperator);
  const std::vector<UserChange> changes{
      {.role = Role::kViewer}, {.scopes = Scopes(std::vector{Scope::kHostsRead})},
      {.password = "other"},   {.disabled = true},
      {.disabled = false},     {.drop_totp = true}};
  for (const UserChange& each : changes) {
    const std::string secret = *sessions_.begin(alice, "password", kNow);
    ASSERT_EQ(change(alice.id, each), "");
    EXPECT_FALSE(*sessions_.find(secret, kNow));
  }
  EXPECT_EQ((*users_.credentials("alice"))->password, "other");
  const std::string secret = *sessions_.begin(alice, "password", kNow);
  ASSERT_TRUE(*users_.remove(alice.id, "local test", kNow));
  EXPECT_FALSE(*sessions_.find(secret, kNow));
  EXPECT_EQ(log().at(1), "user.change: user alice");
  EXPECT_EQ(log().at(3), "user.change: user alice, disabled");
  EXPECT_EQ(log().at(4), "user.change: user alice, password");
  EXPECT_EQ(log().at(6), "user.change: user alice, viewer instead of operator");
}

TEST_F(UserStoreTest, ThoseOfSingleSignOnHaveNoPasswordHere) {
  const auto guest =
      users_.add({.name = "guest", .role = Role::kViewer, .subject = "issuer guest"}, "local test", kNow);
  ASSERT_TRUE(guest);
  EXPECT_FALSE(guest->local);
  EXPECT_EQ(change(guest->id, {.password = "hash"}), "user.not-local");
  EXPECT_EQ((*users_.credentials("guest"))->password, "");
}

TEST_F(UserStoreTest, PagesThem) {
  for (const char* name : {"a", "b", "c"}) add(name);
  const auto first = *users_.users(0, 2);
  EXPECT_EQ(first.items.size(), 2u);
  EXPECT_TRUE(first.more);
  EXPECT_EQ(users_.users(2, 2)->items.at(0).name, "c");
  EXPECT_FALSE(users_.users(2, 2)->more);
}

class SessionStoreTest : public UserStoreTest {};

TEST_F(SessionStoreTest, OpensByItsSecretOnlyAndOnEveryServer) {
  const User alice = add("alice", Role::kOperator);
  const std::string secret = *sessions_.begin(alice, "password", kNow);
  auto other = *SessionStore::open(database_.again());
  const auto found = *other.find(secret, kNow + 1min);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->user.name, "alice");
  EXPECT_EQ(found->user.role, Role::kOperator);
  EXPECT_EQ(found->way, "password");
  EXPECT_EQ(found->csrf, csrf_token(secret));
  EXPECT_EQ(found->csrf.find(secret), std::string::npos);
  std::string wrong = secret;
  wrong.back() = wrong.back() == '0' ? '1' : '0';
  for (const std::string& text :
       {wrong, std::string(), std::string(64, 'A'), secret + "0", std::string(70'000, 'a')}) {
    EXPECT_FALSE(*other.find(text, kNow)) << text;
  }
  ASSERT_TRUE(other.end(found->id));
  EXPECT_FALSE(*sessions_.find(secret, kNow));
}

TEST_F(SessionStoreTest, EndsWhenIdleAndInAnyCaseOneDay) {
  const User alice = add("alice");
  const auto limits = sessions_.limits();
  const std::string idle = *sessions_.begin(alice, "password", kNow);
  EXPECT_TRUE(*sessions_.find(idle, kNow + limits.idle - 1s));
  EXPECT_TRUE(*sessions_.find(idle, kNow + 2 * limits.idle - 2min));
  EXPECT_FALSE(*sessions_.find(idle, kNow + 4 * limits.idle));
  const std::string busy = *sessions_.begin(alice, "password", kNow);
  for (auto at = kNow; at < kNow + limits.whole; at += 30min) EXPECT_TRUE(*sessions_.find(busy, at));
  EXPECT_FALSE(*sessions_.find(busy, kNow + limits.whole));
  // A clock that was set back a day gives nobody a day more.
  EXPECT_FALSE(*sessions_.find(busy, kNow - 24h));
}

TEST_F(SessionStoreTest, OneUserHasOnlySoMany) {
  const User alice = add("alice");
  const User bob = add("bob");
  const std::string of_bob = *sessions_.begin(bob, "password", kNow);
  const std::string first = *sessions_.begin(alice, "password", kNow);
  std::string last;
  for (std::size_t i = 0; i < sessions_.limits().per_user; ++i)
    last = *sessions_.begin(alice, "password", kNow);
  EXPECT_FALSE(*sessions_.find(first, kNow));
  EXPECT_TRUE(*sessions_.find(last, kNow));
  EXPECT_TRUE(*sessions_.find(of_bob, kNow));
  EXPECT_EQ(*sessions_.end_all(alice.id), static_cast<std::int64_t>(sessions_.limits().per_user));
  EXPECT_FALSE(*sessions_.find(last, kNow));
}

TEST_F(SessionStoreTest, TheDatabaseHoldsNoSecret) {
  const std::string secret = *sessions_.begin(add("alice"), "password", kNow);
  EXPECT_TRUE(database_.holds("alice"));
  EXPECT_FALSE(database_.holds(secret));
}

}  // namespace
}  // namespace suture::server
