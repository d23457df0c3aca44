// SPDX-License-Identifier: Apache-2.0
#include "target/local.h"

#include <gtest/gtest.h>

#include "small_kernel.h"
#include "target/store.h"

namespace suture {
namespace {
namespace fs = std::filesystem;
using namespace test;

class LocalTest : public testing::Test {
 protected:
  void SetUp() override {
    put_small_image(parts_ / "bzImage");
    put_small_headers(parts_ / "headers");
    put(modules() / "kernel/net/vsock.ko", "module");
    put_small_source(parts_ / "linux");
    given_ = {.build = {},
              .source = parts_ / "linux",
              .image = parts_ / "bzImage",
              .modules = modules(),
              .headers = parts_ / "headers"};
  }
  fs::path modules() const { return parts_ / "lib/modules" / kSmallRelease; }

  /// A folder as `make O=FOLDER` leaves it.
  fs::path put_build() const {
    const fs::path build = parts_ / "build";
    put_small_headers(build);
    put_small_image(build / "arch/x86/boot/bzImage");
    put(build / "modules.order", "net/vsock.ko\nkernel/crypto/crc.ko\nfs/ext4/ext4.o\n");
    for (const char* module : {"net/vsock.ko", "crypto/crc.ko", "fs/ext4/ext4.ko"}) put(build / module, "m");
    put(build / "kernel/fork.o", "object");
    put(build / "vmlinux.o", "object");
    put(build / "scripts/mod/modpost.o", "object");
    fs::create_directory_symlink(parts_ / "linux", build / "source");
    return build;
  }

  Result<Target> add(const std::string& name = {}, const std::string& version = {}) const {
    return store_.add(**find_distribution("local", "lists", given_), name, version);
  }
  std::string refusal() const { return test::refusal_of(add(), store_); }
  void replace_in(const fs::path& file, std::string_view old_text, std::string_view text) const {
    std::string content = *read_text_file(file);
    const std::size_t at = content.find(old_text);
    ASSERT_NE(at, content.npos);
    put(file, content.replace(at, old_text.size(), text));
  }

