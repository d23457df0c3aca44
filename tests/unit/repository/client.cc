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
using test::kStable;
using test::must;

class Client : public testing::Test {
 protected:
  Client() { must(repository.publish(1)); }
  RepositoryClient open() {
    return must(RepositoryClient::open(state, fetcher, repository.metadata("1.root.json")));
  }
  std::string refresh() { return code(open().refresh(kNow)); }
  Bytes file(const std::string& path) const { return must(read_file(repository.context.repository / path)); }
  Patchset manifest_of(const AvailablePatchset& patchset) const {
    return must(parse_patchset(as_text(file(patchset.stored(patchset.manifest)))));
  }
  /// A mirror that keeps the present file, whatever is published later.
  void keep(const std::string& path) { fetcher.instead[path] = file(path); }

  test::Repository repository;
  test::Mirror fetcher = repository.mirror();
  fs::path state = repository.folder.path() / "state";
  fs::path spool = repository.folder.path() / "spool";
};

TEST_F(Client, FindsAndDownloadsPatchsets) {
  must(repository.publish(2));
  must(repository.publish(7, "canary"));
  RepositoryClient client = open();
  ASSERT_EQ(code(client.refresh(kNow)), "ok");
  const Catalog found = must(client.catalog(kStable, kBuildId));
  ASSERT_EQ(found.levels.size(), 2u);
  EXPECT_EQ(found.levels[0].level, 1u);
  EXPECT_EQ(found.levels[1].level, 2u);
  EXPECT_EQ(found.newest(), &found.levels[1]);
  EXPECT_EQ(found.levels[1].cves, std::vector<std::string>{"CVE-2026-53249"});
  EXPECT_TRUE(must(client.catalog(kStable, std::string(40, 'b'))).levels.empty());

  const fs::path folder = must(client.download(*found.newest(), spool));
  EXPECT_EQ(folder, spool / "000002");
  EXPECT_EQ(must(read_text_file(folder / "suture_2.ko")), "module of level 2");
  EXPECT_EQ(must(parse_patchset(must(read_text_file(folder / kManifestName)))).level, 2u);
  EXPECT_EQ(must(client.download(*found.newest(), spool)), folder);
}

TEST_F(Client, SaysNothingBeforeItRefreshed) {
  RepositoryClient client = open();
  EXPECT_EQ(code(client.catalog(kStable, kBuildId)), "repository.not-refreshed");
  ASSERT_EQ(code(client.refresh(kNow)), "ok");
  fetcher.instead["metadata/timestamp.json"] = bytes_of("{}");
  EXPECT_NE(code(client.refresh(kNow)), "ok");
  EXPECT_EQ(code(client.catalog(kStable, kBuildId)), "repository.not-refreshed");
}

TEST_F(Client, NeedsARootToBeginWith) {
  EXPECT_EQ(code(RepositoryClient::open(state, fetcher)), "repository.no-root");
}

TEST_F(Client, FetchesOnlyTheTimestampWhenNothingIsNew) {
  ASSERT_EQ(refresh(), "ok");
  fetcher.fetched.clear();
  ASSERT_EQ(refresh(), "ok");
  EXPECT_EQ(fetcher.fetched, std::vector<std::string>{"metadata/timestamp.json"});
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
  for (const char* role : {"targets", "stable~debian"}) {
    const Bytes old = file(repository.document(role));
    must(add_channel(repository.context, {"testing", std::string(role) == "targets" ? "debian" : "ubuntu"}));
    fetcher.instead[repository.document("targets")] = old;
    EXPECT_EQ(refresh(), "repository.mix-and-match") << role;
    fetcher.instead.clear();
  }
}

// The snapshot has only the version of a bin, and one key signs them all.
TEST_F(Client, RefusesOneBinForAnother) {
  const std::string own = test::bin_of();
  const std::string other = bin_role(kStable, own.ends_with('0') ? 1 : 0, 2);
  const auto kernel_in = [](const std::string& bin) {
    std::string build_id(40, '0');
    while (test::bin_of(build_id) != bin) build_id.back()++;
    return build_id;
  };
  must(repository.publish(1, "stable", kernel_in(other)));
  ASSERT_EQ(repository.document(own).substr(0, 11), repository.document(other).substr(0, 11));
  fetcher.instead[repository.document(own)] = file(repository.document(other));
  RepositoryClient client = open();
  must(client.refresh(kNow));
  EXPECT_EQ(code(client.catalog(kStable, kBuildId)), "repository.mix-and-match");
}

TEST_F(Client, RefusesAnotherOwnersRepository) {
  const test::Repository foreign;
  fetcher = foreign.mirror();
  EXPECT_EQ(refresh(), "repository.bad-signature");
}

TEST_F(Client, RefusesEndlessMetadataThatAFetcherLetThrough) {
  fetcher.instead["metadata/timestamp.json"] = Bytes(1u << 20, ' ');
  EXPECT_EQ(refresh(), "repository.too-large");
}

