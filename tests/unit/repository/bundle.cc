// SPDX-License-Identifier: Apache-2.0
//
// A repository in one file: what it carries into an isolated network, and what it must not.
#include "repository/bundle.h"

#include <archive.h>
#include <archive_entry.h>

#include <cstring>

#include "make.h"
#include "repository/client.h"

namespace suture {
namespace {

namespace fs = std::filesystem;
using test::code;
using test::kBuildId;
using test::kNow;
using test::kStable;
using test::must;

class Bundle : public testing::Test {
 protected:
  Bundle() { must(repository.publish(1)); }
  BundleReport pack(const fs::path& to, const fs::path& since = {}) {
    return must(export_bundle(repository.context.repository, to, since, kNow));
  }
  std::string import(const fs::path& bundle) {
    return code(import_bundle(bundle, inside, repository.metadata("1.root.json"), kNow));
  }
  std::uint32_t level() const {
    FolderFetcher fetcher(inside);
    const TempDir state = test::scratch();
    RepositoryClient client =
        must(RepositoryClient::open(state.path(), fetcher, repository.metadata("1.root.json")));
    must(client.refresh(kNow));
    const Catalog catalog = must(client.catalog(kStable, kBuildId));
    must(client.download(*catalog.newest(), state.path() / "spool"));
    return catalog.newest()->level;
  }

  test::Repository repository;
  fs::path first = repository.folder.path() / "first.tar.zst";
  fs::path second = repository.folder.path() / "second.tar.zst";
  fs::path inside = repository.folder.path() / "inside";
};

TEST_F(Bundle, CarriesAWholeRepository) {
  const BundleReport report = pack(first);
  EXPECT_EQ(report.files, report.listed);
  EXPECT_EQ(report.size, fs::file_size(first));
  EXPECT_EQ(listed_in(first)->size(), report.listed);
  ASSERT_EQ(import(first), "ok");
  EXPECT_EQ(level(), 1u);
  for (const auto& entry : fs::directory_iterator(inside)) {
    EXPECT_FALSE(entry.path().filename().string().starts_with(".import")) << entry.path();
  }
}

TEST_F(Bundle, CarriesOnlyWhatIsNew) {
  pack(first);
  must(repository.publish(2));
  const BundleReport report = pack(second, first);
  EXPECT_LT(report.files, report.listed);
  EXPECT_EQ(import(second), "repository.absent");
  ASSERT_EQ(import(first), "ok");
  ASSERT_EQ(import(second), "ok");
  EXPECT_EQ(level(), 2u);
}

TEST_F(Bundle, DoesNotBringBackWhatWas) {
  pack(first);
  must(repository.publish(2));
  pack(second);
  ASSERT_EQ(import(second), "ok");
  EXPECT_EQ(import(first), "repository.rollback");
  EXPECT_EQ(level(), 2u);
}

TEST_F(Bundle, ThatIsCutOffIsRefusedAndChangesNothing) {
  pack(first);
  ASSERT_EQ(import(first), "ok");
  must(repository.publish(2));
  pack(second);
  const Bytes whole = must(read_file(second));
  for (std::size_t length = 0; length < whole.size(); length += whole.size() / 40) {
    must(write_file(second, ByteView(whole).first(length)));
    EXPECT_NE(import(second), "ok") << length;
  }
  EXPECT_EQ(level(), 1u);
  must(write_file(second, whole));
  EXPECT_EQ(import(second), "ok");
}

TEST_F(Bundle, OfAnotherOwnerIsRefused) {
  const test::Repository theirs;
  must(theirs.publish(9));
  must(export_bundle(theirs.context.repository, first, {}, kNow));
  EXPECT_EQ(import(first), "repository.bad-signature");
}

TEST_F(Bundle, BringsTheModulesOfAllEngines) {
  const AvailablePatchset published = must(repository.publish_for_two_engines(2));
  must(export_bundle(repository.context.repository, first, {}, kNow));
  ASSERT_EQ(import(first), "ok");
  for (const RemoteFile& file : published.files())
    EXPECT_TRUE(fs::exists(inside / published.stored(file))) << file.name;
}

TEST_F(Bundle, OfATamperedRepositoryIsNotMade) {
  const AvailablePatchset published = must(repository.publish(2));
  must(write_file(repository.context.repository / published.stored(published.module), std::string_view("x")));
  EXPECT_EQ(code(export_bundle(repository.context.repository, first, {}, kNow)), "repository.tampered");
  EXPECT_FALSE(fs::exists(first));
}

/// One member more than the list, made as an attacker would.
class Unpacking : public testing::Test {
 protected:
  struct Member {
    std::string path;
    unsigned type = AE_IFREG;
    std::string link{};  ///< symbolic
    std::string hardlink{};
  };
  std::string unpack(const std::vector<Member>& members) {
    const fs::path bundle = folder.path() / "bundle";
    archive* out = archive_write_new();
    archive_write_set_format_pax_restricted(out);
    archive_write_add_filter_zstd(out);
    archive_write_open_filename(out, bundle.c_str());
    for (const Member& member : members) {
      archive_entry* entry = archive_entry_new();
      const bool regular = member.type == AE_IFREG && member.hardlink.empty();
      archive_entry_set_pathname(entry, member.path.c_str());
      archive_entry_set_filetype(entry, member.type);
      archive_entry_set_perm(entry, 0644);
      archive_entry_set_size(entry, regular ? 1 : 0);
      if (!member.link.empty()) archive_entry_set_symlink(entry, member.link.c_str());
      if (!member.hardlink.empty()) archive_entry_set_hardlink(entry, member.hardlink.c_str());
      EXPECT_EQ(archive_write_header(out, entry), ARCHIVE_OK) << member.path;
      if (regular) archive_write_data(out, "x", 1);
      archive_entry_free(entry);
    }
    archive_write_close(out);
    archive_write_free(out);
    fs::remove_all(inside.parent_path());
    must(make_directories(inside));
    return code(unpack_bundle(bundle, inside));
  }
  std::size_t written() const {
    return static_cast<std::size_t>(
               std::distance(fs::recursive_directory_iterator(inside.parent_path()), {})) -
           1;
  }

