// SPDX-License-Identifier: Apache-2.0
//
// The agent's source over a published repository. Run by root, the process without privileges is another
// user's, as in life.
#include "agent/repository_source.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "../repository/make.h"
#include "agent/handed_over.h"
#include "agent/store.h"
#include "repository/promotion.h"
#include "repository/role_keys.h"

namespace suture::test {
namespace {

namespace fs = std::filesystem;

struct Fleet {
  Fleet() {
    repository.context.now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    fs::remove_all(repository.context.repository);
    EXPECT_TRUE(init_repository(repository.context, {.channels = {"stable"}, .bins = 2}));
    // Temporary folders are their owner's only.
    ::chmod(repository.folder.path().c_str(), 0755);
    ::chmod(folder.path().c_str(), 0755);
    config.repository = "file://" + repository.context.repository.string();
    config.distribution = "debian";
    config.root = folder.path() / "root.json";
    config.state = folder.path() / "state";
    fs::copy_file(repository.metadata("1.root.json"), config.root);
    kernel.build_id = kBuildId;
  }
  Result<Answer> ask(const std::string& known = "") {
    return RepositorySource(config).ask({.kernel = kernel, .known = known});
  }
  /// The level that is offered; 0 for none.
  std::uint32_t offered() {
    const Answer answer = must(ask());
    return answer.offer ? answer.offer->patchset.level : 0;
  }
  /// What the process without privileges fetched, verified again.
  Result<Catalog> verify(std::chrono::seconds later = {}) const {
    return RepositorySource(config).verify({.kernel = kernel, .time = repository.context.now + later});
  }
  fs::path handover() const { return RepositorySource(config).handover(); }

