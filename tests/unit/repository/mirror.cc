// SPDX-License-Identifier: Apache-2.0
//
// Copies of a repository: whole, verified, and never older than they were.
#include "repository/mirror.h"

#include "make.h"
#include "repository/client.h"
#include "repository/role_keys.h"

namespace suture {
namespace {

namespace fs = std::filesystem;
using test::code;
using test::kBuildId;
using test::kNow;
using test::kStable;
using test::must;

class MirrorTest : public testing::Test {
 protected:
  MirrorTest() { published = must(repository.publish(1)); }
  Result<MirrorReport> copy() {
    return mirror_repository(source, folder, repository.metadata("1.root.json"), kNow);
  }
  /// The newest level that a host finds in the copy; 0 when it is of no use.
  std::uint32_t level() const {
    FolderFetcher fetcher(folder);
    const TempDir state = test::scratch();
    RepositoryClient client =
        must(RepositoryClient::open(state.path(), fetcher, repository.metadata("1.root.json")));
    if (!client.refresh(kNow)) return 0;
    const Catalog catalog = must(client.catalog(kStable, kBuildId));
    must(client.download(*catalog.newest(), state.path() / "spool"));
    return catalog.newest()->level;
  }
  Bytes file(const std::string& path) const { return must(read_file(repository.context.repository / path)); }

  test::Repository repository;
  AvailablePatchset published;
  test::Mirror source = repository.mirror();
  fs::path folder = repository.folder.path() / "mirror";
};

TEST_F(MirrorTest, IsWholeAndFollows) {
  const MirrorReport first = must(copy());
  EXPECT_EQ(first.written, first.walk.files);
  EXPECT_EQ(level(), 1u);
  must(repository.publish(2));
  const MirrorReport second = must(copy());
  EXPECT_GT(second.written, 0u);
  EXPECT_LT(second.written, second.walk.files);
  EXPECT_EQ(level(), 2u);
  EXPECT_EQ(must(copy()).written, 0u);
}

TEST_F(MirrorTest, FetchesNothingLargeTwice) {
  must(copy());
  source.fetched.clear();
  must(copy());
  EXPECT_EQ(
      std::ranges::count_if(source.fetched, [](const auto& path) { return path.starts_with("patchsets/"); }),
      0);
}

TEST_F(MirrorTest, CanBeMirroredItself) {
  must(copy());
  FolderFetcher first(folder);
  must(mirror_repository(first, repository.folder.path() / "second", repository.metadata("1.root.json"),
                         kNow));
  folder = repository.folder.path() / "second";
  EXPECT_EQ(level(), 1u);
}

TEST_F(MirrorTest, HasTheWholeChainOfRoots) {
  must(copy());
  must(rotate_role(repository.context, "root"));
  must(rotate_role(repository.context, "timestamp"));
  must(copy());
  for (const char* root : {"1.root.json", "2.root.json", "3.root.json"}) {
    EXPECT_TRUE(fs::exists(folder / "metadata" / root)) << root;
  }
  EXPECT_EQ(level(), 1u);
}

TEST_F(MirrorTest, NeedsARootToBeginWith) {
  EXPECT_EQ(code(mirror_repository(source, folder, {}, kNow)), "repository.no-root");
  must(copy());
  EXPECT_EQ(code(mirror_repository(source, folder, {}, kNow)), "ok");
}

TEST_F(MirrorTest, NeverGoesBack) {
  const fs::path old = repository.folder.path() / "old";
  fs::copy(repository.context.repository, old, fs::copy_options::recursive);
  must(repository.publish(2));
  must(copy());
  source = test::Mirror(old);
  EXPECT_EQ(code(copy()), "repository.rollback");
  EXPECT_EQ(level(), 2u);
}

TEST_F(MirrorTest, HealsADamagedFile) {
  must(copy());
  std::vector<fs::path> all;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const bool hidden = fs::relative(entry.path(), folder).string().front() == '.';
    if (entry.is_regular_file() && !hidden) all.push_back(entry.path());
  }
  for (const fs::path& path : all) {
    const Bytes good = must(read_file(path));
    must(write_file(path, std::string_view("damaged")));
    ASSERT_EQ(code(copy()), "ok") << path;
    EXPECT_EQ(must(read_file(path)), good) << path;
  }
}

TEST_F(MirrorTest, RefusesATamperedFileAndShowsNothingOfIt) {
  must(copy());
  const fs::path before = repository.folder.path() / "before";
  fs::copy(folder, before, fs::copy_options::recursive);
  const AvailablePatchset second = must(repository.publish(2));
  for (const std::string& path :
       {second.stored(second.module), second.stored(second.manifest), second.stored(*second.statement),
        repository.document("log"), repository.document(test::bin_of()),
        std::string("log/tile/entries/000.p/2")}) {
    source.instead = {{path, file(path)}};
    source.instead[path].back() ^= 1;
    EXPECT_NE(code(copy()), "ok") << path;
    EXPECT_EQ(level(), 1u) << path;
    fs::remove_all(folder);
    fs::copy(before, folder, fs::copy_options::recursive);
  }
  source.instead.clear();
  must(copy());
  EXPECT_EQ(level(), 2u);
}

TEST_F(MirrorTest, HasTheModulesOfAllEngines) {
  const AvailablePatchset second = must(repository.publish_for_two_engines(2));
  for (const RemoteFile& module : second.more_modules) {
    const std::string path = second.stored(module);
    source.instead = {{path, file(path)}};
    source.instead[path].back() ^= 1;
    EXPECT_EQ(code(copy()), "repository.tampered") << path;
  }
  source.instead.clear();
  must(copy());
  EXPECT_EQ(level(), 2u);
  for (const RemoteFile& module : second.files())
    EXPECT_EQ(must(read_file(folder / second.stored(module))), file(second.stored(module))) << module.name;
}

TEST_F(MirrorTest, RefusesAForkedLog) {
  must(copy());
  const fs::path old = repository.folder.path() / "old";
  fs::copy(folder, old, fs::copy_options::recursive);
  const MirrorReport before = must(copy());
  must(repository.publish(2));
  const MirrorReport after = must(copy());
  EXPECT_EQ(code(check_older_head(source, before.walk.log.value(), after.walk.log.value())), "ok");
  LogHead other = before.walk.log.value();
  other.root[0] ^= 1;
  EXPECT_EQ(code(check_older_head(source, other, after.walk.log.value())), "log.inconsistent");
  EXPECT_EQ(code(check_older_head(source, after.walk.log.value(), before.walk.log.value())),
            "log.inconsistent");
}

TEST_F(MirrorTest, VerifyingNamesWhatIsWrong) {
  const auto verified = [&] {
    return code(verify_repository(source, repository.metadata("1.root.json"), kNow));
  };
  EXPECT_EQ(verified(), "ok");
  source.instead[published.stored(*published.statement)] = test::bytes_of("x");
  EXPECT_EQ(verified(), "repository.tampered");
  source.instead.clear();
  source.instead[repository.document("targets")] = {};
  EXPECT_EQ(verified(), "repository.mix-and-match");
}

}  // namespace
}  // namespace suture
