// SPDX-License-Identifier: Apache-2.0
//
// Records in a git repository: what git says of two commits is what is read.
#include "base/process.h"
#include "watch_place.h"

namespace suture {
namespace {

using test::cve_number;
using test::cve_record;
using testing::ElementsAre;

class GitFeed : public test::WatchPlace {
 protected:
  GitFeed() {
    git({"init", "--quiet", "--initial-branch=main"});
    config.sources[0].kind = PlaceKind::kGit;
  }
  void git(std::vector<std::string> arguments) {
    Command command{
        .argv = {"git", "-C", records().string(), "-c", "user.name=Test", "-c", "user.email=test@example",
                 "-c", "core.hooksPath=/dev/null", "-c", "commit.gpgsign=false"},
        .environment = {{"GIT_CONFIG_GLOBAL", "/dev/null"}, {"GIT_CONFIG_NOSYSTEM", "1"}}};
    for (auto& argument : arguments) command.argv.push_back(std::move(argument));
    const auto done = run_ok(command);
    ASSERT_TRUE(done) << done.error().message();
  }
  void commit() {
    git({"add", "--all"});
    git({"commit", "--quiet", "--allow-empty", "--message", "a day's records"});
  }
};

TEST_F(GitFeed, ReadsABranchAndThenWhatDiffers) {
  put_all(5);
  ASSERT_TRUE(write_file(records() / "notes.txt", std::string_view("no record")));
  commit();
  AdvisoryStore store = open();
  const SourceReport first = synced_one(store);
  EXPECT_EQ(problem(first), "none") << first.problem->message();
  EXPECT_EQ(first.documents, 5u);
  EXPECT_EQ(first.records.added, 5u);
  EXPECT_EQ(synced_one(store).read, 0u);

  put(cve_number(1), cve_record(cve_number(1), "net: another title"));
  put(cve_number(8), cve_record(cve_number(8)));
  std::filesystem::remove(records() / (cve_number(2) + ".json"));
  // What is not committed is not there yet.
  EXPECT_EQ(synced_one(store).read, 0u);
  commit();
  const SourceReport second = synced_one(store);
  EXPECT_EQ(second.documents, 5u);
  EXPECT_EQ(second.read, 2u);
  EXPECT_EQ(second.gone, 1u);
  EXPECT_EQ(store.advisory(cve_number(1)).value()->voices[0].voice.title, "net: another title");
  EXPECT_FALSE(store.advisory(cve_number(2)).value());
}

TEST_F(GitFeed, ARenamedRecordIsOneThatIsGoneAndOneThatIsNew) {
  put_all(2);
  commit();
  AdvisoryStore store = open();
  synced(store);
  git({"mv", cve_number(1) + ".json", cve_number(9) + ".json"});
  commit();
  const SourceReport report = synced_one(store);
  EXPECT_EQ(report.read, 1u);
  EXPECT_EQ(report.gone, 1u);
}

TEST_F(GitFeed, AFolderOfABranchOfARepositoryElsewhere) {
  put("published/" + cve_number(1), cve_record(cve_number(1)));
  put("rejected/" + cve_number(2), cve_record(cve_number(2)));
  commit();
  git({"checkout", "--quiet", "-b", "side"});
  put("published/" + cve_number(3), cve_record(cve_number(3)));
  commit();
  git({"checkout", "--quiet", "main"});
  config.sources[0].location = "file://" + records().string();
  config.sources[0].below = "published";
  AdvisoryStore store = open();
  const SourceReport first = synced_one(store);
  EXPECT_EQ(problem(first), "none") << first.problem->message();
  EXPECT_EQ(first.documents, 1u);
  config.sources[0].branch = "side";
  EXPECT_EQ(synced_one(store).read, 1u);
  EXPECT_EQ(store.list({})->size(), 2u);
  config.sources[0].branch = "no-such-branch";
  EXPECT_EQ(problem(synced_one(store)), "watch.git");
  EXPECT_EQ(store.list({})->size(), 2u);
}

// The commit that was read last is gone: then all names and ids are compared instead.
TEST_F(GitFeed, AHistoryThatWasRewrittenIsReadByWhatThereIs) {
  put_all(4);
  commit();
  AdvisoryStore store = open();
  synced(store);
  std::filesystem::remove_all(records() / ".git");
  git({"init", "--quiet", "--initial-branch=main"});
  std::filesystem::remove(records() / (cve_number(0) + ".json"));
  put(cve_number(1), cve_record(cve_number(1), "net: another title"));
  commit();
  const SourceReport report = synced_one(store);
  EXPECT_EQ(report.read, 1u);
  EXPECT_EQ(report.gone, 1u);
  EXPECT_EQ(report.documents, 3u);
}

// A record that was changed and changed back, with a sync between that did not come to its end.
TEST_F(GitFeed, AnUnfinishedSyncLeavesNothingThatTheNextOneOverlooks) {
  put_all(3);
  commit();
  AdvisoryStore store = open();
  synced(store);
  put(cve_number(1), cve_record(cve_number(1), "net: for an hour"));
  commit();
  {
    auto writer = AdvisoryWriter::begin(store, config.sources[0], test::later());
    ASSERT_TRUE(writer->start());
    const std::string text = cve_record(cve_number(1), "net: for an hour");
    ASSERT_TRUE(writer->read({cve_number(1) + ".json", "0123"}, as_bytes(text)));
    ASSERT_TRUE(writer->commit());
  }
  EXPECT_EQ(store.advisory(cve_number(1)).value()->voices[0].voice.title, "net: for an hour");
  git({"revert", "--no-edit", "HEAD"});
  synced(store);
  EXPECT_EQ(store.advisory(cve_number(1)).value()->voices[0].voice.title, "net: fix a leak");
}

TEST_F(GitFeed, WhatIsNoRepositoryIsNamed) {
  std::filesystem::remove_all(records() / ".git");
  AdvisoryStore store = open();
  EXPECT_EQ(problem(synced_one(store)), "watch.git");
  std::filesystem::remove_all(records());
  EXPECT_EQ(problem(synced_one(store)), "watch.source-absent");
}

}  // namespace
}  // namespace suture
