// SPDX-License-Identifier: Apache-2.0
#include "corpus/machine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace suture::corpus {
namespace {

using testing::HasSubstr;

constexpr const char* kBoot = "[    0.0] Linux version 6.1.0\r\nBUG: said by a program, not by the kernel\n";

std::string mark(const std::string& name) {
  return "[    5.0] suture-corpus: target of " + name + "\r\n[    5.5] suture-corpus: patch " + name + "\r\n";
}

/// All checks of one patch, passed but for the one named.
void add_checks(VmResult& boot, const std::string& name, const std::string& failed = "") {
  for (const char* check : {"load", "transition", "disable", "disabled", "remove", "load runs"}) {
    boot.checks.push_back({.step = name,
                           .name = check,
                           .passed = check != failed,
                           .seconds = 2,
                           .output = check == failed ? "it said why\n" : ""});
    if (check == failed) return;
  }
}

TEST(Boot, PassesWhatCameToItsEnd) {
  VmResult boot;
  boot.console = kBoot + mark("a.c") + mark("b.c");
  add_checks(boot, "a.c");
  boot.checks.push_back(
      {.step = "b.c", .name = "target", .passed = true, .seconds = 0, .output = "insmod: No such device\n"});
  add_checks(boot, "b.c");
  const BootVerdict verdict = judge_boot({{"a.c", "vmlinux"}, {"b.c", "nvme"}}, boot);
  ASSERT_EQ(verdict.tried.size(), 2u);
  EXPECT_TRUE(verdict.tried.at("a.c").passed);
  EXPECT_EQ(verdict.tried.at("a.c").target, "vmlinux");
  EXPECT_EQ(verdict.tried.at("a.c").seconds, 4);
  EXPECT_TRUE(verdict.tried.at("b.c").passed);
  EXPECT_EQ(verdict.tried.at("b.c").target, "insmod: No such device");
  EXPECT_TRUE(verdict.doubtful.empty());
}

TEST(Boot, BlamesThePatchInHand) {
  VmResult boot;
  boot.console = kBoot + mark("a.c") + mark("b.c") +
                 "[    7.0] livepatch: enabling\n[    7.1] WARNING: CPU: 0 PID: 9\n" +
                 "[    7.2] Call Trace:\n";
  add_checks(boot, "a.c");
  add_checks(boot, "b.c");
  const BootVerdict verdict = judge_boot({{"a.c", "vmlinux"}, {"b.c", "vmlinux"}, {"c.c", "vmlinux"}}, boot);
  ASSERT_EQ(verdict.tried.size(), 2u) << "c.c was not begun";
  EXPECT_TRUE(verdict.tried.at("a.c").passed);
  EXPECT_FALSE(verdict.tried.at("b.c").passed);
  EXPECT_EQ(verdict.tried.at("b.c").log,
            (std::vector<std::string>{"[    7.1] WARNING: CPU: 0 PID: 9", "[    7.2] Call Trace:"}));
  EXPECT_TRUE(verdict.doubtful.empty());
}

TEST(Boot, FailsACheckWithItsWords) {
  VmResult boot;
  boot.console = kBoot + mark("a.c");
  add_checks(boot, "a.c", "load");
  const BootVerdict verdict = judge_boot({{"a.c", "vmlinux"}}, boot);
  EXPECT_FALSE(verdict.tried.at("a.c").passed);
  EXPECT_EQ(verdict.tried.at("a.c").text, "load: it said why\n");
}

TEST(Boot, DoubtsWhatASlowMachineMayDo) {
  VmResult boot;
  boot.reason = "the time was over";
  boot.console =
      kBoot + mark("a.c") + "[   99.0] rcu: INFO: rcu_preempt self-detected stall on CPU\n" + mark("b.c");
  add_checks(boot, "a.c");
  const BootVerdict verdict = judge_boot({{"a.c", "vmlinux"}, {"b.c", "vmlinux"}}, boot);
  EXPECT_THAT(verdict.tried.at("a.c").text, HasSubstr("rcu-stall"));
  EXPECT_EQ(verdict.tried.at("b.c").text, "it did not come to its end: the time was over");
  EXPECT_EQ(verdict.doubtful, (std::vector<std::string>{"a.c", "b.c"}));
}

TEST(Boot, DoesNotBlameAPatchForTheModuleThatItIsFor) {
  VmResult boot;
  boot.console = std::string(kBoot) +
                 "[    5.0] suture-corpus: target of a.c\n[    5.2] WARNING: CPU: 0 PID: 9\n"
                 "[    5.5] suture-corpus: patch a.c\n[    6.0] suture-corpus: target of b.c\n";
  add_checks(boot, "a.c");
  const BootVerdict verdict = judge_boot({{"a.c", "nvme"}, {"b.c", "vsock"}}, boot);
  EXPECT_TRUE(verdict.tried.empty());
  EXPECT_EQ(verdict.bad_targets.at("a.c"), "[    5.2] WARNING: CPU: 0 PID: 9");
  EXPECT_EQ(verdict.bad_targets.at("b.c"), "loading it did not end");
}

TEST(Boot, TellsNothingFromNoise) {
  for (const char* console :
       {"", "[", "suture-corpus: patch a.c\n", "[ suture-corpus: \n[ suture-corpus: patch \n"}) {
    VmResult boot;
    boot.console = console;
    const BootVerdict verdict = judge_boot({{"a.c", "vmlinux"}}, boot);
    EXPECT_TRUE(verdict.tried.empty()) << console;
    EXPECT_TRUE(verdict.bad_targets.empty());
  }
}

}  // namespace
}  // namespace suture::corpus