  Repository repository;
  TempDir folder = scratch();
  AgentConfig config;
  RunningKernel kernel;
};

TEST(RepositorySource, ThePublishedPatchsetIsOffered) {
  Fleet fleet;
  EXPECT_FALSE(must(fleet.ask()).offer);
  must(fleet.repository.publish(1));
  must(fleet.repository.publish(2));
  const auto offer = must(fleet.ask()).offer;
  ASSERT_TRUE(offer);
  EXPECT_EQ(offer->patchset.level, 2u);
  const Bytes module = must(read_file(offer->folder / "suture_2.ko"));
  const Store store(fleet.config.state / "patchsets");
  const StoredPatchset stored = Store::place_for(offer->patchset, offer->manifest);
  ASSERT_TRUE(store.keep(stored, offer->manifest, offer->patchset, {{"suture_2.ko", module}}));
  EXPECT_TRUE(store.load(stored));

  EXPECT_TRUE(must(fleet.ask(stored.module_sha256)).offer.value().known);
  fleet.kernel.build_id = std::string(40, 'b');
  EXPECT_FALSE(must(fleet.ask()).offer);
}

TEST(RepositorySource, TheModulesOfAllEnginesAreFetched) {
  Fleet fleet;
  must(fleet.repository.publish_for_two_engines(1));
  const auto offer = must(fleet.ask()).offer.value();
  const PatchsetFiles files = must(read_files(offer.patchset, offer.folder));
  EXPECT_EQ(files.size(), 3u);
  EXPECT_EQ(differing_file(offer.patchset, files), std::nullopt);
}

TEST(RepositorySource, AWithdrawnLevelIsNamedAndTheOneBelowOffered) {
  Fleet fleet;
  must(fleet.repository.publish(1));
  must(fleet.repository.publish(2));
  EXPECT_EQ(fleet.offered(), 2u);
  must(withdraw_level(fleet.repository.context, kStable, kBuildId, 2, "it hangs"));
  const Answer answer = must(fleet.ask());
  EXPECT_EQ(answer.offer.value().patchset.level, 1u);
  EXPECT_EQ(answer.withdrawn, (std::map<std::uint32_t, std::string>{{2, "it hangs"}}));
  must(withdraw_level(fleet.repository.context, kStable, kBuildId, 1, "it hangs, too"));
  EXPECT_FALSE(must(fleet.ask()).offer);
}

TEST(RepositorySource, NoHigherLevelIsOfferedThanAsked) {
  Fleet fleet;
  must(fleet.repository.publish(1));
  must(fleet.repository.publish(2));
  const Answer answer = must(RepositorySource(fleet.config).ask({.kernel = fleet.kernel, .highest = 1}));
  EXPECT_EQ(answer.offer.value().patchset.level, 1u);
  EXPECT_EQ(answer.newest, 1u);
}

// With the keys of channel, snapshot and timestamp, but not past the log.
TEST(RepositorySource, ALevelBelowTheNewestMustBeLoggedAsWell) {
  Fleet fleet;
  must(fleet.repository.publish(1));
  must(fleet.repository.publish(2));
  {
    OwnedRepository owned = must(OwnedRepository::open(fleet.repository.context));
    Catalog catalog = must(owned.catalog(kStable, kBuildId));
    catalog.levels[0].module.sha256 = std::string(64, 'e');
    ASSERT_TRUE(owned.put_catalog(catalog));
    must(owned.commit());
  }
  EXPECT_EQ(fleet.offered(), 2u);
  const Question below{.kernel = fleet.kernel, .highest = 1};
  EXPECT_EQ(code(RepositorySource(fleet.config).verify(below)), "log.not-included");
  EXPECT_EQ(code(RepositorySource(fleet.config).ask(below)), "log.not-included");
}

TEST(RepositorySource, WhatThePolicyHoldsBackIsToldAndNotFetched) {
  Fleet fleet;
  must(fleet.repository.publish(1));
  fleet.config.install.mode = InstallPolicy::Mode::kManual;
  const Answer answer = must(fleet.ask());
  EXPECT_FALSE(answer.offer);
  EXPECT_EQ(answer.newest, 1u);
  EXPECT_NE(answer.waits.find("manual"), std::string::npos);
  EXPECT_TRUE(fs::is_empty(fleet.config.spool()));
}

TEST(RepositorySource, AVisitThatBringsNothingNewFetchesOneFile) {
  Fleet fleet;
  must(fleet.repository.publish(1));
  must(fleet.repository.publish(2));
  must(withdraw_level(fleet.repository.context, kStable, kBuildId, 1, "it hangs"));
  const std::string known = must(fleet.ask()).offer.value().patchset.module().sha256;
  must(fleet.ask(known));
  std::vector<std::string> fetched;
  for (const auto& entry : fs::directory_iterator(fleet.handover()))
    fetched.push_back(entry.path().filename());
  EXPECT_EQ(fetched, std::vector<std::string>{"metadata,timestamp.json"});
}

TEST(RepositorySource, ATamperedPayloadIsRefused) {
  Fleet fleet;
  const auto published = must(fleet.repository.publish(1));
  ASSERT_TRUE(write_file(fleet.repository.context.repository / published.stored(published.module),
                         std::string_view("module of level 2")));
  EXPECT_EQ(code(fleet.ask()), "repository.tampered");
}

TEST(RepositorySource, ARepositoryOfAnotherRootIsRefused) {
  Fleet fleet;
  Fleet other;
  fs::copy_file(other.config.root, fleet.config.root, fs::copy_options::overwrite_existing);
  EXPECT_EQ(code(fleet.ask()), "repository.bad-signature");
}

TEST(RepositorySource, TheDistributionIsTheSystemsOwn) {
  Fleet fleet;
  must(fleet.repository.publish(1));
  fleet.config.distribution.clear();
  fleet.config.os_release = fleet.folder.path() / "os-release";
  ASSERT_TRUE(
      write_file(fleet.config.os_release, std::string_view("NAME=\"Debian GNU/Linux\"\nID=debian\n")));
  EXPECT_EQ(fleet.offered(), 1u);
  ASSERT_TRUE(write_file(fleet.config.os_release, std::string_view("ID=ubuntu\n")));
  EXPECT_EQ(fleet.offered(), 0u);
}

// Whoever holds the process without privileges can write what it likes there, but sign nothing.
TEST(HandedOver, AnotherOwnersMetadataIsRefused) {
  Fleet fleet;
  Fleet attacker;
  must(fleet.repository.publish(1));
  must(attacker.repository.publish(2));
  must(fleet.ask());
  must(attacker.ask());
  ASSERT_EQ(must(fleet.verify()).levels.back().level, 1u);
  fs::remove_all(fleet.handover());
  fs::copy(attacker.handover(), fleet.handover(), fs::copy_options::recursive);
  EXPECT_EQ(code(fleet.verify()), "repository.bad-signature");

  // Nor does a root of their own, offered as the next one, help.
  const Signers theirs;
  ASSERT_TRUE(write_file(fleet.handover() / "metadata,2.root.json", theirs.sign_root(theirs.root(2))));
  EXPECT_EQ(code(fleet.verify()), "repository.bad-signature");
}

TEST(HandedOver, WhatIsTrustedDoesNotGoBack) {
  Fleet fleet;
  must(fleet.repository.publish(1));
  must(fleet.ask());
  const TempDir kept = scratch();
  fs::copy(fleet.handover(), kept.path() / "old", fs::copy_options::recursive);
  must(fleet.repository.publish(2));
  must(fleet.ask());
  fs::remove_all(fleet.handover());
  fs::copy(kept.path() / "old", fleet.handover(), fs::copy_options::recursive);
  EXPECT_EQ(code(fleet.verify()), "repository.rollback");
}

TEST(HandedOver, OldMetadataIsNotBelievedForEver) {
  Fleet fleet;
  must(fleet.repository.publish(1));
  must(fleet.ask());
  EXPECT_EQ(code(fleet.verify(std::chrono::days(2))), "repository.expired");
}

TEST(HandedOver, LinksAreNotFollowed) {
  Fleet fleet;
  must(fleet.repository.publish(1));
  must(fleet.ask());
  const fs::path timestamp = fleet.handover() / "metadata,timestamp.json";
  fs::rename(timestamp, fleet.folder.path() / "elsewhere");
  fs::create_symlink(fleet.folder.path() / "elsewhere", timestamp);
  EXPECT_EQ(code(fleet.verify()), "agent.hand-over");
}

TEST(HandedOver, NothingButPlainFilesIsRead) {
  Fleet fleet;
  must(fleet.repository.publish(1));
  must(fleet.ask());
  const fs::path timestamp = fleet.handover() / "metadata,timestamp.json";
  fs::remove(timestamp);
  ASSERT_EQ(::mkfifo(timestamp.c_str(), 0600), 0);
  EXPECT_EQ(code(fleet.verify()), "agent.hand-over");
}

TEST(HandedOver, TheChainOfRootsIsFollowedAndRemembered) {
  Fleet fleet;
  must(fleet.repository.publish(1));
  must(rotate_role(fleet.repository.context, "root"));
  EXPECT_EQ(fleet.offered(), 1u);
  EXPECT_EQ(must(read_file(fleet.config.state / "trusted/root.json")),
            must(read_file(fleet.repository.metadata("2.root.json"))));
  // From now on the administrator's first root is not needed.
  fs::remove(fleet.config.root);
  EXPECT_EQ(fleet.offered(), 1u);
}

// A crash between the turns of the two processes: one knows what the other does not.
TEST(HandedOver, TheTwoProcessesFindTogetherAgain) {
  Fleet fleet;
  must(fleet.repository.publish(1));
  must(fleet.ask());
  fs::remove_all(fleet.config.state / "trusted");
  EXPECT_EQ(fleet.offered(), 1u);
  must(fleet.repository.publish(2));
  fs::remove_all(fleet.config.state / "trusted");
  EXPECT_EQ(fleet.offered(), 2u);
  fs::remove_all(fleet.config.state / "repository");
  EXPECT_EQ(fleet.offered(), 2u);
}

}  // namespace
}  // namespace suture::test