  TempDir folder = test::scratch();
  fs::path inside = folder.path() / "parent/inside";
};

TEST_F(Unpacking, TakesPlainFilesInTheRepositorysFolders) {
  EXPECT_EQ(
      unpack({{"bundle.json"}, {"metadata/1.root.json"}, {"log/tile/0/000.p/1"}, {"patchsets/ab/000001/x"}}),
      "ok");
  EXPECT_TRUE(fs::exists(inside / "log/tile/0/000.p/1"));
}

TEST_F(Unpacking, RefusesPathsThatLeadElsewhere) {
  for (const std::string& path :
       {std::string("../x"), std::string("metadata/../../x"), std::string("metadata/.."),
        std::string("/etc/passwd"), (folder.path() / "x").string(), std::string("x"),
        std::string("metadatax/y"), std::string("metadata/.x"), std::string("metadata//x"),
        std::string(".mirror/root.json"), std::string(".lock"), std::string("metadata/a\\b"),
        std::string("metadata/a b"), "metadata/" + std::string(2000, 'x')}) {
    EXPECT_EQ(unpack({{path}}), "bundle.malformed") << path;
    EXPECT_EQ(written(), 0u) << path;
    EXPECT_FALSE(fs::exists(folder.path() / "x"));
  }
}

TEST_F(Unpacking, RefusesAllButPlainFiles) {
  EXPECT_EQ(unpack({{"metadata/x", AE_IFLNK, "/etc/passwd"}}), "bundle.malformed");
  EXPECT_EQ(unpack({{"metadata", AE_IFLNK, "/tmp"}, {"metadata/x"}}), "bundle.malformed");
  EXPECT_EQ(unpack({{"metadata/y"}, {"metadata/x", AE_IFREG, "", "metadata/y"}}), "bundle.malformed");
  EXPECT_EQ(unpack({{"metadata/x", AE_IFREG, "", "/etc/passwd"}}), "bundle.malformed");
  EXPECT_EQ(unpack({{"metadata/x", AE_IFIFO}}), "bundle.malformed");
  EXPECT_EQ(unpack({{"metadata/x", AE_IFCHR}}), "bundle.malformed");
  EXPECT_EQ(unpack({{"metadata/", AE_IFDIR}}), "bundle.malformed");
}

// A header of eight exabytes costs no more than the file that it is in.
TEST_F(Unpacking, AHugeSizeInAHeaderCostsNothing) {
  std::string tar(512, '\0');
  const auto put = [&](std::size_t at, std::string_view text) {
    std::ranges::copy(text, tar.begin() + static_cast<std::ptrdiff_t>(at));
  };
  put(0, "metadata/1.root.json");
  put(100, "0000644");
  put(108, "0000000");
  put(116, "0000000");
  // Base 256, as GNU tar writes what does not fit eleven octal digits.
  tar[124] = '\x80';
  for (std::size_t i = 128; i < 136; i++) tar[i] = '\x7f';
  put(136, "00000000000");
  tar[156] = '0';
  put(257, std::string_view("ustar\00000", 8));
  put(148, "        ");
  unsigned sum = 0;
  for (const char c : tar) sum += static_cast<unsigned char>(c);
  char digits[8];
  std::snprintf(digits, sizeof digits, "%06o", sum);
  put(148, std::string_view(digits, 7));
  must(write_file(folder.path() / "bundle", tar + std::string(1024, 'x')));
  must(make_directories(inside));
  EXPECT_EQ(code(unpack_bundle(folder.path() / "bundle", inside)), "bundle.malformed");
  EXPECT_EQ(written(), 0u);
}

TEST_F(Unpacking, RefusesWhatIsNoBundle) {
  must(make_directories(inside));
  for (const std::string& text :
       {std::string(), std::string("x"), std::string(100'000, 'x'), std::string(10'240, '\0')}) {
    must(write_file(folder.path() / "bundle", text));
    EXPECT_EQ(code(listed_in(folder.path() / "bundle")), "bundle.malformed") << text.size();
  }
  EXPECT_EQ(code(listed_in(folder.path() / "absent")), "bundle.malformed");
}

}  // namespace
}  // namespace suture
