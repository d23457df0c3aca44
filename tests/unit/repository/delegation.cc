// SPDX-License-Identifier: Apache-2.0
//
// Whom a client asks about a path, and whom it believes (TUF specification 1.0, 5.6.7). The repository is
// made by hand, as others could have made it.
#include "repository/delegation.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "base/json.h"
#include "make.h"
#include "repository/client.h"

namespace suture {
namespace {

using test::bytes_of;
using test::code;
using test::kLater;
using test::kNow;
using test::must;
using tuf::DelegatedRole;

/// Targets roles as a test wants them; whatever they delegate to is signed by one key, unless told otherwise.
class Delegating : public testing::Test, protected Fetcher {
 protected:
  tuf::Targets& role(const std::string& name) {
    roles[name].version = 1;
    roles[name].expires = kLater;
    return roles[name];
  }
  /// `from` trusts `to` with what these patterns match.
  DelegatedRole& delegate(const std::string& from, const std::string& to, std::vector<std::string> paths) {
    auto& delegations = role(from).delegations;
    if (!delegations) delegations.emplace();
    delegations->keys[key.public_key().id] = key.public_key();
    delegations->roles.push_back({.name = to, .keys = {{key.public_key().id}, 1}, .paths = std::move(paths)});
    role(to);
    return delegations->roles.back();
  }
  void add_file(const std::string& role_name, const std::string& path, std::uint64_t length) {
    role(role_name).files[path] = {length, std::string(64, 'e'), nullptr};
  }
  void publish() {
    files.clear();
    tuf::Snapshot snapshot{1, kLater, {}};
    for (const auto& [name, targets] : roles) {
      const bool top = name == "targets";
      const tuf::Signer& signer = top ? signers.keys.at(tuf::Role::kTargets) : key;
      const std::string text = must(tuf::sign(tuf::to_json(targets), {&signer}));
      files["metadata/1." + name + ".json"] = text;
      if (!unnamed.contains(name)) snapshot.meta[name + ".json"] = test::described(1, text);
    }
    const std::string text = signers.sign(snapshot, tuf::Role::kSnapshot);
    files["metadata/1.snapshot.json"] = text;
    files["metadata/timestamp.json"] =
        signers.sign(tuf::Timestamp{1, kLater, test::described(1, text)}, tuf::Role::kTimestamp);
    must(write_file(folder.path() / "1.root.json", signers.sign_root(signers.root())));
  }
  /// The length of the file at the path, which names who was believed; 0 when nobody knows it.
  Result<std::uint64_t> look_for(const std::string& path) {
    publish();
    RepositoryClient client = TRY(RepositoryClient::open(must(TempDir::make("state", folder.path())).path(),
                                                         *this, folder.path() / "1.root.json"));
    TRY(client.refresh(kNow));
    asked = 0;
    const auto found = TRY(client.find_target(path));
    return found ? found->length : 0;
  }
  Result<Bytes> fetch(const std::string& path, std::size_t) override {
    asked++;
    const auto found = files.find(path);
    if (found == files.end()) return fail("repository.absent", "fetch " + path, "not there");
    return bytes_of(found->second);
  }

