// SPDX-License-Identifier: Apache-2.0
#include "engine/stop_machine_state.h"

#include "host_tree.h"

namespace suture {
namespace {

TEST(StopMachineState, NotLoadedIsNothing) {
  const HostTree tree;
  const auto state = read_stop_machine(tree.paths());
  ASSERT_TRUE(state);
  EXPECT_FALSE(*state);
  EXPECT_EQ(read_last_switch(tree.paths()).action, "none");
  EXPECT_TRUE(read_blockers(tree.paths()).empty());
  EXPECT_TRUE(read_switched_functions(tree.paths()).empty());
}

TEST(StopMachineState, WhatItHoldsIsRead) {
  const HostTree tree;
  tree.put("sys/kernel/suture/abi", "1\n");
  tree.put("sys/kernel/suture/level", "0\n");
  tree.put("sys/kernel/suture/patch", "\n");
  EXPECT_EQ((*read_stop_machine(tree.paths()))->level, 0u);
  EXPECT_EQ((*read_stop_machine(tree.paths()))->patch, "");
  tree.put("sys/kernel/suture/level", "3\n");
  tree.put("sys/kernel/suture/patch", "suture_stop_3\n");
  const auto state = *read_stop_machine(tree.paths());
  EXPECT_EQ(state->abi, 1u);
  EXPECT_EQ(state->level, 3u);
  EXPECT_EQ(state->patch, "suture_stop_3");
}

TEST(StopMachineState, ANumberThatIsNoneIsAnError) {
  const HostTree tree;
  tree.put("sys/kernel/suture/abi", "1\n");
  tree.put("sys/kernel/suture/patch", "\n");
  for (const char* level : {"", "\n", "x\n", "-1\n", "1 2\n", "99999999999\n"}) {
    tree.put("sys/kernel/suture/level", level);
    EXPECT_EQ(read_stop_machine(tree.paths()).error().code, "engine.sysfs-malformed") << level;
  }
}

TEST(StopMachineState, TheLastSwitchIsTold) {
  const HostTree tree;
  for (const auto& [name, text] : {std::pair{"action", "apply\n"},
                                   {"patch", "suture_stop_3\n"},
                                   {"error", "16\n"},
                                   {"reason", "tasks stay in old code\n"},
                                   {"attempts", "20\n"},
                                   {"stops", "4\n"},
                                   {"pause_ns", "312000\n"}}) {
    tree.put(std::string("sys/kernel/suture/last/") + name, text);
  }
  const LastSwitch last = read_last_switch(tree.paths());
  EXPECT_EQ(last.action, "apply");
  EXPECT_EQ(last.patch, "suture_stop_3");
  EXPECT_EQ(last.error, 16);
  EXPECT_EQ(last.reason, "tasks stay in old code");
  EXPECT_EQ(last.attempts, 20u);
  EXPECT_EQ(last.stops, 4u);
  EXPECT_EQ(last.pause_ns, 312000u);
}

TEST(StopMachineState, BlockersAreNamedAsStalledTasksAre) {
  const HostTree tree;
  tree.put("sys/kernel/suture/last/blockers",
           "412 409 S kthread svc_recv+0x63/0x160 nfsd\n"
           "500 500 D user do_nanosleep.suture+0x1/0x2 a b (c)\n"
           "0 0 R kthread cpuidle_enter+0x1/0x2 swapper/1\n");
  const auto tasks = read_blockers(tree.paths());
  ASSERT_EQ(tasks.size(), 3u);
  EXPECT_EQ(tasks[0].process, 409);
  EXPECT_TRUE(tasks[0].kernel_thread);
  EXPECT_FALSE(tasks[1].kernel_thread);
  EXPECT_EQ(tasks[1].state, 'D');
  EXPECT_EQ(tasks[1].name, "a b (c)");
  EXPECT_EQ(describe(tasks),
            "nfsd (412) in svc_recv, held by svc_recv; a b (c) (500) in do_nanosleep.suture, held by "
            "do_nanosleep; swapper/1 (0) in cpuidle_enter, held by cpuidle_enter");
}

TEST(StopMachineState, AStackThatCannotBeTrustedIsNone) {
  const HostTree tree;
  tree.put("sys/kernel/suture/last/blockers", "412 409 R user ?+0x0/0x0 spin\n");
  const auto tasks = read_blockers(tree.paths());
  ASSERT_EQ(tasks.size(), 1u);
  EXPECT_EQ(describe(tasks), "spin (412)");
}

// The kernel's own view of the stack tells more, unless the task has moved on.
TEST(StopMachineState, BlockersComeWithTheirWholeStacks) {
  const HostTree tree;
  tree.put("sys/kernel/suture/last/blockers", "412 409 S user do_nanosleep+0x63/0x160 sleep\n");
  tree.put("proc/409/task/412/stack", "[<0>] hrtimer_nanosleep+0x1/0x2\n[<0>] do_nanosleep+0x1/0x2\n");
  EXPECT_EQ(read_blockers(tree.paths()).at(0).stack.size(), 2u);
  tree.put("proc/409/task/412/stack", "[<0>] do_exit+0x1/0x2\n[<0>] do_group_exit+0x1/0x2\n");
  EXPECT_EQ(read_blockers(tree.paths()).at(0).stack, std::vector<std::string>{"do_nanosleep+0x63/0x160"});
}

TEST(StopMachineState, LinesThatAreNoneArePassedOver) {
  const HostTree tree;
  tree.put("sys/kernel/suture/last/blockers",
           "\nx 1 S user f+0x1/0x2 a\n1 y S user f+0x1/0x2 a\n1 1 S user\n99999999999 1 S user f g\n");
  EXPECT_TRUE(read_blockers(tree.paths()).empty());
  tree.put("sys/kernel/suture/functions", "\nvmlinux\nvmlinux do_nanosleep 1 ftrace\n");
  EXPECT_EQ(read_switched_functions(tree.paths()), std::set<std::string>{"do_nanosleep"});
}

}  // namespace
}  // namespace suture
