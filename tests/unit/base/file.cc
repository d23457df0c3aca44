// SPDX-License-Identifier: Apache-2.0
#include "base/file.h"

#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <optional>
#include <thread>

#include "base/unfinished.h"

namespace suture {
namespace {
namespace fs = std::filesystem;

class FileTest : public testing::Test {
 protected:
  fs::path path(const char* name) const { return folder_.path() / name; }
  std::size_t entries() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder_.path()), {}));
  }
  TempDir folder_ = *TempDir::make("suture-test");
};

TEST_F(FileTest, WrittenBytesAreReadBack) {
  const Bytes bytes{0, 1, 255, 10};
  ASSERT_TRUE(write_file(path("deep/er/file"), bytes));
  EXPECT_EQ(*read_file(path("deep/er/file")), bytes);
}

TEST_F(FileTest, AnEmptyFileIsReadAsEmpty) {
  ASSERT_TRUE(write_file(path("empty"), ""));
  EXPECT_EQ(*read_text_file(path("empty")), "");
}

TEST_F(FileTest, FilesWithoutASizeAreReadWhole) {
  const auto status = read_text_file("/proc/self/status");
  ASSERT_TRUE(status) << status.error().message();
  EXPECT_TRUE(status->contains("VmPeak"));
}

TEST_F(FileTest, TheLimitIsInclusive) {
  ASSERT_TRUE(write_file(path("four"), "four"));
  EXPECT_EQ(read_file(path("four"), 4)->size(), 4u);
  EXPECT_EQ(read_file(path("four"), 3).error().code, "file.too-large");
  EXPECT_EQ(read_file("/dev/zero", 100000).error().code, "file.too-large");
}

TEST_F(FileTest, ACopyHasTheBytesOfTheFile) {
  ASSERT_TRUE(write_file(path("four"), "four"));
  const auto copy = FileCopy::read(path("four"), 4);
  ASSERT_TRUE(copy) << copy.error().message();
  ASSERT_TRUE(write_file(path("four"), "else"));
  EXPECT_EQ(as_text(copy->bytes()), "four");
  ASSERT_TRUE(write_file(path("empty"), ""));
  EXPECT_TRUE(FileCopy::read(path("empty"))->bytes().empty());
  EXPECT_EQ(FileCopy::read(path("four"), 3).error().code, "file.too-large");
  EXPECT_EQ(FileCopy::read(path("missing")).error().code, "file.unreadable");
  EXPECT_EQ(FileCopy::read(folder_.path()).error().code, "file.unreadable");
}

TEST_F(FileTest, AMissingFileIsNamed) {
  const auto read = read_file(path("missing"));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, "file.unreadable");
  EXPECT_EQ(read.error().what, "read " + path("missing").string());
  EXPECT_EQ(read.error().why, "No such file or directory");
}

TEST_F(FileTest, AFolderIsNoFile) {
  EXPECT_EQ(read_file(folder_.path()).error().code, "file.unreadable");
  ASSERT_TRUE(make_directories(path("folder")));
  EXPECT_EQ(write_file(path("folder"), "text").error().code, "file.unwritable");
  EXPECT_EQ(entries(), 1u) << "the unfinished file was left behind";
}

TEST_F(FileTest, AFileInTheWayOfAFolderIsAnError) {
  ASSERT_TRUE(write_file(path("file"), "text"));
  EXPECT_EQ(make_directories(path("file/folder")).error().code, "file.unwritable");
  EXPECT_EQ(write_file(path("file/below"), "text").error().code, "file.unwritable");
}

TEST_F(FileTest, TheModeIsSetWhateverTheUmask) {
  const mode_t before = ::umask(077);
  ASSERT_TRUE(write_file(path("public"), "text", 0644));
  ASSERT_TRUE(write_file(path("secret"), "text", 0600));
  ::umask(before);
  EXPECT_EQ(fs::status(path("public")).permissions(), fs::perms(0644));
  EXPECT_EQ(fs::status(path("secret")).permissions(), fs::perms(0600));
}

TEST_F(FileTest, AReaderSeesOneVersionOrTheOther) {
  const std::string a(100000, 'a');
  const std::string b(150000, 'b');
  ASSERT_TRUE(write_file(path("file"), a));
  std::atomic<bool> done = false;
  std::thread writer([&] {
    for (int i = 0; i < 20; ++i) EXPECT_TRUE(write_file(path("file"), i % 2 == 0 ? b : a));
    done = true;
  });
  while (!done) {
    const auto text = read_text_file(path("file"));
    ASSERT_TRUE(text);
    ASSERT_TRUE(*text == a || *text == b) << "a mixture of " << text->size() << " bytes";
  }
  writer.join();
  EXPECT_EQ(entries(), 1u);
}

