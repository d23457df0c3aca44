// SPDX-License-Identifier: Apache-2.0
//
// Archives as no packager makes them. Whatever they hold, nothing may appear outside of the folder.
#include "target/cpio.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <sstream>

#include "base/file.h"

namespace suture {
namespace {
namespace fs = std::filesystem;

struct Made {
  std::string name{};
  unsigned mode = S_IFREG | 0644;
  std::string data{};
  unsigned inode = 0;
  unsigned links = 1;
};

std::string padded(std::string text) {
  text.resize((text.size() + 3) / 4 * 4);
  return text;
}

std::string entry(const Made& made) {
  const std::string head = fmt::format(
      "070701{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}", made.inode,
      made.mode, 0, 0, made.links, 0, made.data.size(), 0, 0, 0, 0, made.name.size() + 1, 0);
  return padded(head + made.name + '\0') + padded(made.data);
}

std::string archive(const std::vector<Made>& entries) {
  std::string text;
  for (const Made& made : entries) text += entry(made);
  return text + entry({.name = "TRAILER!!!", .mode = 0, .data = {}});
}

class CpioTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(make_directories(root_));
    ASSERT_TRUE(write_file(folder_.path() / "outside", "untouched"));
  }
  std::string code_of(const std::string& bytes, const CpioLimits& limits = {}) const {
    std::istringstream stream(bytes);
    const auto unpacked = unpack_cpio(stream, root_, limits);
    EXPECT_EQ(*read_text_file(folder_.path() / "outside"), "untouched");
    EXPECT_EQ(std::distance(fs::directory_iterator(folder_.path()), {}), 2) << "something else appeared";
    return unpacked ? "" : unpacked.error().code;
  }
  std::string code_of(const std::vector<Made>& entries) const { return code_of(archive(entries)); }
  std::string content(const fs::path& path) const { return read_text_file(root_ / path).value_or("?"); }

  TempDir folder_ = *TempDir::make("suture-test");
  fs::path root_ = folder_.path() / "root";
};

TEST_F(CpioTest, FilesFoldersAndLinksAreMade) {
  EXPECT_EQ(code_of({{"./usr", S_IFDIR | 0700, ""},
                     {"./usr/bin/tool", S_IFREG | S_ISUID | 0775, "#!/bin/sh"},
                     {"./usr/empty", S_IFREG | 0600, ""},
                     {"lib/modules/r/kernel/a.ko", S_IFREG | 0644, "12345"},
                     {"./usr/link", S_IFLNK | 0777, "../lib/modules"}}),
            "");
  EXPECT_EQ(content("usr/bin/tool"), "#!/bin/sh");
  EXPECT_EQ(fs::status(root_ / "usr/bin/tool").permissions(), fs::perms(0755)) << "no set-user-id";
  EXPECT_EQ(content("usr/empty"), "");
  EXPECT_EQ(content("usr/link/r/kernel/a.ko"), "12345");
}

TEST_F(CpioTest, TheDataOfFilesWithSeveralNamesComesLast) {
  EXPECT_EQ(code_of({{"a", S_IFREG | 0644, "", 7, 3},
                     {"b", S_IFREG | 0644, "", 7, 3},
                     {"other", S_IFREG | 0644, "", 8, 2},
                     {"c", S_IFREG | 0644, "data", 7, 3}}),
            "");
  for (const char* name : {"a", "b", "c"}) EXPECT_EQ(content(name), "data");
  EXPECT_EQ(content("other"), "");
}

TEST_F(CpioTest, PathsThatLeadOutAreRefused) {
  for (const char* name : {"/etc/passwd", "../outside", "a/../../outside", "..", "a/..", "./../outside"}) {
    EXPECT_EQ(code_of({{name, S_IFREG | 0644, "x"}}), "target.package-unsafe") << name;
    EXPECT_EQ(code_of({{name, S_IFDIR | 0755, ""}}), "target.package-unsafe") << name;
    EXPECT_EQ(code_of({{name, S_IFLNK | 0777, "x"}}), "target.package-unsafe") << name;
  }
}

TEST_F(CpioTest, NamesThatPlayTricksOnTerminalsAndListsAreRefused) {
  for (const std::string& name : {std::string("a\nb"), std::string("a\x1b[2J"), std::string("a\0b", 3)})
    EXPECT_EQ(code_of({{name, S_IFREG | 0644, "x"}}), "target.package-unsafe");
  std::istringstream stream(archive({{"a\nb", S_IFREG | 0644, "x"}}));
  EXPECT_EQ(unpack_cpio(stream, root_).error().what, "unpack \"a?b\"");
}

TEST_F(CpioTest, LinksThatLeadOutAreLeftOut) {
  EXPECT_EQ(code_of({{"lib/modules/r/build", S_IFLNK | 0777, "/usr/src/kernels/r"},
                     {"up", S_IFLNK | 0777, ".."},
                     {"lib/up", S_IFLNK | 0777, "../.."},
                     {"lib/tricky", S_IFLNK | 0777, "modules/../../.."}}),
            "");
  for (const char* link : {"lib/modules/r/build", "up", "lib/up", "lib/tricky"})
    EXPECT_FALSE(fs::is_symlink(root_ / link)) << link;
}

