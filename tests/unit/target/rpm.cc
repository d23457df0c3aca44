// SPDX-License-Identifier: Apache-2.0
//
// Packages as rpmbuild makes them, of a kernel that has next to nothing in it.
#include "target/rpm.h"

#include <gtest/gtest.h>

#include "base/process.h"
#include "small_kernel.h"
#include "target/rpm_package.h"
#include "target/source_rpm.h"
#include "target/store.h"

namespace suture {
namespace {
namespace fs = std::filesystem;
using namespace test;

constexpr const char* kPatch =
    "--- a/net/core/sock.c\n+++ b/net/core/sock.c\n@@ -1 +1 @@\n-int sock;\n+int patched_sock;\n";

/// What is to be different from a kernel that is as it should be.
struct Changes {
  std::string architecture = "x86_64";
  std::string release = "1.test";
  std::string files{};    ///< further lines for the image's package
  std::string install{};  ///< commands that put the files there
  std::string prep = "%setup -q -n linux-6.1.9\n%patch1 -p1\n";
  std::string sources = "Source0: linux-6.1.9.tar.xz\nPatch1: fix.patch\n";
};

class RpmTest : public testing::Test {
 protected:
  fs::path packages() const { return folder_.path() / "rpms"; }
  fs::path top() const { return folder_.path() / "top"; }
  fs::path root() const { return folder_.path() / "root"; }

  void run_tool(std::vector<std::string> argv) const {
    const auto finished = run_ok({.argv = std::move(argv), .environment = {{"LC_ALL", "C"}}});
    ASSERT_TRUE(finished) << finished.error().message();
  }

  void put_sources(std::string_view patch = kPatch) const {
    const fs::path sources = top() / "SOURCES";
    put_small_source(folder_.path() / "tree/linux-6.1.9");
    ASSERT_TRUE(make_directories(sources));
    pack(sources / "linux-6.1.9.tar.xz");
    put(sources / "fix.patch", patch);
  }
  void pack(const fs::path& tarball) const {
    run_tool({"tar", "--create", "--auto-compress", "--file", tarball.string(), "--directory",
              (folder_.path() / "tree").string(), "linux-6.1.9"});
  }

  static std::string spec(const Changes& changes) {
    const std::string release = kSmallRelease;
    return "Name: kernel\nVersion: 6.1.9\nRelease: " + changes.release + "\nSummary: k\nLicense: GPL\n" +
           changes.sources +
           "%global debug_package %{nil}\n%global __os_install_post %{nil}\n"
           "AutoReqProv: no\n"
           "%description\nk\n"
           "%package core\nSummary: c\n%description core\nc\n"
           "%package modules\nSummary: m\n%description modules\nm\n"
           "%package devel\nSummary: d\n%description devel\nd\n"
           "%prep\n" +
           changes.prep + "%install\ncp -a %{parts}/. %{buildroot}/\n" + changes.install +
           "%files core\n/lib/modules/" + release + "/vmlinuz\n/lib/modules/" + release + "/build\n" +
           changes.files + "%files modules\n/lib/modules/" + release + "/kernel\n" +
           "%files devel\n/usr/src/kernels/" + release + "\n";
  }

  /// Makes all the packages into packages().
  void build(const Changes& changes = {}) const {
    const fs::path parts = folder_.path() / "parts";
    const fs::path modules = parts / "lib/modules" / kSmallRelease;
    put_small_image(modules / "vmlinuz");
    put(modules / "kernel/net/vsock.ko", "module");
    put_small_headers(parts / "usr/src/kernels" / kSmallRelease);
    fs::remove(modules / "build");
    fs::create_symlink("/usr/src/kernels/" + std::string(kSmallRelease), modules / "build");
    put(folder_.path() / "kernel.spec", spec(changes));
    run_tool({"rpmbuild", "-ba", "--quiet", "--nodeps", "--target", changes.architecture, "--define",
              "_topdir " + top().string(), "--define", "_rpmdir " + packages().string(), "--define",
              "_srcrpmdir " + packages().string(), "--define", "_rpmfilename %%{NAME}-%%{RELEASE}.rpm",
              "--define", "_dbpath " + (folder_.path() / "db").string(), "--define",
              "parts " + parts.string(), (folder_.path() / "kernel.spec").string()});
  }
  fs::path package(const std::string& name) const {
    for (const auto& entry : fs::directory_iterator(packages())) {
      const auto read = read_rpm_package(entry.path());
      if (read && read->name + (read->is_source ? ".src" : "") == name) return entry.path();
    }
    ADD_FAILURE() << "no package " << name;
    return {};
  }

  Result<Target> add(const std::string& release = {}, const std::string& version = {}) const {
    return store_.add(**find_distribution("rpm", "lists", {.packages = {packages()}}), release, version);
  }
  std::string refusal() const { return test::refusal_of(add(), store_); }