TEST_F(FileTest, AFullDiskKeepsTheOldFile) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root may mount a small file system";
  ASSERT_TRUE(make_directories(path("small")));
  if (::mount("tmpfs", path("small").c_str(), "tmpfs", 0, "size=64k") != 0)
    GTEST_SKIP() << "mount is forbidden";
  ASSERT_TRUE(write_file(path("small/file"), "old"));
  const auto written = write_file(path("small/file"), std::string(1 << 20, 'x'));
  const auto kept = read_text_file(path("small/file"));
  const auto left = std::distance(fs::directory_iterator(path("small")), {});
  ::umount(path("small").c_str());
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, "file.unwritable");
  EXPECT_EQ(written.error().why, "No space left on device");
  EXPECT_FALSE(written.error().hint.empty());
  EXPECT_EQ(*kept, "old");
  EXPECT_EQ(left, 1) << "the unfinished file was left behind";
}

TEST_F(FileTest, WhatAKilledWriterLeftGoesAndNothingElse) {
  const pid_t writer = ::fork();
  if (writer == 0) {
    // Killed by its own kernel while it writes: a file may not be larger than this.
    const struct rlimit small = {16, 16};
    ::setrlimit(RLIMIT_FSIZE, &small);
    static_cast<void>(write_file(path("state.json"), std::string(100, 'x')));
    ::_exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(writer, &status, 0), writer);
  ASSERT_TRUE(WIFSIGNALED(status)) << "it lived on";
  ASSERT_EQ(entries(), 1u) << "it left nothing";
  ASSERT_TRUE(write_file(path("state.json"), "text"));
  ASSERT_TRUE(write_file(path("state.json.backup"), "an administrator's"));
  remove_unfinished(folder_.path());
  EXPECT_EQ(entries(), 2u);
  EXPECT_TRUE(fs::exists(path("state.json")));
  EXPECT_TRUE(fs::exists(path("state.json.backup")));
  remove_unfinished(path("nowhere"));
}

TEST_F(FileTest, ATempDirGoesWithItsOwner) {
  fs::path where;
  {
    const auto dir = TempDir::make("x", folder_.path());
    ASSERT_TRUE(dir);
    where = dir->path();
    ASSERT_TRUE(write_file(where / "a/b/c", "text"));
  }
  EXPECT_FALSE(fs::exists(where));
}

TEST_F(FileTest, AnAssignedTempDirDropsItsOldFolder) {
  TempDir first = *TempDir::make("first", folder_.path());
  const fs::path old = first.path();
  first = *TempDir::make("second", folder_.path());
  EXPECT_FALSE(fs::exists(old));
  EXPECT_TRUE(fs::exists(first.path()));
}

TEST_F(FileTest, AMovedTempDirStays) {
  {
    TempDir dir = *TempDir::make("x", folder_.path());
    ASSERT_TRUE(write_file(dir.path() / "file", "text"));
    ASSERT_TRUE(dir.move_to(path("final")));
  }
  EXPECT_EQ(*read_text_file(path("final/file")), "text");
}

TEST_F(FileTest, ATempDirDoesNotReplaceAFullFolder) {
  ASSERT_TRUE(write_file(path("final/file"), "old"));
  TempDir dir = *TempDir::make("x", folder_.path());
  ASSERT_TRUE(write_file(dir.path() / "file", "new"));
  EXPECT_EQ(dir.move_to(path("final")).error().code, "file.unwritable");
  EXPECT_EQ(*read_text_file(path("final/file")), "old");
}

// A lock belongs to what open(2) made, so two of one process keep each other out as well.
TEST_F(FileTest, ALockKeepsOthersOut) {
  std::optional<FileLock> lock = *FileLock::acquire(path("deep/lock"));
  std::atomic<bool> got = false;
  std::thread other([&] {
    const auto mine = FileLock::acquire(path("deep/lock"));
    EXPECT_TRUE(mine);
    got = true;
  });
  ::usleep(50000);
  EXPECT_FALSE(got);
  lock.reset();
  other.join();
  EXPECT_TRUE(got);
}

}  // namespace
}  // namespace suture
