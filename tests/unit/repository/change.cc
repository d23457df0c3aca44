// SPDX-License-Identifier: Apache-2.0
//
// A change travels to the keys that have to sign it, and back.
#include "repository/change.h"

#include <gmock/gmock.h>

#include "base/json.h"
#include "make.h"
#include "repository/client.h"
#include "repository/promotion.h"
#include "repository/role_keys.h"

namespace suture {
namespace {

namespace fs = std::filesystem;
using test::code;
using test::kBuildId;
using test::kNow;
using test::kStable;
using test::must;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

/// An owner whose keys of root, targets and the stable channel are in a vault.
class ChangeTest : public testing::Test {
 protected:
  ChangeTest() {
    must(repository.publish(1));
    fs::create_directory(vault);
    for (const char* name : {"root", "targets", "stable"}) {
      fs::rename(repository.context.keys / (std::string(name) + ".pem"),
                 vault / (std::string(name) + ".pem"));
    }
    repository.context.request = repository.folder.path() / "request.json";
  }
  Change requested() const { return must(parse_change(must(read_text_file(repository.context.request)))); }
  /// By every key in the vault.
  std::vector<std::string> sign(Change& change) const {
    std::vector<std::string> done;
    const Keyring keyring = must(Keyring::open(vault, repository.context.passphrase));
    for (const tuf::Signer* signer : keyring.all()) {
      for (const std::string& role : must(add_signatures(change, *signer))) done.push_back(role);
    }
    return done;
  }
  Result<Committed> apply(const Change& change) const { return apply_change(repository.context, change); }
  /// A publication of level 2 that waits.
  Change publication() const {
    const auto published = must(publish_patchset(repository.context, repository.qualified(2), "stable"));
    EXPECT_FALSE(published.committed.published);
    EXPECT_THAT(published.committed.waiting_for, ElementsAre(test::bin_of()));
    return requested();
  }
  std::uint32_t newest() {
    test::Mirror mirror = repository.mirror();
    RepositoryClient client = must(RepositoryClient::open(repository.folder.path() / "state", mirror,
                                                          repository.metadata("1.root.json")));
    must(client.refresh(kNow));
    const Catalog catalog = must(client.catalog(kStable, kBuildId));
    must(client.download(*catalog.newest(), repository.folder.path() / "spool"));
    return catalog.newest()->level;
  }