  TempDir folder_ = *TempDir::make("suture-test");
  TargetStore store_{folder_.path() / "store"};
};

TEST_F(RpmTest, PackagesBecomeATarget) {
  put_sources();
  build();
  const auto target = add();
  ASSERT_TRUE(target) << target.error().message();
  EXPECT_EQ(target->id.distribution, "rpm");
  EXPECT_EQ(target->id.release, kSmallRelease);
  EXPECT_EQ(target->id.version, "6.1.9-1.test");
  EXPECT_EQ(target->packages, (std::map<std::string, std::string>{{"kernel-core", "6.1.9-1.test"},
                                                                  {"kernel-devel", "6.1.9-1.test"},
                                                                  {"kernel-modules", "6.1.9-1.test"},
                                                                  {"kernel.src.rpm", "6.1.9-1.test"}}));
  EXPECT_TRUE(fs::exists(target->modules / "kernel/net/vsock.ko"));
  EXPECT_TRUE(fs::exists(target->headers / "include/generated/autoconf.h"));
  EXPECT_EQ(target->kbuild, target->headers);
  EXPECT_EQ(*read_text_file(target->source / "net/core/sock.c"), "int patched_sock;\n");
  EXPECT_FALSE(fs::exists(target->source / "net/core/sock.c.orig"));
  EXPECT_EQ(*add(kSmallRelease, "6.1.9-1.test"), *target) << "it is there already";
  EXPECT_EQ(*store_.find("rpm:" + std::string(kSmallRelease)), *target);
}

TEST_F(RpmTest, FileNamesSayNothing) {
  put_sources();
  build();
  int number = 0;
  for (const auto& entry : std::vector(fs::directory_iterator(packages()), {}))
    fs::rename(entry.path(), packages() / (std::to_string(number++) + ".rpm"));
  put(packages() / "README", "no package");
  const auto target = add();
  EXPECT_TRUE(target) << target.error().message();
}

TEST_F(RpmTest, PackagesOfOtherBuildsAreNotMixedIn) {
  put_sources();
  build({.release = "2.test"});
  fs::rename(packages(), folder_.path() / "second");
  build();
  const auto swap = [&](const std::string& name) {
    fs::remove(package(name));
    fs::copy(folder_.path() / "second" / (name + "-2.test.rpm"), packages());
  };
  swap("kernel-modules");
  EXPECT_EQ(refusal(), "target.unknown-layout") << "those modules are of another build";
  swap("kernel-devel");
  EXPECT_EQ(refusal(), "target.mixed");
}

TEST_F(RpmTest, EachMissingPackageIsNamed) {
  put_sources();
  build();
  for (const char* name : {"kernel-devel", "kernel.src"}) {
    const fs::path away = folder_.path() / "away";
    const fs::path file = package(name);
    fs::rename(file, away);
    EXPECT_EQ(refusal(), "target.missing-package") << name;
    fs::rename(away, file);
  }
  EXPECT_EQ(add("6.1.0-2-test").error().code, "target.unknown");
  EXPECT_EQ(add(kSmallRelease, "6.1.9-2.test").error().code, "target.unknown");
  fs::remove(package("kernel-core"));
  EXPECT_EQ(refusal(), "target.unknown");
  fs::remove_all(packages());
  ASSERT_TRUE(make_directories(packages()));
  EXPECT_EQ(refusal(), "target.no-packages");
}

TEST_F(RpmTest, OtherArchitecturesAreRefused) {
  put_sources();
  build({.architecture = "aarch64"});
  EXPECT_EQ(refusal(), "target.architecture");
}

TEST_F(RpmTest, WhatIsNoPackageIsRefused) {
  put(packages() / "list.rpm", "/etc/passwd\n");
  EXPECT_EQ(refusal(), "target.not-a-package") << "rpm would read a list of packages";
  put(packages() / "list.rpm", std::string("\xed\xab\xee\xdb") + std::string(200, 'x'));
  EXPECT_EQ(refusal(), "target.package-damaged");
}

TEST_F(RpmTest, ADamagedPackageIsRefused) {
  put_sources();
  build();
  const fs::path file = package("kernel-devel");
  std::string bytes = *read_text_file(file);
  bytes[bytes.size() - 20] = static_cast<char>(~bytes[bytes.size() - 20]);
  put(file, bytes);
  EXPECT_EQ(refusal(), "target.package-damaged");
  put(file, bytes.substr(0, bytes.size() - 100));
  EXPECT_EQ(refusal(), "target.package-damaged");
}

TEST_F(RpmTest, DevicesInAPackageAreRefused) {
  put_sources();
  build({.files = "%dev(c, 1, 3) /lib/modules/null\n"});
  EXPECT_EQ(refusal(), "target.package-unsafe");
}

TEST_F(RpmTest, LinksOutOfThePackageAreLeftOut) {
  put_sources();
  build({.files = "/lib/modules/up\n", .install = "ln -s ../../../etc/passwd %{buildroot}/lib/modules/up\n"});
  const auto target = add();
  ASSERT_TRUE(target) << target.error().message();
  EXPECT_FALSE(fs::is_symlink(target->modules / "build"));
  EXPECT_FALSE(fs::is_symlink(target->modules.parent_path() / "up"));
}

class SourceRpmTest : public RpmTest {
 protected:
  /// Makes a source package alone and unpacks it.
  Result<void> unpack(const Changes& changes) const {
    put(folder_.path() / "kernel.spec", "%global parts /nowhere\n" + spec(changes));
    run_tool({"rpmbuild", "-bs", "--quiet", "--nodeps", "--define", "_topdir " + top().string(), "--define",
              "_srcrpmdir " + packages().string(), "--define", "_dbpath " + (folder_.path() / "db").string(),
              (folder_.path() / "kernel.spec").string()});
    fs::remove_all(root());
    TRY(make_directories(root()));
    Progress progress("test");
    return unpack_source_rpm(TRY(read_rpm_package(package("kernel.src"))), root(), progress);
  }
  std::string code_of(const Changes& changes) const {
    const auto unpacked = unpack(changes);
    return unpacked ? "" : unpacked.error().code;
  }
};

TEST_F(SourceRpmTest, EachCompressionIsUnderstood) {
  put_sources();
  for (const char* name : {"linux-6.1.9.tar.gz", "linux-6.1.9.tar.zst", "linux-6.1.9.tar.bz2"}) {
    pack(top() / "SOURCES" / name);
    EXPECT_EQ(code_of({.sources = "Source0: " + std::string(name) + "\nPatch1: fix.patch\n"}), "") << name;
    EXPECT_EQ(*read_text_file(root() / "net/core/sock.c"), "int patched_sock;\n") << name;
  }
}

TEST_F(SourceRpmTest, AnEmptyOptionalPatchIsLeftOut) {
  put_sources("");
  EXPECT_EQ(code_of({.prep = "ApplyOptionalPatch fix.patch\n"}), "");
  EXPECT_EQ(*read_text_file(root() / "net/core/sock.c"), "int sock;\n");
}

TEST_F(SourceRpmTest, APatchThatDoesNotApplyIsRefused) {
  put_sources("--- a/net/core/sock.c\n+++ b/net/core/sock.c\n@@ -1 +1 @@\n-int other;\n+int patched;\n");
  EXPECT_EQ(code_of({}), "target.patch-failed");
}

TEST_F(SourceRpmTest, OneTarballIsExpected) {
  put_sources();
  pack(top() / "SOURCES/linux-6.1.tar.xz");
  put(top() / "SOURCES/series.conf", "fix.patch\n");
  EXPECT_EQ(code_of({.sources = "Source0: series.conf\nPatch1: fix.patch\n"}), "target.no-source");
  EXPECT_EQ(
      code_of({.sources = "Source0: linux-6.1.tar.xz\nSource1: linux-6.1.9.tar.xz\nPatch1: fix.patch\n"}),
      "target.no-source");
}

TEST_F(SourceRpmTest, OtherWaysToPatchAreRefused) {
  put_sources();
  EXPECT_EQ(code_of({.prep = "%setup -q\npatch -p1 < %{PATCH1}\n"}), "target.spec-unsupported");
}

// Reading a spec must not run it: rpmspec does.
TEST_F(SourceRpmTest, CommandsOfTheSpecAreNotRun) {
  put_sources();
  const fs::path trace = folder_.path() / "trace";
  const std::string command = "%global x %(touch " + trace.string() + ")\n";
  ASSERT_EQ(code_of({.prep = command + "%setup -q\n%patch1 -p1\n"}), "");
  fs::remove(trace);
  Progress progress("test");
  fs::remove_all(root());
  ASSERT_TRUE(make_directories(root()));
  EXPECT_TRUE(unpack_source_rpm(*read_rpm_package(package("kernel.src")), root(), progress));
  EXPECT_FALSE(fs::exists(trace));
}

TEST_F(SourceRpmTest, ATreeWithLinksOutOfItIsRefused) {
  put_sources();
  fs::create_symlink("../../outside", folder_.path() / "tree/linux-6.1.9/net/link");
  pack(top() / "SOURCES/linux-6.1.9.tar.xz");
  EXPECT_EQ(code_of({}), "target.package-unsafe");
}

TEST_F(SourceRpmTest, PatchesDoNotReachOutOfTheTree) {
  put(folder_.path() / "outside", "int sock;\n");
  for (const char* path : {"../outside", "/outside"}) {
    put_sources(std::string("--- ") + path + "\n+++ " + path + "\n@@ -1 +1 @@\n-int sock;\n+int evil;\n");
    EXPECT_EQ(code_of({.prep = "%setup -q\n%patch1 -p0\n"}), "target.patch-failed") << path;
    EXPECT_EQ(*read_text_file(folder_.path() / "outside"), "int sock;\n");
  }
  put_sources(
      "diff --git a/net/link b/net/link\nnew file mode 120000\nindex 0000000..1111111\n--- /dev/null\n"
      "+++ b/net/link\n@@ -0,0 +1 @@\n+../../../outside\n\\ No newline at end of file\n");
  EXPECT_NE(code_of({}), "");
  // patch(1) would hand this to ed(1).
  put_sources("1c\nint evil;\n.\nw\n!touch trace\n");
  EXPECT_EQ(code_of({}), "target.patch-failed");
  EXPECT_FALSE(fs::exists(root() / "trace"));
}

}  // namespace
}  // namespace suture