  TempDir folder = test::scratch();
  test::Signers signers;
  tuf::SigningKey key = must(tuf::SigningKey::generate());
  std::map<std::string, tuf::Targets> roles;
  std::set<std::string> unnamed;  ///< roles that the snapshot leaves out
  std::map<std::string, std::string> files;
  int asked = 0;
};

TEST(Delegation, PatternsStopAtSlashes) {
  const DelegatedRole role{.name = "a", .paths = {"stable/*/catalog.json", "log/?"}};
  EXPECT_TRUE(role.covers("stable/ab/catalog.json"));
  EXPECT_TRUE(role.covers("log/x"));
  for (const char* path :
       {"stable/a/b/catalog.json", "stable/catalog.json", "log/xy", "log//", "", "xlog/x"}) {
    EXPECT_FALSE(role.covers(path)) << path;
  }
  EXPECT_FALSE(DelegatedRole{.name = "nobody"}.covers("a"));
}

TEST(Delegation, PrefixesAreThoseOfThePathsHash) {
  const std::string hash = sha256_hex(as_bytes("some/path"));
  for (const std::size_t digits : {1u, 2u, 64u}) {
    EXPECT_TRUE(
        (DelegatedRole{.name = "a", .path_hash_prefixes = {hash.substr(0, digits)}}.covers("some/path")));
  }
  std::string other = hash.substr(0, 2);
  other[0] = other[0] == 'f' ? '0' : 'f';
  EXPECT_FALSE((DelegatedRole{.name = "a", .path_hash_prefixes = {other}}.covers("some/path")));
}

TEST(Delegation, EachPathHasJustOneBin) {
  const test::Repository repository({.channels = {"stable"}, .bins = 16});
  OwnedRepository owned = must(OwnedRepository::open(repository.context));
  const auto bins = must(owned.role("stable~debian"))->delegations.value().roles;
  for (int i = 0; i < 200; i++) {
    const std::string path = catalog_path(test::kStable, fmt::format("{:040x}", i));
    EXPECT_EQ(std::ranges::count_if(bins, [&](const auto& bin) { return bin.covers(path); }), 1) << path;
  }
}

TEST(Delegation, ComesBackAsItWasWritten) {
  const tuf::SigningKey key = must(tuf::SigningKey::generate());
  const tuf::Delegations delegations{
      .keys = {{key.public_key().id, key.public_key()}},
      .roles = {
          {.name = "a~b.c-d_e", .keys = {{key.public_key().id}, 1}, .terminating = true, .paths = {"x/*"}},
          {.name = "b", .keys = {{key.public_key().id}, 1}, .path_hash_prefixes = {"0", "ab"}}}};
  EXPECT_EQ(must(tuf::delegations_from_json(tuf::to_json(delegations))), delegations);
}

TEST(Delegation, RefusesWhatCannotBeAFileOrIsUndecided) {
  const tuf::DelegatedRole good{.name = "a", .keys = {{"k"}, 1}, .paths = {"x"}};
  const auto with = [&](const char* pointer, Json value) {
    Json json = tuf::to_json(tuf::Delegations{.roles = {good}});
    json[Json::json_pointer(pointer)] = std::move(value);
    return code(tuf::delegations_from_json(json));
  };
  EXPECT_EQ(with("/roles/0/name", "b"), "ok");
  for (const char* name :
       {"", "..", ".a", "a/b", "a b", "root", "targets", "snapshot", "timestamp", "a\n", "\u00e9"}) {
    EXPECT_EQ(with("/roles/0/name", name), "repository.malformed") << name;
  }
  EXPECT_EQ(with("/roles/0/name", std::string(101, 'a')), "repository.malformed");
  EXPECT_EQ(with("/roles/0/path_hash_prefixes", Json::array()), "repository.malformed");
  EXPECT_EQ(with("/roles/0/paths", {1}), "repository.malformed");
  EXPECT_EQ(with("/roles/0/threshold", 0), "repository.malformed");
  EXPECT_EQ(with("/roles/0/terminating", "yes"), "json.schema");
  EXPECT_EQ(with("/roles/1", tuf::to_json(tuf::Delegations{.roles = {good}})["roles"][0]),
            "repository.malformed");
  EXPECT_EQ(with("/succinct_roles", Json::object()), "repository.unsupported");
}

TEST_F(Delegating, TheFirstThatKnowsAPathIsBelieved) {
  delegate("targets", "first", {"a/*"});
  delegate("targets", "second", {"a/*"});
  add_file("first", "a/1", 1);
  add_file("second", "a/1", 2);
  add_file("second", "a/2", 2);
  EXPECT_EQ(must(look_for("a/1")), 1u);
  EXPECT_EQ(must(look_for("a/2")), 2u);
  add_file("targets", "a/1", 9);
  EXPECT_EQ(must(look_for("a/1")), 9u);
}

TEST_F(Delegating, WhatIsBelowTheFirstComesBeforeTheSecond) {
  delegate("targets", "first", {"a/*"});
  delegate("targets", "second", {"a/*"});
  delegate("first", "below", {"a/*"});
  add_file("second", "a/1", 2);
  add_file("below", "a/1", 3);
  EXPECT_EQ(must(look_for("a/1")), 3u);
}

TEST_F(Delegating, AfterATerminatingRoleNobodyIsAsked) {
  delegate("targets", "first", {"a/*"}).terminating = true;
  delegate("targets", "second", {"a/*", "b/*"});
  add_file("second", "a/1", 2);
  add_file("second", "b/1", 2);
  EXPECT_EQ(must(look_for("a/1")), 0u);
  EXPECT_EQ(must(look_for("b/1")), 2u);
}

// Also not those who stand higher: it ends the search, not the list.
TEST_F(Delegating, ATerminatingRoleDeepDownEndsTheSearch) {
  delegate("targets", "first", {"a/*"});
  delegate("targets", "second", {"a/*"});
  delegate("first", "below", {"a/*"}).terminating = true;
  add_file("second", "a/1", 2);
  EXPECT_EQ(must(look_for("a/1")), 0u);
}

TEST_F(Delegating, NobodyIsBelievedAboutAPathThatIsNotHis) {
  delegate("targets", "first", {"a/*"});
  add_file("first", "b/1", 1);
  EXPECT_EQ(must(look_for("b/1")), 0u);
  EXPECT_EQ(asked, 0);
}

TEST_F(Delegating, ACycleEnds) {
  delegate("targets", "first", {"a/*"});
  delegate("first", "second", {"a/*"});
  delegate("second", "first", {"a/*"});
  EXPECT_EQ(must(look_for("a/1")), 0u);
  EXPECT_EQ(asked, 2);
}

TEST_F(Delegating, AtMost32RolesAreAsked) {
  std::string from = "targets";
  for (int i = 0; i < 100; i++) {
    const std::string to = "r" + std::to_string(i);
    delegate(from, to, {"a/*"});
    from = to;
  }
  add_file("r30", "a/near", 1);
  add_file("r31", "a/far", 1);
  EXPECT_EQ(must(look_for("a/near")), 1u);
  EXPECT_EQ(must(look_for("a/far")), 0u);
  EXPECT_EQ(asked, 31);
}

TEST_F(Delegating, ARoleNeedsItsThreshold) {
  const tuf::SigningKey other = must(tuf::SigningKey::generate());
  delegate("targets", "first", {"a/*"}).keys = {{key.public_key().id, other.public_key().id}, 2};
  role("targets").delegations->keys[other.public_key().id] = other.public_key();
  add_file("first", "a/1", 1);
  EXPECT_EQ(code(look_for("a/1")), "repository.bad-signature");
  role("targets").delegations->roles.front().keys.threshold = 1;
  EXPECT_EQ(must(look_for("a/1")), 1u);
  role("targets").delegations->roles.front().keys = {{other.public_key().id}, 1};
  EXPECT_EQ(code(look_for("a/1")), "repository.bad-signature");
}

TEST_F(Delegating, ARoleThatTheSnapshotDoesNotNameIsRefused) {
  delegate("targets", "first", {"a/*"});
  add_file("first", "a/1", 1);
  unnamed = {"first"};
  EXPECT_EQ(code(look_for("a/1")), "repository.mix-and-match");
}

TEST_F(Delegating, AnExpiredRoleIsRefused) {
  delegate("targets", "first", {"a/*"});
  add_file("first", "a/1", 1);
  role("first").expires = kNow;
  roles["first"].expires = kNow;
  EXPECT_EQ(code(look_for("a/1")), "repository.expired");
}

TEST_F(Delegating, ADocumentThatSaysItIsAnothersIsRefused) {
  delegate("targets", "first", {"a/*"});
  add_file("first", "a/1", 1);
  roles["first"].role = "second";
  EXPECT_EQ(code(look_for("a/1")), "repository.mix-and-match");
  roles["first"].role = "first";
  EXPECT_EQ(must(look_for("a/1")), 1u);
}

}  // namespace
}  // namespace suture
