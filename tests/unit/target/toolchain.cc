// SPDX-License-Identifier: Apache-2.0
#include "target/toolchain.h"

#include <gtest/gtest.h>

#include "base/file.h"

namespace suture {
namespace {

/// A folder that looks like a system with a compiler which says that of itself.
class BuildRoots : public testing::Test {
 protected:
  BuildRoots() : folder_(*TempDir::make("suture-test")) {
    target_.compiler = "suture-no-such-gcc";
    target_.compiler_version = "suture-no-such-gcc (Debian 1.2-3) 1.2";
    target_.build_root = folder_.path() / "root";
  }

  /// Its programs are the machine's own; only the compiler is not.
  void make_root(const std::string& says) {
    const auto& root = target_.build_root;
    ASSERT_TRUE(make_directories(root / "usr/bin").has_value());
    for (const char* name : {"lib", "lib64"}) {
      std::filesystem::create_symlink(std::string("usr/") + name, root / name);
      std::filesystem::create_symlink(std::string("/usr/") + name, root / "usr" / name);
    }
    ASSERT_TRUE(run_ok({.argv = {"cp", "/bin/busybox", (root / "usr/bin/sh").string()}}).has_value());
    std::filesystem::create_symlink("usr/bin", root / "bin");
    const auto compiler = root / "usr/bin/suture-no-such-gcc";
    ASSERT_TRUE(write_file(compiler, "#!/bin/sh\necho '" + says + "'\n").has_value());
    std::filesystem::permissions(compiler, std::filesystem::perms(0755));
  }

  Finished in_root(const std::string& script, const BuildRootAccess& access = {}) {
    const auto toolchain = Toolchain::of(target_);
    EXPECT_TRUE(toolchain.has_value()) << toolchain.error().message();
    const auto finished = run(toolchain->command(
        {.argv = {"sh", "-c", script}, .directory = "/", .environment = {{"LC_ALL", "C"}}}, access));
    EXPECT_TRUE(finished.has_value());
    return *finished;
  }

  TempDir folder_;
  Target target_;
};

TEST_F(BuildRoots, AreNotNeededWhereTheMachineHasTheCompiler) {
  const auto version = run_ok({.argv = {"gcc", "--version"}});
  ASSERT_TRUE(version.has_value());
  target_.compiler = "gcc";
  target_.compiler_version = version->out.substr(0, version->out.find('\n'));
  const auto toolchain = Toolchain::of(target_);
  ASSERT_TRUE(toolchain.has_value()) << toolchain.error().message();
  EXPECT_TRUE(toolchain->root().empty());
  EXPECT_EQ(toolchain->command({.argv = {"gcc", "x.c"}}, {}).argv, (std::vector<std::string>{"gcc", "x.c"}));
}

TEST_F(BuildRoots, AreTakenWhenTheirCompilerIsTheOne) {
  make_root(target_.compiler_version);
  const auto toolchain = Toolchain::of(target_);
  ASSERT_TRUE(toolchain.has_value()) << toolchain.error().message();
  EXPECT_EQ(toolchain->root(), target_.build_root);
}

TEST_F(BuildRoots, AreRefusedWithAnotherCompiler) {
  EXPECT_EQ(Toolchain::of(target_).error().code, "target.compiler-missing");
  make_root("suture-no-such-gcc (Debian 1.2-4) 1.2");
  const auto toolchain = Toolchain::of(target_);
  ASSERT_FALSE(toolchain.has_value());
  EXPECT_EQ(toolchain.error().code, "target.compiler-differs");
  EXPECT_TRUE(toolchain.error().why.contains("1.2-4"));
  target_.compiler = "gcc";
  EXPECT_EQ(Toolchain::of(target_).error().code, "target.compiler-differs");
}

TEST_F(BuildRoots, ShowOnlyWhatIsNamed) {
  make_root(target_.compiler_version);
  ASSERT_TRUE(write_file(folder_.path() / "seen/file", "content").has_value());
  ASSERT_TRUE(write_file(folder_.path() / "hidden/file", "secret").has_value());
  ASSERT_TRUE(make_directories(folder_.path() / "written").has_value());
  const BuildRootAccess access{.read = {folder_.path() / "seen"}, .write = {folder_.path() / "written"}};
  const std::string here = folder_.path().string();
  EXPECT_EQ(in_root("cat " + here + "/seen/file", access).out, "content");
  EXPECT_NE(in_root("cat " + here + "/hidden/file", access).status, 0);
  EXPECT_NE(in_root("echo x >" + here + "/seen/file", access).status, 0);
  EXPECT_EQ(in_root("echo x >" + here + "/written/file", access).status, 0);
  EXPECT_EQ(*read_text_file(folder_.path() / "written/file", 10), "x\n");
  EXPECT_NE(in_root("echo x >/usr/bin/sh").status, 0);
}

TEST_F(BuildRoots, InheritNothing) {
  make_root(target_.compiler_version);
  setenv("SUTURE_TEST_VARIABLE", "inherited", 1);
  EXPECT_EQ(in_root("echo $SUTURE_TEST_VARIABLE").out, "\n");
  unsetenv("SUTURE_TEST_VARIABLE");
  // Without a network there is but the loopback device.
  const std::string devices = in_root("cat /proc/net/dev").out;
  EXPECT_TRUE(devices.contains("lo:"));
  EXPECT_FALSE(devices.contains("eth"));
}

}  // namespace
}  // namespace suture