  TempDir folder_ = *TempDir::make("suture-test");
  fs::path parts_ = folder_.path() / "parts";
  TargetStore store_{folder_.path() / "store"};
  GivenFiles given_;
};

TEST_F(LocalTest, PartsTellWhatTheyAre) {
  const auto target = add();
  ASSERT_TRUE(target) << target.error().message();
  EXPECT_EQ(target->id.distribution, "local");
  EXPECT_EQ(target->id.release, kSmallRelease);
  EXPECT_EQ(target->id.version, kSmallRelease);
  EXPECT_EQ(target->id.build_id, "a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3");
  EXPECT_EQ(target->compiler, "gcc-12");
  EXPECT_TRUE(target->warnings.empty());
  EXPECT_TRUE(fs::exists(target->modules / "kernel/net/vsock.ko"));
  EXPECT_TRUE(fs::exists(target->source / "net/core/sock.c"));
  EXPECT_TRUE(fs::exists(target->headers / "include/generated/autoconf.h"));
  EXPECT_TRUE(fs::exists(target->kbuild / "tools/objtool/objtool"));
  EXPECT_EQ(fs::status(target->kbuild / "scripts/mod/modpost").permissions() & fs::perms::owner_exec,
            fs::perms::owner_exec);
  EXPECT_EQ(*store_.find("local:" + std::string(kSmallRelease)), *target);
}

TEST_F(LocalTest, TheStoreKeepsWhenThePartsGo) {
  const Target target = *add();
  fs::remove_all(parts_);
  const auto found = store_.find(kSmallRelease);
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_EQ(*read_text_file(target.source / "net/core/sock.c"), "int sock;\n");
}

TEST_F(LocalTest, HardLinksAreMadeOnlyWhenAskedFor) {
  const Target copied = *add();
  EXPECT_EQ(fs::hard_link_count(copied.source / "Kconfig"), 1u);
  ASSERT_TRUE(store_.remove(copied));
  given_.hard_links = true;
  const Target linked = *add();
  EXPECT_EQ(fs::hard_link_count(linked.source / "Kconfig"), 2u);
  EXPECT_EQ(fs::hard_link_count(linked.image), 2u);
}

TEST_F(LocalTest, ABuildFolderIsEnough) {
  given_ = {.build = put_build()};
  const auto target = add("mine");
  ASSERT_TRUE(target) << target.error().message();
  EXPECT_EQ(target->id.version, "mine");
  for (const char* module : {"net/vsock.ko", "crypto/crc.ko", "fs/ext4/ext4.ko"})
    EXPECT_TRUE(fs::exists(target->modules / "kernel" / module)) << module;
  for (const char* left_out : {"kernel", "vmlinux.o", "net", "modules.order"})
    EXPECT_FALSE(fs::exists(target->headers / left_out)) << left_out;
  EXPECT_FALSE(fs::exists(target->kbuild / "scripts/mod/modpost.o"));
  EXPECT_TRUE(fs::exists(target->source / "net/core/sock.c"));
}

TEST_F(LocalTest, ABuildInTheSourceTreeIsTakenApart) {
  const fs::path tree = parts_ / "linux";
  put_small_headers(tree);
  put_small_image(tree / "vmlinux");
  put(tree / "modules.order", "net/vsock.ko\n");
  put(tree / "kernel/.fork.o.cmd", "cmd");
  put(tree / "kernel/fork.o", "object");
  put(tree / "net/vsock.ko", "module");
  put(tree / "arch/x86/kernel/vmlinux.lds.S", "source");
  put(tree / ".git/HEAD", "ref");
  given_ = {.build = tree};
  const auto target = add();
  ASSERT_TRUE(target) << target.error().message();
  for (const char* made : {".config", "include/generated", "include/config", "arch/x86/include/generated",
                           ".git", "vmlinux", "kernel/fork.o", "kernel/.fork.o.cmd", "net/vsock.ko"})
    EXPECT_FALSE(fs::exists(target->source / made)) << made;
  for (const char* source : {"net/core/sock.c", "arch/x86/kernel/vmlinux.lds.S", "scripts/mod/modpost"})
    EXPECT_TRUE(fs::exists(target->source / source)) << source;
}

TEST_F(LocalTest, ModulesThatWereListedButNotBuiltAreRefused) {
  given_ = {.build = put_build()};
  fs::remove(given_.build / "crypto/crc.ko");
  EXPECT_EQ(refusal(), "target.no-modules");
}

TEST_F(LocalTest, OnePartMayComeFromElsewhere) {
  given_.build = put_build();
  put(parts_ / "linux/net/core/sock.c", "int other;\n");
  const auto target = add();
  ASSERT_TRUE(target) << target.error().message();
  EXPECT_FALSE(fs::exists(target->modules / "kernel/crypto/crc.ko")) << "--modules was given";
}

// As Debian packages them.
TEST_F(LocalTest, ToolsAreFoundThroughTheHeadersLinks) {
  const fs::path headers = parts_ / "headers";
  for (const char* tools : {"scripts", "tools"}) {
    fs::create_directories(parts_ / "kbuild");
    fs::rename(headers / tools, parts_ / "kbuild" / tools);
    fs::create_directory_symlink(fs::path("../kbuild") / tools, headers / tools);
  }
  const auto target = add();
  ASSERT_TRUE(target) << target.error().message();
  EXPECT_TRUE(fs::is_regular_file(target->kbuild / "scripts/basic/fixdep"));
}

TEST_F(LocalTest, NamesTellTwoBuildsOfOneReleaseApart) {
  ASSERT_TRUE(add());
  EXPECT_TRUE(add()) << "it is there already";
  // Another build: the build-id is in the notes, which the builder puts in front of the segment.
  std::string image = *read_text_file(parts_ / "bzImage");
  const std::size_t at = image.find("\xa0\xa1\xa2\xa3");
  ASSERT_NE(at, image.npos);
  image[at] = '\x01';
  put(parts_ / "bzImage", image);
  EXPECT_EQ(add().error().code, "target.name-taken");
  const auto second = add("second");
  ASSERT_TRUE(second) << second.error().message();
  EXPECT_EQ(store_.list()->size(), 2u);
  EXPECT_EQ(store_.find("local:second")->id.build_id.substr(0, 2), "01");
  EXPECT_EQ(store_.find("second")->id, second->id);
  EXPECT_EQ(store_.find(kSmallRelease).error().code, "target.ambiguous");
}

TEST_F(LocalTest, ANameDoesNotMakeTheRelease) {
  EXPECT_EQ(add("5.10.1", "x").error().code, "target.other-release");
  EXPECT_EQ(add(kSmallRelease, "x")->id.version, "x");
}

TEST_F(LocalTest, TheCompilerMayHaveAnotherNameHere) {
  given_.compiler = "gcc-12.2";
  const auto target = add();
  ASSERT_TRUE(target) << target.error().message();
  EXPECT_EQ(target->compiler, "gcc-12.2");
  EXPECT_EQ(target->compiler_version, "gcc-12 (Debian) 12.2");
}

TEST_F(LocalTest, AKernelWithoutLivepatchIsWarnedOf) {
  replace_in(parts_ / "headers/.config", "CONFIG_LIVEPATCH=y\n", "");
  const auto target = add();
  ASSERT_TRUE(target) << target.error().message();
  ASSERT_EQ(target->warnings.size(), 1u);
  EXPECT_TRUE(target->warnings[0].contains("CONFIG_LIVEPATCH"));
  EXPECT_EQ(*store_.find(kSmallRelease), *target) << "the record keeps it";
}

TEST_F(LocalTest, HeadersOfAnotherReleaseAreRefused) {
  replace_in(parts_ / "headers/include/generated/utsrelease.h", "6.1.0-1-test", "6.1.0-2-test");
  EXPECT_EQ(refusal(), "target.mixed");
}

TEST_F(LocalTest, WithoutUtsReleaseTheBuildsOwnReleaseCounts) {
  fs::remove(parts_ / "headers/include/generated/utsrelease.h");
  EXPECT_TRUE(add());
  ASSERT_TRUE(store_.remove(store_.list()->front()));
  fs::remove_all(store_.folder());
  put(parts_ / "headers/include/config/kernel.release", "6.1.0-1\n");
  EXPECT_EQ(refusal(), "target.mixed");
}

TEST_F(LocalTest, ACompilerThatDidNotMakeTheImageIsRefused) {
  replace_in(parts_ / "headers/.config", "12.2", "12.3");
  EXPECT_EQ(refusal(), "target.mixed");
}

TEST_F(LocalTest, TwoConfigurationsAreRefused) {
  given_.config = parts_ / "config";
  put(given_.config, std::string(kSmallConfig) + "CONFIG_BUILD_SALT=\"x\"\n");
  EXPECT_TRUE(add()) << "only the salt differs";
  ASSERT_TRUE(store_.remove(store_.list()->front()));
  fs::remove_all(store_.folder());
  put(given_.config, std::string(kSmallConfig) + "CONFIG_SMP=y\n");
  EXPECT_EQ(refusal(), "target.mixed");
}

TEST_F(LocalTest, AConfigurationBesideTheHeadersIsTaken) {
  given_.config = parts_ / "config";
  fs::rename(parts_ / "headers/.config", given_.config);
  const auto target = add();
  ASSERT_TRUE(target) << target.error().message();
  EXPECT_TRUE(fs::exists(target->headers / ".config"));
}

TEST_F(LocalTest, SourceOfAnotherVersionIsRefused) {
  replace_in(parts_ / "linux/Makefile", "SUBLEVEL = 9", "SUBLEVEL = 90");
  EXPECT_EQ(refusal(), "target.mixed");
}

TEST_F(LocalTest, ModulesOfAnotherReleaseAreRefused) {
  fs::rename(modules(), modules().parent_path() / "6.1.0-2-test");
  given_.modules = modules().parent_path() / "6.1.0-2-test";
  EXPECT_EQ(refusal(), "target.mixed");
}

TEST_F(LocalTest, AnImageWithoutSymbolsIsRefused) {
  const auto written = write_file(parts_ / "bzImage", build_vmlinux(Bytes(8192, 0x90)));
  ASSERT_TRUE(written);
  EXPECT_EQ(refusal(), "image.no-kallsyms");
}

TEST_F(LocalTest, KernelsOfOtherMachinesAreRefused) {
  Bytes image = build_vmlinux(build_segment().bytes);
  store<std::uint16_t>(image, offsetof(Elf64_Ehdr, e_machine), EM_AARCH64);
  ASSERT_TRUE(write_file(parts_ / "bzImage", image));
  EXPECT_EQ(refusal(), "target.architecture");
  std::string arm(4096, '\0');
  arm.replace(56, 4, "ARM\x64");
  put(parts_ / "bzImage", arm);
  EXPECT_EQ(refusal(), "target.architecture");
  put_small_image(parts_ / "bzImage");
  replace_in(parts_ / "headers/.config", "CONFIG_X86_64=y", "CONFIG_X86_32=y");
  EXPECT_EQ(refusal(), "target.architecture");
}

TEST_F(LocalTest, AKernelBuiltWithClangIsRefused) {
  replace_in(parts_ / "headers/.config", "CONFIG_CC_IS_GCC=y", "CONFIG_CC_IS_CLANG=y");
  EXPECT_EQ(refusal(), "target.compiler-unsupported");
}

TEST_F(LocalTest, EachMissingPartIsNamed) {
  struct Missing {
    const char* path;
    const char* code;
  };
  for (const auto& [path, code] :
       {Missing{"headers/Module.symvers", "target.no-symvers"},
        Missing{"headers/include/config/auto.conf", "target.not-prepared"},
        Missing{"headers/include/generated/autoconf.h", "target.not-prepared"},
        Missing{"headers/arch/x86/include/generated", "target.not-prepared"},
        Missing{"headers/scripts/basic/fixdep", "target.not-prepared"},
        Missing{"headers/scripts/mod/modpost", "target.not-prepared"},
        Missing{"headers/tools/objtool/objtool", "target.not-prepared"},
        Missing{"headers/.config", "target.no-parts"}, Missing{"bzImage", "target.no-parts"},
        Missing{"linux/Makefile", "target.no-source"}, Missing{"linux/Kconfig", "target.no-source"},
        Missing{"lib/modules/6.1.0-1-test/kernel", "target.no-modules"}}) {
    const fs::path away = folder_.path() / "away";
    fs::rename(parts_ / path, away);
    EXPECT_EQ(refusal(), code) << path;
    fs::rename(away, parts_ / path);
  }
  given_.modules.clear();
  EXPECT_EQ(refusal(), "target.no-modules");
  given_ = {};
  EXPECT_EQ(refusal(), "target.no-parts");
}

TEST_F(LocalTest, ALinkOutOfTheSourceIsRefused) {
  fs::create_symlink("/etc/passwd", parts_ / "linux/outside");
  EXPECT_EQ(refusal(), "target.link-outside");
  fs::remove(parts_ / "linux/outside");
  fs::create_symlink("../Kconfig", parts_ / "linux/net/inside");
  const auto target = add();
  ASSERT_TRUE(target) << target.error().message();
  EXPECT_TRUE(fs::is_symlink(target->source / "net/inside"));
}

TEST_F(LocalTest, LinksOfInstalledModulesAreLeftBehind) {
  fs::create_symlink("/usr/src/linux", modules() / "build");
  fs::create_symlink("/etc/passwd", modules() / "kernel/net/other.ko");
  const auto target = add();
  ASSERT_TRUE(target) << target.error().message();
  EXPECT_FALSE(fs::is_symlink(target->modules / "build"));
  EXPECT_FALSE(fs::is_symlink(target->modules / "kernel/net/other.ko"));
}

TEST(Distributions, OptionsOfOthersAreRefused) {
  EXPECT_EQ(find_distribution("debian", "lists", {.build = "/b"}).error().code, "target.option-unused");
  EXPECT_EQ(find_distribution("debian", "lists", {.compiler = "gcc"}).error().code, "target.option-unused");
  EXPECT_EQ(find_distribution("debian", "lists", {.packages = {"/p"}}).error().code, "target.option-unused");
  EXPECT_EQ(find_distribution("local", "lists", {.packages = {"/p"}}).error().code, "target.option-unused");
  EXPECT_EQ(find_distribution("rpm", "lists", {.image = "/i"}).error().code, "target.option-unused");
  EXPECT_TRUE(find_distribution("rpm", "lists", {.compiler = "gcc", .packages = {"/p"}}));
}

TEST(Distributions, FilesAtHandHaveNoArchive) {
  for (const char* name : {"local", "rpm"})
    EXPECT_EQ((*find_distribution(name, "lists"))->search("6.1").error().code, "target.nothing-to-search");
}

}  // namespace
}  // namespace suture
