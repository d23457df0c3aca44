// SPDX-License-Identifier: Apache-2.0
//
// Keys come and go, and a host that knows none but the first root follows.
#include "repository/role_keys.h"

#include <gmock/gmock.h>

#include "make.h"
#include "repository/client.h"
#include "repository/mirror.h"

namespace suture {
namespace {

namespace fs = std::filesystem;
using test::code;
using test::kBuildId;
using test::kNow;
using test::kStable;
using test::must;

class RoleKeysTest : public testing::Test {
 protected:
  RoleKeysTest() {
    must(repository.publish(1));
    must(look());
  }
  /// As a host that has looked before, and whose administrator gave it the first root.
  Result<std::uint32_t> look() {
    RepositoryClient client = TRY(RepositoryClient::open(repository.folder.path() / "state", mirror,
                                                         repository.metadata("1.root.json")));
    TRY(client.refresh(kNow));
    const Catalog catalog = TRY(client.catalog(kStable, kBuildId));
    TRY(client.check_logged(*catalog.newest()));
    root_version = client.trusted().root.version;
    return catalog.newest()->level;
  }
  RoleState role(const std::string& name) const {
    for (const RoleState& state : repository.read().roles) {
      if (state.role == name) return state;
    }
    ADD_FAILURE() << name;
    return {};
  }
  /// The file of a key that has to be gone for good.
  void forget(const std::string& name) const {
    ASSERT_TRUE(fs::remove(repository.context.keys / (name + ".pem"))) << name;
  }

  test::Repository repository;
  test::Mirror mirror = repository.mirror();
  std::int64_t root_version = 0;
};

TEST_F(RoleKeysTest, EachRoleRotatesAndHostsFollow) {
  std::uint32_t level = 1;
  for (const std::string name : {"root", "targets", "snapshot", "timestamp", "log", "stable"}) {
    const Rotated rotated = must(rotate_role(repository.context, name));
    EXPECT_EQ(rotated.name, name + "-2");
    EXPECT_TRUE(rotated.committed.published);
    EXPECT_EQ(role(name == "stable" ? "stable~debian" : name).key_ids,
              std::vector<std::string>{rotated.key.id});
    forget(name);
    EXPECT_EQ(must(look()), level) << name;
    ASSERT_TRUE(repository.publish(++level)) << name;
    EXPECT_EQ(must(look()), level) << name;
  }
  EXPECT_EQ(root_version, 5);
  // Nor does one who comes now need any key that is gone.
  fs::remove_all(repository.folder.path() / "state");
  EXPECT_EQ(must(look()), level);
  EXPECT_TRUE(verify_repository(mirror, repository.metadata("1.root.json"), kNow));
}

TEST_F(RoleKeysTest, ARoleRotatesAgainAndAgain) {
  for (int i = 2; i < 6; i++) {
    EXPECT_EQ(must(rotate_role(repository.context, "timestamp")).name, "timestamp-" + std::to_string(i));
  }
  EXPECT_EQ(must(look()), 1u);
  EXPECT_EQ(root_version, 5);
}

TEST_F(RoleKeysTest, ARootOfTwoOutOfThreeNeedsTwo) {
  OwnedRepository owned = must(OwnedRepository::open(repository.context));
  std::vector<tuf::PublicKey> more = {must(owned.keyring().make("root-b")),
                                      must(owned.keyring().make("root-c"))};
  { const OwnedRepository done = std::move(owned); }
  must(change_role_keys(repository.context, {.role = "root", .add = more, .threshold = 2}));
  EXPECT_EQ(role("root").threshold, 2);
  EXPECT_EQ(role("root").key_ids.size(), 3u);
  forget("root");
  must(rotate_role(repository.context, "timestamp"));
  EXPECT_EQ(must(look()), 1u);
  forget("root-b");
  EXPECT_EQ(code(rotate_role(repository.context, "timestamp")), "repository.no-key");
  EXPECT_EQ(must(look()), 1u);
}

TEST_F(RoleKeysTest, AChannelOfTwoOutOfThreeNeedsTwo) {
  std::vector<tuf::PublicKey> more;
  {
    OwnedRepository owned = must(OwnedRepository::open(repository.context));
    more = {must(owned.keyring().make("b")), must(owned.keyring().make("c"))};
  }
  must(change_role_keys(repository.context, {.role = "stable", .add = more, .threshold = 2}));
  forget("stable");
  must(repository.publish(2));
  EXPECT_EQ(must(look()), 2u);
  forget("b");
  EXPECT_EQ(code(repository.publish(3)), "repository.no-key");
  EXPECT_EQ(must(look()), 2u);
}

TEST_F(RoleKeysTest, AKeyIsRemovedByTheBeginningOfItsId) {
  tuf::PublicKey more;
  {
    OwnedRepository owned = must(OwnedRepository::open(repository.context));
    more = must(owned.keyring().make("b"));
  }
  const auto remove = [&](const std::string& id) {
    return code(change_role_keys(repository.context, {.role = "targets", .remove = {id}}));
  };
  EXPECT_EQ(remove(role("targets").key_ids[0]), "repository.bad-threshold");
  must(change_role_keys(repository.context, {.role = "targets", .add = {more}}));
  EXPECT_EQ(remove(""), "repository.no-such-key");
  EXPECT_EQ(remove("nobody"), "repository.no-such-key");
  EXPECT_EQ(remove(more.id.substr(0, 16)), "ok");
  EXPECT_EQ(role("targets").key_ids, std::vector<std::string>{repository.key("targets").public_key().id});
  EXPECT_EQ(must(look()), 1u);
}

TEST_F(RoleKeysTest, RefusesWhatNobodyCouldSignAfterwards) {
  const auto change = [&](KeyChange wanted) { return code(change_role_keys(repository.context, wanted)); };
  EXPECT_EQ(change({.role = "root", .threshold = 2}), "repository.bad-threshold");
  EXPECT_EQ(change({.role = "root", .threshold = 0}), "repository.bad-threshold");
  EXPECT_EQ(change({.role = "root", .remove_others = true}), "repository.bad-threshold");
  EXPECT_EQ(change({.role = "nightly"}), "repository.bad-role");
  EXPECT_EQ(must(look()), 1u);
  EXPECT_EQ(root_version, 1);
}

// Of a channel that was made before its key was stolen, another distribution must not get the stolen one.
TEST_F(RoleKeysTest, AChannelsNextDistributionHasTheChannelsPresentKeys) {
  const tuf::PublicKey key = must(rotate_role(repository.context, "stable")).key;
  must(add_channel(repository.context, {"stable", "ubuntu"}));
  EXPECT_EQ(role("stable~ubuntu").key_ids, std::vector<std::string>{key.id});
}

TEST_F(RoleKeysTest, AChannelRotatesForAllItsDistributions) {
  must(add_channel(repository.context, {"stable", "ubuntu"}));
  const tuf::PublicKey key = must(rotate_role(repository.context, "stable")).key;
  for (const char* name : {"stable~debian", "stable~ubuntu"}) {
    EXPECT_EQ(role(name).key_ids, std::vector<std::string>{key.id}) << name;
  }
  EXPECT_TRUE(verify_repository(mirror, repository.metadata("1.root.json"), kNow));
}

}  // namespace
}  // namespace suture