TEST_F(CpioTest, NothingIsWrittenThroughALink) {
  // One that stays inside is made, and still is no folder.
  EXPECT_EQ(code_of({{"real", S_IFDIR | 0755, ""},
                     {"link", S_IFLNK | 0777, "real"},
                     {"link/file", S_IFREG | 0644, "x"}}),
            "target.package-unsafe");
  EXPECT_FALSE(fs::exists(root_ / "real/file"));
  fs::create_symlink(folder_.path(), root_ / "old");
  EXPECT_EQ(code_of({{"old/outside", S_IFREG | 0644, "x"}}), "target.package-unsafe");
  fs::create_symlink("../outside", root_ / "file");
  EXPECT_EQ(code_of({{"file", S_IFREG | 0644, "x"}}), "") << "the link itself is replaced";
  EXPECT_EQ(content("file"), "x");
}

TEST_F(CpioTest, HardLinksDoNotReachOutEither) {
  EXPECT_EQ(code_of({{"../outside", S_IFREG | 0644, "", 7, 2}, {"b", S_IFREG | 0644, "x", 7, 2}}),
            "target.package-unsafe");
  fs::create_symlink(folder_.path(), root_ / "old");
  EXPECT_EQ(code_of({{"old/outside", S_IFREG | 0644, "", 7, 2}, {"b", S_IFREG | 0644, "x", 7, 2}}),
            "target.package-unsafe");
}

TEST_F(CpioTest, DevicesAndTheLikeAreRefused) {
  for (const int type : {S_IFCHR, S_IFBLK, S_IFIFO, S_IFSOCK, 0, S_IFMT})
    EXPECT_EQ(code_of({{"node", static_cast<unsigned>(type | 0644), ""}}), "target.package-unsafe") << type;
  EXPECT_FALSE(fs::exists(fs::symlink_status(root_ / "node")));
}

TEST_F(CpioTest, FilesAndFoldersDoNotReplaceEachOther) {
  EXPECT_EQ(code_of({{"a", S_IFREG | 0644, "x"}, {"a/b", S_IFREG | 0644, "x"}}), "target.package-unsafe");
  EXPECT_EQ(code_of({{"d", S_IFDIR | 0755, ""}, {"d", S_IFREG | 0644, "x"}}), "target.package-unsafe");
  EXPECT_EQ(code_of({{".", S_IFREG | 0644, "x"}}), "target.package-unsafe");
  EXPECT_EQ(code_of({{".", S_IFDIR | 0755, ""}}), "");
}

TEST_F(CpioTest, SizeAndNumberAreBounded) {
  const std::string bytes = archive({{"a", S_IFREG | 0644, "12345"}, {"b", S_IFREG | 0644, "67890"}});
  EXPECT_EQ(code_of(bytes, {.bytes = 10, .entries = 2}), "");
  EXPECT_EQ(code_of(bytes, {.bytes = 9, .entries = 2}), "target.package-too-large");
  EXPECT_EQ(code_of(bytes, {.bytes = 10, .entries = 1}), "target.package-too-large");
  // A size that is not there must not be believed either.
  std::string huge = archive({{"a", S_IFREG | 0644, ""}});
  huge.replace(6 + 6 * 8, 8, "ffffffff");
  EXPECT_EQ(code_of(huge), "target.package-damaged");
  EXPECT_LE(fs::file_size(root_ / "a"), huge.size());
}

TEST_F(CpioTest, DamageIsFoundWhereverItIs) {
  const std::string whole =
      archive({{"a", S_IFREG | 0644, "12345"}, {"l", S_IFLNK | 0777, "a"}, {"d", S_IFDIR | 0755, ""}});
  for (std::size_t size = 0; size < whole.size(); ++size)
    ASSERT_EQ(code_of(whole.substr(0, size)), "target.package-damaged") << size;
  EXPECT_EQ(code_of(std::string("070707") + whole.substr(6)), "target.package-damaged");
  std::string text = whole;
  text[20] = 'z';
  EXPECT_EQ(code_of(text), "target.package-damaged");
  text = whole;
  text.replace(6 + 11 * 8, 8, "ffffffff");
  EXPECT_EQ(code_of(text), "target.package-damaged") << "a name without end";
  EXPECT_EQ(code_of({{"l", S_IFLNK | 0777, ""}}), "target.package-damaged");
  EXPECT_EQ(code_of({{"d", S_IFDIR | 0755, "data"}}), "target.package-damaged");
}

TEST(LinkStaysInside, OnlyUpThenDown) {
  EXPECT_TRUE(link_stays_inside("a/b/c", "../../x/y"));
  EXPECT_TRUE(link_stays_inside("a", "b/c"));
  EXPECT_TRUE(link_stays_inside("a/b", "./../c"));
  EXPECT_TRUE(link_stays_inside("a/b", ".."));
  EXPECT_FALSE(link_stays_inside("a", ".."));
  EXPECT_FALSE(link_stays_inside("a/b", "../.."));
  EXPECT_FALSE(link_stays_inside("a/b", "c/../d"));
  EXPECT_FALSE(link_stays_inside("a/b", "/etc"));
}

}  // namespace
}  // namespace suture
