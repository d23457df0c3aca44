// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "base/file.h"
#include "base/kernel_log.h"
#include "base/process.h"
#include "elf/object.h"
#include "qualify/accelerator.h"
#include "qualify/cpio.h"
#include "qualify/guest_files.h"
#include "qualify/junit.h"
#include "qualify/vm.h"

namespace suture {
namespace {

TEST(Cpio, IsReadByCpio) {
  CpioArchive archive;
  archive.add_file("etc/deep/file", as_bytes("content\n"), 0640);
  archive.add_link("bin/sh", "busybox");
  archive.add_folder("etc");  // there already
  const Bytes bytes = std::move(archive).finish();
  const auto list = run_ok({.argv = {"cpio", "--list", "--verbose", "--numeric-uid-gid", "--quiet"},
                            .environment = {{"LC_ALL", "C"}},
                            .input = std::string(as_text(bytes))});
  ASSERT_TRUE(list.has_value()) << list.error().message();
  EXPECT_NE(list->out.find("-rw-r-----"), std::string::npos) << list->out;
  EXPECT_NE(list->out.find("etc/deep/file"), std::string::npos);
  EXPECT_NE(list->out.find("bin/sh -> busybox"), std::string::npos);
  EXPECT_EQ(list->out.find(" etc\n"), list->out.rfind(" etc\n")) << "a folder is there twice";
}

TEST(GuestFiles, BringLibrariesAlong) {
  auto files = GuestFiles::make();
  ASSERT_TRUE(files.has_value()) << files.error().message();
  ASSERT_TRUE(files->add_program("/proc/self/exe", "usr/bin/self").has_value());
  const Bytes bytes = std::move(*files).finish();
  EXPECT_NE(as_text(bytes).find("libstdc++.so.6"), std::string_view::npos);
  EXPECT_NE(as_text(bytes).find("lib64/ld-linux-x86-64.so.2"), std::string_view::npos);
}

// A device that is there, and a guest that hangs.
TEST(BestAccelerator, IsTriedWithABound) {
  const TempDir folder = TempDir::make("suture-test").value();
  ASSERT_TRUE(write_file(folder.path() / "qemu-system-x86_64", "#!/bin/sh\nexec sleep 1000\n", 0755));
  const std::string path = ::getenv("PATH");
  ::setenv("PATH", (folder.path().string() + ":" + path).c_str(), 1);
  EXPECT_EQ(best_accelerator("/nowhere", std::chrono::seconds(1)), Accelerator::kTcg);
  ::setenv("PATH", path.c_str(), 1);
}

TEST(GuestFiles, NameTheModuleThatIsMissing) {
  auto files = GuestFiles::make();
  auto modules = TempDir::make("suture-test");
  ASSERT_TRUE(make_directories(modules->path() / "kernel").has_value());
  const auto added = files->add_module(modules->path(), "no_such", true);
  ASSERT_FALSE(added.has_value());
  EXPECT_EQ(added.error().code, "qualify.no-module");
}

/// A module's file that depends on others as `info` says.
void write_module(const std::filesystem::path& file, std::string_view info) {
  elf::Object object;
  object.sections.push_back({.name = ".modinfo",
                             .flags = SHF_ALLOC,
                             .alignment = 1,
                             .size = info.size(),
                             .data = Bytes(info.begin(), info.end())});
  const auto bytes = elf::serialize(object);
  ASSERT_TRUE(bytes.has_value()) << bytes.error().message();
  ASSERT_TRUE(write_file(file, *bytes).has_value());
}

TEST(GuestFiles, FollowDependenciesThroughNamesWithHyphens) {
  auto files = GuestFiles::make();
  auto modules = TempDir::make("suture-test");
  const auto folder = modules->path() / "kernel/drivers/md";
  ASSERT_TRUE(make_directories(folder).has_value());
  using namespace std::string_view_literals;
  write_module(folder / "dm-mod.ko", "license=GPL\0depends=\0"sv);
  write_module(folder / "dm-bio-prison.ko", "depends=dm-mod\0"sv);
  const auto added = files->add_module(modules->path(), "dm_bio_prison", true);
  ASSERT_TRUE(added.has_value()) << added.error().message();
  const Bytes bytes = std::move(*files).finish();
  EXPECT_NE(as_text(bytes).find("/modules/dm_mod.ko\n/modules/dm_bio_prison.ko\n"), std::string_view::npos);
}

struct LogLine {
  const char* kind;  // empty: harmless
  const char* line;
};

class KernelLog : public testing::TestWithParam<LogLine> {};

TEST_P(KernelLog, IsJudged) {
  const auto faults =
      kernel_faults(std::string("[    0.000000] Linux version 6.1.0\r\n") + GetParam().line + "\r\n");
  if (*GetParam().kind == '\0') {
    EXPECT_TRUE(faults.empty()) << faults[0].kind;
    return;
  }
  ASSERT_EQ(faults.size(), 1u) << GetParam().line;
  EXPECT_EQ(faults[0].kind, GetParam().kind);
}

INSTANTIATE_TEST_SUITE_P(
    Lines, KernelLog,
    testing::Values(
        LogLine{"warning",
                "[    2.100000] WARNING: CPU: 0 PID: 71 at fs/proc/cmdline.c:9 cmdline_proc_show+0x15/0x40 "
                "[suture_1]"},
        LogLine{"oops", "[   12.000000] BUG: kernel NULL pointer dereference, address: 0000000000000008"},
        LogLine{"oops", "[   12.000000] kernel BUG at mm/slub.c:419!"},
        LogLine{"oops",
                "[   12.000000] general protection fault, probably for non-canonical address "
                "0xdead000000000108: 0000 [#1] PREEMPT SMP NOPTI"},
        LogLine{"panic", "[   12.000000] Kernel panic - not syncing: sysrq triggered crash"},
        LogLine{"hung-task", "[  242.000000] INFO: task kworker/0:1:12 blocked for more than 120 seconds."},
        LogLine{"rcu-stall", "[   60.000000] rcu: INFO: rcu_preempt self-detected stall on CPU"},
        LogLine{"lockup", "[   48.000000] watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [insmod:88]"},
        LogLine{
            "warning",
            "[    2.719364] WARNING: fs/proc/cmdline.c:10 at cmdline_proc_show+0x14/0x60 [suture_2], CPU#0: "
            "cat/190"},
        LogLine{"lockdep", "[    5.000000] WARNING: possible circular locking dependency detected"},
        LogLine{"", "[    1.365667] suture_1: tainting kernel with TAINT_LIVEPATCH"},
        LogLine{"", "[    1.755677] livepatch: enabling patch 'suture_1'"},
        LogLine{"", "a program prints BUG: on the console"}));

TEST(Results, AreForeignInput) {
  bool ended = false;
  const auto checks = parse_results(
      "begin\nstep one\noutput said\ncase pass 0.25 first\r\ncase fail x\nnoise\ncase\ncase pass 1e99 big "
      "one\nend 0\n",
      ended);
  EXPECT_TRUE(ended);
  ASSERT_EQ(checks.size(), 4u);
  EXPECT_EQ(checks[0].step, "one");
  EXPECT_EQ(checks[0].name, "first");
  EXPECT_EQ(checks[0].output, "said\n");
  EXPECT_DOUBLE_EQ(checks[0].seconds, 0.25);
  EXPECT_FALSE(checks[1].passed);
  EXPECT_FALSE(checks[2].passed);
  ended = false;
  EXPECT_TRUE(parse_results("begin\n", ended).empty());
  EXPECT_FALSE(ended);
}

TEST(Junit, EscapesWhatXmlCannotHold) {
  VmResult result{
      .outcome = VmOutcome::kKernelFault,
      .reason = "oops: <&\">",
      .checks = {{.step = "s", .name = "a \"b\" <c>", .passed = false, .seconds = 1, .output = "x\x01&y"}},
      .faults = {},
      .seconds = 2,
      .console = "]]>"};
  const std::string xml = junit_report(result, "suite");
  EXPECT_NE(xml.find("tests=\"2\" failures=\"2\""), std::string::npos);
  EXPECT_NE(xml.find("a &quot;b&quot; &lt;c&gt;"), std::string::npos);
  EXPECT_NE(xml.find("x?&amp;y"), std::string::npos);
  EXPECT_NE(xml.find("message=\"oops: &lt;&amp;&quot;&gt;\""), std::string::npos);
}

}  // namespace
}  // namespace suture
