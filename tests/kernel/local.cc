// SPDX-License-Identifier: Apache-2.0
//
// A kernel whose files a person names must be built for like the one whose packages were fetched: from the
// parts of a real target, and from what looks like the folder that it was built in.
#include "target/local.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <optional>

#include "base/file.h"
#include "build/build.h"
#include "real_target.h"
#include "target/copy_tree.h"
#include "target/store.h"

namespace suture {
namespace {
namespace fs = std::filesystem;

class LocalOnRealKernel : public testing::Test {
 protected:
  void SetUp() override {
    auto target = test::real_target();
    ASSERT_TRUE(target.has_value()) << target.error().message();
    original_ = std::move(*target);
    auto folder = TempDir::make("suture-test");
    ASSERT_TRUE(folder.has_value());
    folder_.emplace(std::move(*folder));
  }

  Result<Target> add(const GivenFiles& given) const {
    return TargetStore(folder_->path() / "store").add(**find_distribution("local", "lists", given), {}, {});
  }

  /// The module's bytes.
  Bytes build(const Target& target, const std::string& output) const {
    Progress progress("test");
    const fs::path fixes(SUTURE_TEST_FIXES);
    const auto result =
        build_patchset({.target = target,
                        .fixes = {fixes / "CVE-2026-53249.patch", fixes / "CVE-2026-46234.patch"},
                        .level = 1,
                        .output = folder_->path() / output},
                       progress);
    EXPECT_TRUE(result.has_value()) << result.error().message();
    return read_file(folder_->path() / output / "suture_1.ko").value_or(Bytes{});
  }

  void link_tree(const fs::path& from, const fs::path& to) const {
    const auto copied = copy_tree(from, to, {.wanted = {}, .hard_links = true});
    ASSERT_TRUE(copied.has_value()) << copied.error().message();
  }

  Target original_;
  std::optional<TempDir> folder_;
};

TEST_F(LocalOnRealKernel, PartsGiveTheSameModuleAsThePackages) {
  const auto local = add({.source = original_.source,
                          .image = original_.image,
                          .modules = original_.modules,
                          .headers = original_.headers,
                          .hard_links = true});
  ASSERT_TRUE(local.has_value()) << local.error().message();
  EXPECT_EQ(local->id.build_id, original_.id.build_id);
  EXPECT_EQ(local->compiler, original_.compiler);
  const Bytes module = build(original_, "packages");
  EXPECT_FALSE(module.empty());
  EXPECT_TRUE(build(*local, "parts") == module);
}

// Nothing of how a distribution packages kernels is in such a folder: no .kernelvariables that names the
// compiler, modules in the tree, tools beside the headers.
TEST_F(LocalOnRealKernel, ABuildFolderGivesTheSameModule) {
  const fs::path folder = folder_->path() / "build";
  for (const char* part : {"include", "arch"}) link_tree(original_.headers / part, folder / part);
  for (const char* part : {"scripts", "tools"}) link_tree(original_.kbuild / part, folder / part);
  for (const char* file : {".config", "Module.symvers"}) fs::copy(original_.headers / file, folder / file);
  for (const char* made : {"arch/x86/boot", "kernel"}) fs::create_directories(folder / made);
  fs::create_hard_link(original_.image, folder / "arch/x86/boot/bzImage");
  link_tree(original_.modules / "kernel", folder);
  fs::copy(original_.modules / "modules.order", folder / "modules.order");
  fs::create_directory_symlink(original_.source, folder / "source");

  const auto local = add({.build = folder, .hard_links = true});
  ASSERT_TRUE(local.has_value()) << local.error().message();
  EXPECT_FALSE(fs::exists(local->headers / ".kernelvariables"));
  const Bytes module = build(original_, "packages");
  EXPECT_FALSE(module.empty());
  EXPECT_TRUE(build(*local, "folder") == module);
}

// Fedora's and Red Hat's kernel-devel is one tree: Makefiles, headers, generated ones and built tools.
TEST_F(LocalOnRealKernel, ADevelTreeServesForHeadersAndTools) {
  const fs::path devel = folder_->path() / "usr/src/kernels" / original_.id.release;
  for (const auto& part : {original_.common_headers, original_.headers}) {
    link_tree(part / "include", devel / "include");
    link_tree(part / "arch/x86", devel / "arch/x86");
  }
  for (const char* part : {"scripts", "tools"}) link_tree(original_.kbuild / part, devel / part);
  for (const char* file : {".config", "Module.symvers"}) fs::copy(original_.headers / file, devel / file);
  Target target = original_;
  target.headers = target.common_headers = target.kbuild = devel;
  target.config = devel / ".config";
  EXPECT_TRUE(build(target, "devel") == build(original_, "packages"));
}

}  // namespace
}  // namespace suture
