// SPDX-License-Identifier: Apache-2.0
//
// What kbuild says about real units, and what the compiler makes of it.
#include "build/kbuild.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <optional>

#include "base/file.h"
#include "real_target.h"

namespace suture {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

class KbuildOnRealKernel : public testing::Test {
 protected:
  void SetUp() override {
    auto target = test::real_target();
    ASSERT_TRUE(target.has_value()) << target.error().message();
    target_ = std::move(*target);
    auto kbuild = Kbuild::prepare(target_);
    ASSERT_TRUE(kbuild.has_value()) << kbuild.error().message();
    kbuild_.emplace(std::move(*kbuild));
    auto folder = TempDir::make("suture-test");
    ASSERT_TRUE(folder.has_value());
    folder_.emplace(std::move(*folder));
  }

  UnitFlags flags(const std::string& unit) const {
    auto flags = kbuild_->flags(unit);
    EXPECT_TRUE(flags.has_value()) << flags.error().message();
    return flags ? std::move(*flags) : UnitFlags{};
  }
  auto compile(const UnitFlags& flags) const {
    return kbuild_->compile(flags, target_.source, target_.source / flags.unit, folder_->path() / "unit.o");
  }

  Target target_;
  std::optional<Kbuild> kbuild_;
  std::optional<TempDir> folder_;
};

TEST_F(KbuildOnRealKernel, TellsWhatAUnitIsLinkedInto) {
  EXPECT_EQ(flags("net/core/sock.c").object, "vmlinux");
  EXPECT_EQ(flags("fs/proc/cmdline.c").object, "vmlinux");
  EXPECT_EQ(flags("net/vmw_vsock/af_vsock.c").object, "vsock");
  EXPECT_EQ(flags("net/sctp/socket.c").object, "sctp");
  EXPECT_EQ(flags("drivers/md/dm-ioctl.c").object, "dm_mod");
}

// To take it for "not built" would leave the fix out. kvm.ko is made of units of virt/kvm by
// arch/x86/kvm/Makefile.
TEST_F(KbuildOnRealKernel, FindsUnitsThatAMakefileElsewhereLists) {
  const UnitFlags unit = flags("virt/kvm/dirty_ring.c");
  EXPECT_EQ(unit.object, "kvm");
  const auto files = compile(unit);
  ASSERT_TRUE(files.has_value()) << files.error().message();
  // The shipped kernel's names of files are spelled as the Makefile has them.
  const auto object = read_text_file(folder_->path() / "unit.o");
  ASSERT_TRUE(object.has_value());
  EXPECT_THAT(*object, HasSubstr("arch/x86/kvm/../../../virt/kvm/dirty_ring.c"));
}

TEST_F(KbuildOnRealKernel, GivesFlagsWithoutFilesAndOutput) {
  const UnitFlags unit = flags("net/vmw_vsock/af_vsock.c");
  ASSERT_FALSE(unit.compile.empty());
  EXPECT_EQ(unit.compile[0], target_.compiler);
  EXPECT_THAT(unit.compile, Contains("-DMODULE"));
  for (const char* word : {"-c", "-o"}) EXPECT_THAT(unit.compile, Not(Contains(word)));
  EXPECT_THAT(unit.compile, Not(Contains(HasSubstr("af_vsock.c"))));
  EXPECT_THAT(unit.compile, Not(Contains(HasSubstr("-fplugin"))));
  ASSERT_FALSE(unit.objtool.empty());
  EXPECT_THAT(unit.objtool, Contains("--module"));
}

TEST_F(KbuildOnRealKernel, KnowsWhatThisKernelLacks) {
  const auto lacking = kbuild_->flags("arch/x86/kernel/apm_32.c");
  ASSERT_FALSE(lacking.has_value());
  EXPECT_EQ(lacking.error().code, "build.unit-not-built");
  const auto unknown = kbuild_->flags("net/core/no_such.c");
  ASSERT_FALSE(unknown.has_value());
  EXPECT_EQ(unknown.error().code, "build.no-such-unit");
}

// kbuild makes what these need first, and the commands for that are not the unit's.
TEST_F(KbuildOnRealKernel, CompilesUnitsThatNeedGeneratedFiles) {
  for (const char* unit : {"lib/crc32.c", "lib/oid_registry.c", "security/tomoyo/common.c"}) {
    const UnitFlags built = flags(unit);
    ASSERT_FALSE(built.compile.empty()) << unit;
    EXPECT_EQ(built.compile[0], target_.compiler);
    const auto files = compile(built);
    EXPECT_TRUE(files.has_value()) << files.error().message();
  }
}

TEST_F(KbuildOnRealKernel, SaysThatAGeneratedFileIsMissing) {
  const auto source = folder_->path() / "needs.c";
  ASSERT_TRUE(write_file(source, "#include <generated/no-such-file.h>\n").has_value());
  const auto compiled =
      kbuild_->compile(flags("fs/proc/cmdline.c"), target_.source, source, folder_->path() / "needs.o");
  ASSERT_FALSE(compiled.has_value());
  EXPECT_EQ(compiled.error().code, "build.generated-file-missing");
  EXPECT_THAT(compiled.error().message(), HasSubstr("no-such-file.h"));
}

// To leave it out as "not built" would ship the vulnerability under the name of its fix.
TEST_F(KbuildOnRealKernel, RefusesASourceThatAnotherIncludes) {
  const auto included = kbuild_->flags("kernel/sched/deadline.c");
  ASSERT_FALSE(included.has_value());
  EXPECT_EQ(included.error().code, "build.unit-included");
  EXPECT_THAT(included.error().message(), HasSubstr("kernel/sched/build_policy.c"));
}

TEST_F(KbuildOnRealKernel, SaysWhichFilesWereRead) {
  const auto files = compile(flags("fs/proc/cmdline.c"));
  ASSERT_TRUE(files.has_value()) << files.error().message();
  EXPECT_THAT(*files, Contains(target_.source / "fs/proc/cmdline.c"));
  EXPECT_THAT(*files, Contains(target_.source / "include/linux/seq_file.h"));
}

// kbuild generates files for some units, and deletes some when it is asked in the wrong way.
TEST_F(KbuildOnRealKernel, LeavesTheTargetsFilesAlone) {
  const auto list = [&] {
    std::map<std::string, std::filesystem::file_time_type> files;
    for (const auto& root : {target_.headers, target_.kbuild}) {
      for (const auto& entry : std::filesystem::recursive_directory_iterator(root))
        files[entry.path().string()] =
            std::filesystem::symlink_status(entry.path()).type() == std::filesystem::file_type::symlink
                ? std::filesystem::file_time_type{}
                : entry.last_write_time();
    }
    return files;
  };
  const auto before = list();
  for (const char* unit : {"net/core/sock.c", "arch/x86/lib/inat.c", "lib/crc32.c"}) flags(unit);
  EXPECT_EQ(list(), before);
}

// The user's own flags for kernels must not change what is compiled.
TEST_F(KbuildOnRealKernel, IgnoresTheCallersEnvironment) {
  const UnitFlags plain = flags("fs/proc/cmdline.c");
  ASSERT_EQ(setenv("KCFLAGS", "-DLEAKED", 1), 0);
  const UnitFlags again = flags("fs/proc/cmdline.c");
  unsetenv("KCFLAGS");
  EXPECT_EQ(again.compile, plain.compile);
}

}  // namespace
}  // namespace suture
