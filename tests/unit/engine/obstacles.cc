// SPDX-License-Identifier: Apache-2.0
#include "engine/obstacles.h"

#include <algorithm>

#include "host_tree.h"

namespace suture {
namespace {

/// "blocks engine.x" or "warns engine.x", of each.
std::vector<std::string> found_on(const HostTree& tree, const Patchset* patchset = nullptr,
                                  const std::vector<std::string>& engines = {"klp"}) {
  std::vector<std::string> names;
  for (const Obstacle& one : find_obstacles(tree.paths(), patchset, engines)) {
    EXPECT_FALSE(one.text.empty());
    EXPECT_FALSE(one.hint.empty()) << one.code;
    names.push_back((one.blocks ? "blocks " : "warns ") + one.code);
  }
  return names;
}

using Names = std::vector<std::string>;

Patchset replacing(const std::string& function) {
  Patchset patchset;
  patchset.objects = {{.name = "vmlinux", .functions = {{.name = function}}, .evidence = {}}};
  return patchset;
}

TEST(Obstacles, AStockHostHasNone) {
  const HostTree tree;
  tree.put("proc/sys/kernel/ftrace_enabled", "1\n");
  tree.put("proc/sys/kernel/modules_disabled", "0\n");
  tree.put("proc/cmdline", "BOOT_IMAGE=/vmlinuz quiet\n");
  tree.put("sys/kernel/security/lockdown", "[none] integrity confidentiality\n");
  tree.put("boot/vmlinuz-6.1.0-47-cloud-amd64", "");
  tree.live_patch("suture_2", true, false);
  const Patchset patchset = replacing("do_nanosleep");
  EXPECT_EQ(found_on(tree), Names{});
  EXPECT_EQ(found_on(tree, &patchset), Names{});
}

TEST(Obstacles, PatchesOfOthersBlockAndAreNamed) {
  for (const auto& [name, maker] : {std::pair{"kpatch_livepatch", "kpatch"},
                                    {"lkp_Ubuntu_6_1", "Canonical"},
                                    {"livepatch_12", "SUSE"},
                                    {"mine", "another maker"}}) {
    const HostTree tree;
    tree.live_patch(name, true, false);
    const auto found = find_obstacles(tree.paths(), nullptr, {"klp"});
    ASSERT_EQ(found.size(), 1u) << name;
    EXPECT_EQ(found[0].code, "engine.foreign-livepatch");
    EXPECT_TRUE(found[0].blocks);
    EXPECT_NE(found[0].text.find(maker), std::string::npos) << found[0].text;
  }
}

TEST(Obstacles, PatchersThatTheKernelKnowsNothingOfBlock) {
  const HostTree tree;
  tree.put("proc/modules",
           "kcare 90112 0 - Live 0x0000000000000000 (OE)\nksplice_ab12_vmlinux 1 0 - Live 0x0\nkcov 1 0 - "
           "Live 0x0\n");
  EXPECT_EQ(found_on(tree), (Names{"blocks engine.foreign-patcher", "blocks engine.foreign-patcher"}));
}

TEST(Obstacles, SwitchesOfTheKernelBlock) {
  const HostTree tree;
  tree.put("proc/sys/kernel/ftrace_enabled", "0\n");
  tree.put("proc/sys/kernel/modules_disabled", "1\n");
  tree.put("proc/cmdline", "quiet suture.disable\n");
  tree.remove("sys/kernel/livepatch");
  EXPECT_EQ(found_on(tree), (Names{"blocks engine.no-livepatch", "blocks engine.ftrace-disabled",
                                   "blocks engine.modules-disabled", "blocks engine.disabled-at-boot"}));
}

TEST(Obstacles, WithoutLivepatchTheOtherEngineIsLeft) {
  const HostTree tree;
  tree.remove("sys/kernel/livepatch");
  EXPECT_EQ(found_on(tree, nullptr, {"stopmachine"}), Names{});
  EXPECT_EQ(found_on(tree, nullptr, {"klp", "stopmachine"}), Names{});
  EXPECT_EQ(found_on(tree), Names{"blocks engine.no-livepatch"});
}

TEST(Obstacles, PatchesOfOthersBlockTheStopMachineToo) {
  const HostTree tree;
  tree.live_patch("kpatch_7", true, false);
  EXPECT_EQ(found_on(tree, nullptr, {"stopmachine"}), Names{"blocks engine.foreign-livepatch"});
}

TEST(Obstacles, OnlyTheWholeWordOnTheCommandLineCounts) {
  const HostTree tree;
  tree.put("proc/cmdline", "nosuture.disable suture.disable=0 suture.disabled\n");
  EXPECT_EQ(found_on(tree), Names{});
  tree.put("proc/cmdline", "suture.disable=1\n");
  EXPECT_EQ(found_on(tree), Names{"blocks engine.disabled-at-boot"});
}

TEST(Obstacles, ALockedDownKernelWantsASignature) {
  const HostTree tree;
  tree.put("sys/kernel/security/lockdown", "none [integrity] confidentiality\n");
  EXPECT_EQ(found_on(tree), Names{"warns engine.lockdown"});
  Patchset patchset = replacing("do_nanosleep");
  EXPECT_EQ(found_on(tree, &patchset), Names{"blocks engine.lockdown"});
  patchset.module_signer = ModuleSigner{};
  EXPECT_EQ(found_on(tree, &patchset), Names{});
}

TEST(Obstacles, AnInstalledKernelThatIsNotBootedIsTold) {
  const HostTree tree;
  for (const char* release : {"6.1.0-47-cloud-amd64", "6.1.0-9-cloud-amd64", "6.12.9-rt-amd64"}) {
    tree.put(std::string("boot/vmlinuz-") + release, "");
  }
  EXPECT_EQ(found_on(tree), Names{});
  tree.put("boot/vmlinuz-6.1.0-48-cloud-amd64", "");
  EXPECT_EQ(found_on(tree), Names{"warns engine.kernel-not-booted"});
}

TEST(Obstacles, WhoeverRedirectsTheSameFunctionBlocks) {
  const HostTree tree;
  tree.put("sys/kernel/tracing/enabled_functions",
           "do_nanosleep (1) R I \ttramp: 0xffffffffc0200000 (x+0x0/0x1) ->ftrace_ops_assist_func+0x0/0xf0\n"
           "tcp_ack (1)    R   \n");
  const Patchset patchset = replacing("do_nanosleep");
  EXPECT_EQ(found_on(tree, &patchset), Names{"blocks engine.function-redirected"});
  const Patchset traced = replacing("tcp_ack");
  EXPECT_EQ(found_on(tree, &traced), Names{});
  // By our own level before.
  tree.put("sys/kernel/livepatch/suture_1/vmlinux/do_nanosleep,1/.keep", "");
  tree.live_patch("suture_1", true, false);
  EXPECT_EQ(found_on(tree, &patchset), Names{});
}

TEST(Obstacles, WhatTheStopMachineRedirectsIsOurs) {
  const HostTree tree;
  tree.put("sys/kernel/tracing/enabled_functions", "do_nanosleep (1) R I \ttramp: 0x0\n");
  tree.put("sys/kernel/suture/functions", "vmlinux tcp_ack 0 jump\n");
  const Patchset patchset = replacing("do_nanosleep");
  EXPECT_EQ(found_on(tree, &patchset, {"stopmachine"}), Names{"blocks engine.function-redirected"});
  tree.put("sys/kernel/suture/functions", "vmlinux tcp_ack 0 jump\nvmlinux do_nanosleep 1 ftrace\n");
  EXPECT_EQ(found_on(tree, &patchset, {"stopmachine"}), Names{});
  EXPECT_EQ(found_on(tree, &patchset), Names{});
}

TEST(Obstacles, ProbesInsideAReplacedFunctionAreTold) {
  const HostTree tree;
  tree.put("sys/kernel/debug/kprobes/list",
           "ffffffff8107f7e0  k  do_nanosleep+0x0    [FTRACE]\nffffffff8107f800  r  do_nanosleep+0x20  \n"
           "ffffffff8107f900  k  tcp_ack+0x12  [OPTIMIZED]\n");
  const Patchset patchset = replacing("do_nanosleep");
  EXPECT_EQ(found_on(tree, &patchset), Names{"warns engine.probe-inside"});
}

}  // namespace
}  // namespace suture
