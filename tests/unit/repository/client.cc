// SPDX-License-Identifier: Apache-2.0
//
// A host against a real repository, and against mirrors that lie.
#include "repository/client.h"

#include "make.h"

namespace suture {
namespace {

namespace fs = std::filesystem;
using test::bytes_of;
using test::code;
using test::kBuildId;
using test::kNow;
using test::must;

class Client : public testing::Test {
 protected:
  Client() { must(repository.publish(1)); }
  RepositoryClient open() {
    return must(RepositoryClient::open(state, fetcher, repository.metadata("1.root.json")));
  }
  std::string refresh() { return code(open().refresh(kNow)); }
  Bytes file(const std::string& path) const { return must(read_file(repository.context.repository / path)); }
  /// A mirror that keeps the present metadata of the role, whatever is published later.
  void keep(const std::string& path) { fetcher.instead[path] = file(path); }

  test::Repository repository;
  test::FolderFetcher fetcher = repository.fetcher();
  fs::path state = repository.folder.path() / "state";
  fs::path spool = repository.folder.path() / "spool";
};

TEST_F(Client, FindsAndDownloadsPatchsets) {
  must(repository.publish(2));
  must(repository.publish(7, "canary"));
  RepositoryClient client = open();
  ASSERT_EQ(code(client.refresh(kNow)), "ok");
  const auto found = must(client.patchsets("stable", kBuildId));
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].level, 1u);
  EXPECT_EQ(found[1].level, 2u);
  EXPECT_EQ(found[1].cves, std::vector<std::string>{"CVE-2026-53249"});
  EXPECT_TRUE(must(client.patchsets("stable", std::string(40, 'b'))).empty());

  const fs::path folder = must(client.download(found[1], spool));
  EXPECT_EQ(folder, spool / "000002");
  EXPECT_EQ(must(read_text_file(folder / "suture_2.ko")), "module of level 2");
  EXPECT_EQ(must(parse_patchset(must(read_text_file(folder / kManifestName)))).level, 2u);
  EXPECT_EQ(must(client.download(found[1], spool)), folder);
}

TEST_F(Client, SaysNothingBeforeItRefreshed) {
  RepositoryClient client = open();
  EXPECT_EQ(code(client.patchsets("stable", kBuildId)), "repository.not-refreshed");
  ASSERT_EQ(code(client.refresh(kNow)), "ok");
  fetcher.instead["metadata/timestamp.json"] = bytes_of("{}");
  EXPECT_NE(code(client.refresh(kNow)), "ok");
  EXPECT_EQ(code(client.patchsets("stable", kBuildId)), "repository.not-refreshed");
}

TEST_F(Client, NeedsARootToBeginWith) {
  EXPECT_EQ(code(RepositoryClient::open(state, fetcher)), "repository.no-root");
}

TEST_F(Client, FetchesOnlyTheTimestampWhenNothingIsNew) {
  ASSERT_EQ(refresh(), "ok");
  fetcher.fetched.clear();
  ASSERT_EQ(refresh(), "ok");
  const std::vector<std::string> few = {"metadata/2.root.json", "metadata/timestamp.json"};
  EXPECT_EQ(fetcher.fetched, few);
}

TEST_F(Client, RemembersAcrossRestartsAndRefusesRollback) {
  keep("metadata/timestamp.json");
  const auto old = fetcher.instead;
  fetcher.instead.clear();
  must(repository.publish(2));
  ASSERT_EQ(refresh(), "ok");
  fetcher.instead = old;
  EXPECT_EQ(refresh(), "repository.rollback");
}

TEST_F(Client, RefusesAFreeze) {
  RepositoryClient client = open();
  EXPECT_EQ(code(client.refresh(kNow + std::chrono::days(1))), "repository.expired");
  EXPECT_EQ(code(client.refresh(kNow + std::chrono::days(366))), "repository.expired");
  ASSERT_EQ(code(client.refresh(kNow)), "ok");
  EXPECT_EQ(client.expires(), kNow + std::chrono::days(1));
  EXPECT_EQ(code(client.refresh(kNow + std::chrono::days(1))), "repository.expired");
}

TEST_F(Client, RefusesMixedMetadata) {
  const Bytes old = file("metadata/2.targets.json");
  must(repository.publish(2));
  fetcher.instead["metadata/3.targets.json"] = old;
  EXPECT_EQ(refresh(), "repository.mix-and-match");
}

TEST_F(Client, RefusesAnotherOwnersRepository) {
  const test::Repository foreign;
  fetcher = foreign.fetcher();
  EXPECT_EQ(refresh(), "repository.bad-signature");
}

TEST_F(Client, RefusesEndlessMetadataThatAFetcherLetThrough) {
  fetcher.instead["metadata/timestamp.json"] = Bytes(1u << 20, ' ');
  EXPECT_EQ(refresh(), "repository.too-large");
}

TEST_F(Client, RefusesTruncatedMetadata) {
  for (const char* path :
       {"metadata/timestamp.json", "metadata/2.snapshot.json", "metadata/2.targets.json"}) {
    fetcher.instead.clear();
    keep(path);
    fetcher.instead[path].resize(fetcher.instead[path].size() / 2);
    EXPECT_NE(refresh(), "ok") << path;
  }
  fetcher.instead.clear();
  EXPECT_EQ(refresh(), "ok");
}

TEST_F(Client, LeavesNothingOfATamperedPayload) {
  RepositoryClient client = open();
  ASSERT_EQ(code(client.refresh(kNow)), "ok");
  const auto patchset = must(client.patchsets("stable", kBuildId)).front();
  const std::string path =
      "targets/stable/" + kBuildId + "/000001/" + patchset.module.sha256 + ".suture_1.ko";
  keep(path);
  fetcher.instead[path].back() ^= 1;
  EXPECT_EQ(code(client.download(patchset, spool)), "repository.tampered");
  fetcher.instead[path].pop_back();
  EXPECT_EQ(code(client.download(patchset, spool)), "repository.tampered");
  EXPECT_TRUE(!fs::exists(spool) || fs::is_empty(spool));
}

TEST_F(Client, RefusesASwappedTarget) {
  must(repository.publish(2));
  RepositoryClient client = open();
  ASSERT_EQ(code(client.refresh(kNow)), "ok");
  const auto found = must(client.patchsets("stable", kBuildId));
  AvailablePatchset swapped = found[1];
  swapped.manifest = found[0].manifest;
  EXPECT_EQ(code(client.download(swapped, spool)), "repository.inconsistent");
  swapped = found[1];
  swapped.module = found[0].module;
  EXPECT_EQ(code(client.download(swapped, spool)), "repository.inconsistent");
}

TEST_F(Client, FollowsNewRoots) {
  ASSERT_EQ(refresh(), "ok");
  PublisherContext later = repository.context;
  later.now = kNow + std::chrono::days(360);
  ASSERT_TRUE(renew_repository(later));
  RepositoryClient client = must(RepositoryClient::open(state, fetcher));
  ASSERT_EQ(code(client.refresh(later.now)), "ok");
  EXPECT_EQ(client.root_version(), 2);
  EXPECT_EQ(must(RepositoryClient::open(state, fetcher)).root_version(), 2);
}

TEST_F(Client, MendsADamagedCache) {
  ASSERT_EQ(refresh(), "ok");
  for (const char* name : {"timestamp.json", "snapshot.json", "targets.json", "root.json"}) {
    ASSERT_TRUE(write_file(state / name, "damaged"));
    EXPECT_EQ(refresh(), "ok") << name;
    EXPECT_NE(must(read_text_file(state / name)), "damaged");
  }
}

}  // namespace
}  // namespace suture