  test::Repository repository;
  fs::path vault = repository.folder.path() / "vault";
};

TEST_F(ChangeTest, IsPublishedOnceItsKeysHaveSigned) {
  Change change = publication();
  EXPECT_EQ(newest(), 1u);
  EXPECT_EQ(code(apply(change)), "repository.bad-signature");
  EXPECT_EQ(sign(change), std::vector<std::string>{test::bin_of()});
  EXPECT_TRUE(sign(change).empty());
  EXPECT_TRUE(must(apply(must(parse_change(change_text(change))))).published);
  EXPECT_EQ(newest(), 2u);
}

TEST_F(ChangeTest, WithoutAPlaceForItIsAnError) {
  repository.context.request.clear();
  EXPECT_EQ(code(repository.publish(2)), "repository.no-key");
  EXPECT_EQ(newest(), 1u);
}

TEST_F(ChangeTest, OfAnOlderStateIsRefused) {
  Change first = publication();
  Change again = publication();
  sign(first);
  sign(again);
  must(apply(first));
  EXPECT_EQ(code(apply(again)), "change.stale");
  EXPECT_EQ(code(apply(first)), "change.stale");
  EXPECT_EQ(newest(), 2u);
}

TEST_F(ChangeTest, WhoseLogHasGrownIsRefused) {
  Change change = publication();
  sign(change);
  must(repository.publish(1, "canary"));
  EXPECT_EQ(code(apply(change)), "change.stale");
}

TEST_F(ChangeTest, TamperedDocumentsAreRefused) {
  Change change = publication();
  sign(change);
  Change tampered = change;
  tampered.documents.begin()->second.content["expires"] = "2099-01-01T00:00:00Z";
  EXPECT_EQ(code(apply(tampered)), "repository.bad-signature");
  tampered = change;
  tampered.documents.begin()->second.signatures.front().bytes[0] ^= 1;
  EXPECT_EQ(code(apply(tampered)), "repository.bad-signature");
  // Who may sign is said by the repository, not by the change.
  const tuf::SigningKey thief = must(tuf::SigningKey::generate());
  tampered = change;
  tampered.documents.begin()->second.signatures.clear();
  tampered.documents.begin()->second.keys = {{thief.public_key().id}, 1};
  must(add_signatures(tampered, thief));
  EXPECT_EQ(code(apply(tampered)), "repository.bad-signature");
  EXPECT_EQ(newest(), 1u);
}

TEST_F(ChangeTest, TamperedFilesAndLogEntriesAreRefused) {
  Change change = publication();
  sign(change);
  Change tampered = change;
  tampered.files.begin()->second += " ";
  EXPECT_EQ(code(apply(tampered)), "repository.tampered");
  for (const char* path : {"targets/x", "metadata/timestamp.json", "targets/../../x", "/etc/passwd"}) {
    tampered = change;
    tampered.files[path] = "x";
    EXPECT_EQ(code(apply(tampered)), "change.inconsistent") << path;
  }
  tampered = change;
  tampered.log_entries.front() += " ";
  EXPECT_EQ(code(apply(tampered)), "change.inconsistent");
  tampered = change;
  tampered.log_entries.push_back("something else");
  EXPECT_EQ(code(apply(tampered)), "change.inconsistent");
  tampered = change;
  tampered.log_entries.clear();
  EXPECT_EQ(code(apply(tampered)), "change.inconsistent");
  EXPECT_EQ(newest(), 1u);
  EXPECT_TRUE(must(apply(change)).published);
}

TEST_F(ChangeTest, ChannelsKeysChangeOffline) {
  Keyring keyring = must(Keyring::open(vault, repository.context.passphrase));
  const tuf::PublicKey key = must(keyring.make("stable-new"));
  const Committed committed =
      must(change_role_keys(repository.context, {.role = "stable", .add = {key}, .remove_others = true}));
  EXPECT_FALSE(committed.published);
  Change change = requested();
  sign(change);
  EXPECT_TRUE(must(apply(change)).published);
  EXPECT_EQ(newest(), 1u);
  fs::remove(vault / "stable.pem");
  change = publication();
  EXPECT_EQ(sign(change), std::vector<std::string>{test::bin_of()});
  must(apply(change));
  EXPECT_EQ(newest(), 2u);
}

TEST_F(ChangeTest, ANewChannelIsDelegatedOffline) {
  EXPECT_FALSE(must(add_channel(repository.context, {"nightly", "debian"})).published);
  Change change = requested();
  EXPECT_THAT(sign(change), Contains("targets"));
  EXPECT_TRUE(must(apply(change)).published);
  EXPECT_EQ(repository.version("nightly~debian"), 1);
}

TEST_F(ChangeTest, TheRootChangesOfflineWithOldAndNewKeys) {
  Keyring keyring = must(Keyring::open(vault, repository.context.passphrase));
  const tuf::PublicKey key = must(keyring.make("root-new"));
  must(change_role_keys(repository.context, {.role = "root", .add = {key}, .remove_others = true}));
  Change change = requested();
  Change half = change;
  must(add_signatures(half, *must(keyring.find("root-new"))));
  EXPECT_EQ(code(apply(half)), "repository.bad-signature");
  sign(change);
  EXPECT_TRUE(must(apply(change)).published);
  EXPECT_EQ(repository.version("root"), 2);
  EXPECT_EQ(newest(), 1u);
}

TEST_F(ChangeTest, SaysWhatItIs) {
  const std::vector<std::string> lines = describe(publication());
  EXPECT_THAT(lines, Contains(HasSubstr("\"action\":\"publish\"")));
  EXPECT_THAT(lines, Contains(HasSubstr("\"level\":2")));
  EXPECT_THAT(lines, Contains(HasSubstr(test::bin_of() + " metadata, version 3, until 2027-02-22")));
  Keyring keyring = must(Keyring::open(vault, repository.context.passphrase));
  const tuf::PublicKey key = must(keyring.make("root-new"));
  must(change_role_keys(repository.context, {.role = "root", .add = {key}, .threshold = 2}));
  EXPECT_THAT(describe(requested()),
              Contains(testing::AllOf(HasSubstr("root: 2 of"), HasSubstr(key.id.substr(0, 16)))));
}

TEST_F(ChangeTest, BrokenFilesAreRefused) {
  const std::string text = change_text(publication());
  EXPECT_EQ(change_text(must(parse_change(text))), text);
  for (std::size_t length = 0; length + 2 < text.size(); length += 7) {
    EXPECT_FALSE(parse_change(text.substr(0, length))) << length;
  }
  Json json = must(parse_json(text, "test"));
  const auto with = [&](const char* pointer, Json value) {
    Json other = json;
    other[Json::json_pointer(pointer)] = std::move(value);
    return code(parse_change(json_text(other)));
  };
  EXPECT_EQ(with("/kind", "something else"), "change.schema");
  EXPECT_EQ(with("/log_size", -1), "change.schema");
  EXPECT_EQ(with("/log_entries", {1}), "change.schema");
  EXPECT_EQ(with("/files", {{"a", 1}}), "change.schema");
  EXPECT_NE(with("/documents", {{"a", 1}}), "ok");
}

}  // namespace
}  // namespace suture