TEST_F(Client, RefusesTruncatedMetadata) {
  std::vector<std::string> paths = {"metadata/timestamp.json"};
  for (const char* role : {"snapshot", "targets", "log", "stable~debian"}) {
    paths.push_back(repository.document(role));
  }
  paths.push_back(repository.document(test::bin_of()));
  const auto look = [&]() -> Result<void> {
    RepositoryClient client = open();
    TRY(client.refresh(kNow));
    const Catalog catalog = TRY(client.catalog(kStable, kBuildId));
    return client.check_logged(*catalog.newest());
  };
  for (const std::string& path : paths) {
    fetcher.instead.clear();
    keep(path);
    fetcher.instead[path].resize(fetcher.instead[path].size() / 2);
    fs::remove_all(state);
    EXPECT_NE(code(look()), "ok") << path;
  }
  fetcher.instead.clear();
  EXPECT_EQ(code(look()), "ok");
}

TEST_F(Client, LeavesNothingOfATamperedPayload) {
  RepositoryClient client = open();
  ASSERT_EQ(code(client.refresh(kNow)), "ok");
  const AvailablePatchset patchset = *must(client.catalog(kStable, kBuildId)).newest();
  const std::string path = patchset.stored(patchset.module);
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
  const auto found = must(client.catalog(kStable, kBuildId)).levels;
  AvailablePatchset swapped = found[1];
  swapped.manifest = found[0].manifest;
  EXPECT_EQ(code(check_manifest(manifest_of(found[0]), swapped)), "repository.inconsistent");
  EXPECT_EQ(code(client.download(swapped, spool)), "log.not-included");
  swapped = found[1];
  swapped.module = found[0].module;
  EXPECT_EQ(code(check_manifest(manifest_of(swapped), swapped)), "repository.inconsistent");
  EXPECT_EQ(code(client.download(swapped, spool)), "log.not-included");
}

TEST_F(Client, DownloadsTheModulesOfAllEngines) {
  const AvailablePatchset published = must(repository.publish_for_two_engines(2));
  RepositoryClient client = open();
  ASSERT_EQ(code(client.refresh(kNow)), "ok");
  const AvailablePatchset patchset = *must(client.catalog(kStable, kBuildId)).newest();
  EXPECT_EQ(patchset, published);
  ASSERT_EQ(patchset.more_modules.size(), 2u);
  EXPECT_EQ(patchset.more_modules[1].name, "suture.ko");
  // One that is not the catalog's leaves nothing at all.
  for (const RemoteFile& file : patchset.more_modules) {
    keep(patchset.stored(file));
    fetcher.instead[patchset.stored(file)].back() ^= 1;
    EXPECT_EQ(code(client.download(patchset, spool)), "repository.tampered") << file.name;
    EXPECT_TRUE(!fs::exists(spool) || fs::is_empty(spool));
    fetcher.instead.clear();
  }
  const fs::path folder = must(client.download(patchset, spool));
  const PatchsetFiles files = must(read_files(manifest_of(patchset), folder));
  EXPECT_EQ(differing_file(manifest_of(patchset), files), std::nullopt);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder), {}), 4);
}

TEST_F(Client, TheCatalogNamesJustTheManifestsModules) {
  const AvailablePatchset good = must(repository.publish_for_two_engines(2));
  const Patchset manifest = manifest_of(good);
  EXPECT_EQ(code(check_manifest(manifest, good)), "ok");
  for (const auto change : {+[](AvailablePatchset& p) { p.more_modules.pop_back(); },
                            +[](AvailablePatchset& p) { p.more_modules.clear(); },
                            +[](AvailablePatchset& p) { p.more_modules.push_back(p.module); },
                            +[](AvailablePatchset& p) { std::swap(p.module, p.more_modules[0]); },
                            +[](AvailablePatchset& p) { std::swap(p.more_modules[0], p.more_modules[1]); },
                            +[](AvailablePatchset& p) { p.more_modules[0].length++; },
                            +[](AvailablePatchset& p) { p.more_modules[1].sha256 = p.module.sha256; },
                            +[](AvailablePatchset& p) { p.more_modules[1].name = "other.ko"; }}) {
    AvailablePatchset bad = good;
    change(bad);
    EXPECT_EQ(code(check_manifest(manifest, bad)), "repository.inconsistent");
  }
}

TEST_F(Client, FollowsNewRoots) {
  ASSERT_EQ(refresh(), "ok");
  PublisherContext later = repository.context;
  later.now = kNow + std::chrono::days(360);
  ASSERT_TRUE(renew_repository(later));
  RepositoryClient client = must(RepositoryClient::open(state, fetcher));
  ASSERT_EQ(code(client.refresh(later.now)), "ok");
  EXPECT_EQ(client.trusted().root.version, 2);
  EXPECT_EQ(must(RepositoryClient::open(state, fetcher)).trusted().root.version, 2);
}

TEST_F(Client, MendsADamagedCache) {
  const auto look = [&] {
    RepositoryClient client = open();
    must(client.refresh(kNow));
    must(client.check_logged(*must(client.catalog(kStable, kBuildId)).newest()));
  };
  look();
  const std::string bin = test::bin_of() + ".json";
  for (const char* name : {"timestamp.json", "snapshot.json", "targets.json", "root.json",
                           "stable~debian.json", bin.c_str(), "log.json", "log.head", "catalog"}) {
    ASSERT_TRUE(fs::exists(state / name)) << name;
    ASSERT_TRUE(write_file(state / name, "damaged"));
    look();
    EXPECT_NE(must(read_text_file(state / name)), "damaged") << name;
  }
}

}  // namespace
}  // namespace suture
