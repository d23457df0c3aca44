// SPDX-License-Identifier: Apache-2.0
//
// Folders whose owner has put into them what he likes.
#include "audit/files_on_disk.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "running_root.h"

namespace suture {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class FilesOnDiskTest : public RunningRoot {
 protected:
  void SetUp() override {
    RunningRoot::SetUp();
    ASSERT_TRUE(write_file(path("var/lib/dpkg/status"),
                           std::string_view("Package: libexpat1\nSource: expat\nVersion: 2.5.0-1\n")));
    ASSERT_TRUE(
        write_file(path("var/lib/dpkg/info/libexpat1.list"), std::string_view("/usr/lib/libexpat.so.1\n")));
    ASSERT_TRUE(write_file(path("etc/os-release"), std::string_view("ID=debian\nVERSION_ID=12\n")));
    std::filesystem::create_directories(path("opt/app/plugins"));
    build("2.4.0", path("opt/app/plugins/libvendor.so.3"));
  }

  FilesOnDisk search(const std::vector<std::filesystem::path>& folders, const DiskSearchLimits& limits = {},
                     const std::set<std::string>& known = {}) {
    const auto root = RootFolder::open(path(""));
    EXPECT_TRUE(root.has_value());
    auto found = find_files_on_disk(*root, folders, known, nullptr, limits);
    EXPECT_TRUE(found.has_value()) << found.error().message();
    return found ? *std::move(found) : FilesOnDisk{};
  }
};

std::vector<std::string> paths(const FilesOnDisk& found) {
  std::vector<std::string> paths;
  for (const CodeFile& file : found.files) paths.push_back(file.path);
  return paths;
}

TEST_F(FilesOnDiskTest, ProgramsAndLibrariesWithWhatIsInThem) {
  ASSERT_TRUE(write_file(path("opt/app/notes"), std::string_view("expat_2.4.0")));
  ASSERT_TRUE(write_file(path("opt/app/short"), std::string_view("\x7f"
                                                                 "ELF")));
  std::filesystem::create_hard_link(path("opt/app/plugins/libvendor.so.3"), path("opt/app/plugins/second"));
  ASSERT_EQ(
      run({.argv = {"gcc", "-c", "-DVERSION=\"2.4.0\"", path("library.c"), "-o", path("opt/app/part.o")}})
          ->status,
      0);
  const FilesOnDisk found = search({"/opt"});
  EXPECT_THAT(paths(found), ElementsAre("/opt/app/plugins/libvendor.so.3")) << "once, and no object file";
  EXPECT_EQ(found.left_out, 0u);
  EXPECT_EQ(found.files[0].state, CodeState::kOnDisk);
  EXPECT_THAT(found.files[0].build_id, SizeIs(40));
  ASSERT_THAT(found.files[0].embedded, SizeIs(1));
  EXPECT_EQ(found.files[0].embedded[0].version, "2.4.0");
  EXPECT_THAT(paths(search({"/opt/", "/opt/app/plugins", "opt"})), SizeIs(1)) << "each once";
  std::filesystem::remove(path("opt/app/plugins/second"));
  EXPECT_THAT(paths(search({"/opt"}, {}, {"/opt/app/plugins/libvendor.so.3"})), IsEmpty());
}

TEST_F(FilesOnDiskTest, NothingLeadsElsewhere) {
  auto outside = TempDir::make("suture-test");
  ASSERT_TRUE(outside.has_value());
  std::filesystem::copy_file(path("opt/app/plugins/libvendor.so.3"), outside->path() / "libother.so");
  std::filesystem::create_symlink(outside->path() / "libother.so", path("opt/app/libother.so"));
  std::filesystem::create_directory_symlink(outside->path(), path("opt/app/elsewhere"));
  std::filesystem::create_directory_symlink("..", path("opt/app/above"));
  std::filesystem::create_symlink("/opt/app/loop", path("opt/app/loop"));
  ASSERT_EQ(mkfifo(path("opt/app/pipe").c_str(), 0600), 0);
  EXPECT_THAT(paths(search({"/opt"})), ElementsAre("/opt/app/plugins/libvendor.so.3"));
  EXPECT_THAT(paths(search({"/opt/app/above/app"})), SizeIs(1))
      << "the folder that is asked for may be a link";
  const auto root = RootFolder::open(path(""));
  for (const char* folder :
       {"/opt/app/elsewhere", "/absent", "/etc/os-release", "/opt/app/pipe", "/opt/app/loop"}) {
    const auto none = find_files_on_disk(*root, {folder}, {}, nullptr);
    ASSERT_FALSE(none.has_value()) << folder;
    EXPECT_EQ(none.error().code, "audit.folder");
  }
}

TEST_F(FilesOnDiskTest, AllOfItIsBounded) {
  for (const char* name : {"a.so", "b.so", "c.so"})
    std::filesystem::copy_file(path("opt/app/plugins/libvendor.so.3"), path("opt/app/") + name);
  const auto size = std::filesystem::file_size(path("opt/app/a.so"));
  const auto left_out = [&](const DiskSearchLimits& limits, std::size_t files) {
    const FilesOnDisk found = search({"/opt"}, limits);
    EXPECT_THAT(found.files, SizeIs(files));
    return found.left_out;
  };
  EXPECT_EQ(left_out({}, 4), 0u);
  EXPECT_EQ(left_out({.files = 3}, 3), 1u);
  EXPECT_EQ(left_out({.bytes = 2 * size}, 2), 2u);
  EXPECT_EQ(left_out({.file = size - 1}, 0), 4u);
  EXPECT_EQ(left_out({.depth = 1}, 3), 1u) << "the folder below";
  EXPECT_GE(left_out({.names = 2}, 1), 1u);
}

TEST_F(FilesOnDiskTest, WhatIsFoundIsToldAsNotRunning) {
  build("2.5.0", path("usr/lib/libexpat.so.1"));
  std::filesystem::copy_file(path("usr/lib/libexpat.so.1"), path("opt/libexpat.so.1"));
  std::filesystem::copy_file(path("usr/bin/reader"), path("opt/plain"));
  advise("CVE-2022-40674", "2.4.9", "libexpat project", VersionOrder::kOther);
  AuditRequest request{.places = {.root = path("")}, .processes = false, .folders = {"/opt", "/usr"}};
  request.advisories = [this](const std::string& name) -> Result<std::vector<Advisory>> {
    return name == "expat" ? advisories_ : std::vector<Advisory>{};
  };
  const auto result = audit(request, nullptr);
  ASSERT_TRUE(result.has_value()) << result.error().message();
  EXPECT_EQ(result->mapped_files, 0u);
  EXPECT_GE(result->searched, 5u);
  EXPECT_EQ(file_called(*result, "/opt/plain"), nullptr) << "that no package has it is no news";
  EXPECT_EQ(file_called(*result, "/usr/lib/libexpat.so.1"), nullptr) << "a package's own";
  ASSERT_NE(file_called(*result, "/opt/libexpat.so.1"), nullptr);
  EXPECT_EQ(file_called(*result, "/opt/libexpat.so.1")->same_as, "/usr/lib/libexpat.so.1");
  EXPECT_THAT(result->restarts, IsEmpty());
  ASSERT_THAT(result->findings, SizeIs(1));
  EXPECT_EQ(result->findings[0].path, "/opt/app/plugins/libvendor.so.3");
  EXPECT_FALSE(result->findings[0].runs);
  EXPECT_THAT(result->findings[0].judgement.reason, HasSubstr("on disk, not running"));
  ASSERT_THAT(result->steps, SizeIs(1));
  EXPECT_EQ(result->steps[0].how,
            "replace /opt/app/plugins/libvendor.so.3, which has expat 2.4.0 in it (on disk, not running)");

  request.folders = {"/absent"};
  EXPECT_EQ(audit(request, nullptr).error().code, "audit.folder");
}

}  // namespace
}  // namespace suture
