// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>

#include "base/hash.h"
#include "engine/klp.h"
#include "engine/module_loader.h"
#include "host_tree.h"

namespace suture {
namespace {

using std::chrono::milliseconds;

KlpEngine engine_on(const HostTree& tree) {
  return KlpEngine({.paths = tree.paths(), .deadline = milliseconds(40), .pause = milliseconds(2)});
}

const Bytes kModule = {1, 2, 3};
const PatchsetFiles kFiles = {{"suture_2.ko", kModule}};

Patchset patchset_for(const HostTree& tree) {
  Patchset patchset;
  patchset.target.release = "6.1.0-47-cloud-amd64";
  patchset.target.build_id = read_running_kernel(tree.paths())->build_id;
  patchset.level = 2;
  patchset.modules = {{"klp", "suture_2", "suture_2.ko", sha256_hex(kModule), kModule.size()}};
  return patchset;
}

TEST(Host, TheRunningKernelIsRead) {
  const HostTree tree;
  const auto kernel = read_running_kernel(tree.paths());
  ASSERT_TRUE(kernel) << kernel.error().message();
  EXPECT_EQ(kernel->release, "6.1.0-47-cloud-amd64");
  EXPECT_EQ(kernel->build_id, "1111111111111111111111111111111111111111");
  EXPECT_EQ(kernel->boot_id, kBootId);
  EXPECT_EQ(kernel->uptime_seconds, 4711u);
  EXPECT_TRUE(kernel->livepatch);
}

TEST(Host, AKernelWithoutLivepatchIsSeen) {
  const HostTree tree;
  tree.remove("sys/kernel/livepatch");
  EXPECT_FALSE(read_running_kernel(tree.paths())->livepatch);
  EXPECT_EQ(*engine_on(tree).observe(), Applied{});
}

TEST(Host, AMalformedUptimeIsAnError) {
  const HostTree tree;
  tree.put("proc/uptime", "long\n");
  EXPECT_EQ(read_running_kernel(tree.paths()).error().code, "engine.proc-malformed");
}

TEST(Observe, LevelsComeFromTheNames) {
  EXPECT_EQ(level_of_module("suture_12"), 12u);
  EXPECT_EQ(level_of_module("suture_0"), std::nullopt);
  EXPECT_EQ(level_of_module("suture_-1"), std::nullopt);
  EXPECT_EQ(level_of_module("suture_1x"), std::nullopt);
  EXPECT_EQ(level_of_module("kpatch_1"), std::nullopt);
  EXPECT_EQ(level_of_module("suture_99999999999"), std::nullopt);
  EXPECT_EQ(level_of_module("suture_stop_12"), 12u);
  EXPECT_EQ(level_of_module("suture_stop_"), std::nullopt);
  EXPECT_EQ(level_of_module("suture_stop_0"), std::nullopt);
}

TEST(Observe, NamesTellTheEngine) {
  EXPECT_EQ(engine_of_module("suture_12"), "klp");
  EXPECT_EQ(engine_of_module("suture_stop_12"), "stopmachine");
  EXPECT_EQ(engine_of_module("suture"), "");
  EXPECT_EQ(engine_of_module("suture_stop"), "");
  const HostTree tree;
  tree.put("proc/modules", "suture 1 0\nsuture_stop_2 1 0\nsuture_1 1 0\nvsock 1 0\n");
  EXPECT_EQ(*read_suture_modules(tree.paths(), "klp"), std::vector<std::string>{"suture_1"});
  EXPECT_EQ(*read_suture_modules(tree.paths(), "stopmachine"), std::vector<std::string>{"suture_stop_2"});
}

TEST(Observe, TheHighestOfOursCounts) {
  const HostTree tree;
  tree.live_patch("suture_1", true, false);
  tree.live_patch("suture_2", true, true);
  tree.live_patch("kpatch_7", true, false);
  const auto applied = engine_on(tree).observe();
  ASSERT_TRUE(applied);
  EXPECT_EQ(*applied, (Applied{.level = 2, .module_name = "suture_2", .transition = true, .engine = "klp"}));
}

TEST(Observe, ADisabledPatchAboutToGoDoesNotCount) {
  const HostTree tree;
  tree.live_patch("suture_1", false, false);
  EXPECT_EQ(*engine_on(tree).observe(), Applied{});
}

TEST(Observe, AFlagThatIsNoFlagIsAnError) {
  const HostTree tree;
  tree.live_patch("suture_1", true, false);
  tree.put("sys/kernel/livepatch/suture_1/enabled", "yes\n");
  EXPECT_EQ(engine_on(tree).observe().error().code, "engine.sysfs-malformed");
}

TEST(Observe, StalledTasksAreNamedWithTheirStacks) {
  const HostTree tree;
  tree.task(100, "nfsd", "0", "[<0>] svc_recv+0x1/0x2\n[<0>] kthread+0x3/0x4\n");
  tree.task(101, "done", "1", "");
  tree.task(102, "idle", "-1", "");
  const auto tasks = read_stalled_tasks(tree.paths(), true);
  ASSERT_EQ(tasks.size(), 1u);
  EXPECT_EQ(describe(tasks), "nfsd (100) in svc_recv < kthread");
  EXPECT_EQ(describe(read_stalled_tasks(tree.paths(), false)), "done (101)");
}

// What holds a transition is a function that the patch replaces, somewhere on the stack.
TEST(Observe, StalledTasksAreNamedWithWhatHoldsThem) {
  HostTree tree;
  tree.put("sys/kernel/livepatch/suture_1/vmlinux/svc_recv,1/.keep", "");
  tree.put("proc/100/task/100/patch_state", "0\n");
  tree.put("proc/100/task/100/comm", "nfsd\n");
  tree.put("proc/100/task/100/stack",
           "[<0>] schedule+0x1/0x2\n[<0>] svc_recv+0x1/0x2 [sunrpc]\n[<0>] kthread+0x3/0x4\n");
  const auto tasks = read_stalled_tasks(tree.paths(), true);
  ASSERT_EQ(tasks.size(), 1u);
  EXPECT_EQ(describe_whole(tasks[0]), "nfsd (100) in schedule < svc_recv < kthread, held by svc_recv");
}

// On the way back it is the new code, which the module has under a name of its own.
TEST(Observe, NewCodeHoldsTheWayBack) {
  HostTree tree;
  tree.put("sys/kernel/livepatch/suture_1/vmlinux/kernel_clone,1/.keep", "");
  tree.put("proc/100/task/101/patch_state", "1\n");
  tree.put("proc/100/task/101/comm", "a) S (b\n");
  tree.put("proc/100/task/101/stat", "101 (a) S (b) D 1 100 100 0 -1 4194304 0 0\n");
  tree.put("proc/100/task/101/stack", "[<0>] kernel_clone.suture+0x1/0x2 [suture_1]\n");
  tree.put("proc/2/task/2/patch_state", "1\n");
  tree.put("proc/2/task/2/comm", "kthreadd\n");
  tree.put("proc/2/task/2/stat", "2 (kthreadd) S 0 0 0 0 -1 2129984 0 0\n");
  auto tasks = read_stalled_tasks(tree.paths(), false);
  ASSERT_EQ(tasks.size(), 2u);
  EXPECT_EQ(tasks[0].pid, 101);
  EXPECT_EQ(tasks[0].process, 100);
  EXPECT_EQ(tasks[0].state, 'D');
  EXPECT_FALSE(tasks[0].kernel_thread);
  EXPECT_EQ(tasks[0].patched, std::vector<std::string>{"kernel_clone"});
  EXPECT_TRUE(tasks[1].kernel_thread);
  EXPECT_EQ(tasks[1].state, 'S');
}

TEST(Observe, AStatThatIsNoneLeavesTheStateOpen) {
  for (const char* stat : {"", "101", "101 (a", "101 (a)", "101 (a) "}) {
    HostTree tree;
    tree.task(101, "a", "0", "");
    tree.put("proc/101/task/101/stat", stat);
    EXPECT_EQ(read_stalled_tasks(tree.paths(), true).at(0).state, '?') << stat;
  }
}

TEST(Observe, OneTransitionIsUnderWay) {
  EXPECT_EQ(transition_of({{"a", true, false}, {"b", false, true}})->name, "b");
  EXPECT_EQ(transition_of({{"a", true, false}}), std::nullopt);
}

TEST(Observe, ManyStalledTasksAreCounted) {
  const HostTree tree;
  for (int pid = 1; pid <= 8; ++pid) tree.task(pid, "t", "0", "");
  EXPECT_TRUE(describe(read_stalled_tasks(tree.paths(), true)).ends_with("; and 3 more"));
}

class Refusals : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "the checks after the first need root";
  }
  std::string code(const Patchset& patchset) const {
    const auto applied = engine_on(tree_).apply(patchset, kFiles);
    return applied ? "" : applied.error().code;
  }
  HostTree tree_;
};

TEST_F(Refusals, AnotherKernelsPatchset) {
  Patchset patchset = patchset_for(tree_);
  patchset.target.build_id = "2222222222222222222222222222222222222222";
  EXPECT_EQ(code(patchset), "engine.wrong-kernel");
}

TEST_F(Refusals, OtherBytesThanTheManifests) {
  Patchset patchset = patchset_for(tree_);
  std::string& sha256 = patchset.modules.front().sha256;
  sha256[0] = sha256[0] == 'a' ? 'b' : 'a';
  EXPECT_EQ(code(patchset), "engine.wrong-module");
}

TEST_F(Refusals, AModuleOfAnotherName) {
  Patchset patchset = patchset_for(tree_);
  patchset.modules.front().name = "vsock";
  EXPECT_EQ(code(patchset), "engine.wrong-module");
}

TEST_F(Refusals, APatchsetForOtherEnginesOnly) {
  Patchset patchset = patchset_for(tree_);
  patchset.modules.front().engine = "stopmachine";
  EXPECT_EQ(code(patchset), "engine.no-module");
  patchset.modules.push_back(patchset_for(tree_).module());
  EXPECT_EQ(code(patchset), code(patchset_for(tree_))) << "the second one is for this engine";
}

TEST_F(Refusals, AFileThatIsMissing) {
  Patchset patchset = patchset_for(tree_);
  patchset.modules.front().file = "suture_3.ko";
  EXPECT_EQ(code(patchset), "engine.wrong-module");
}

TEST_F(Refusals, AKernelWithoutLivepatch) {
  tree_.remove("sys/kernel/livepatch");
  EXPECT_EQ(code(patchset_for(tree_)), "engine.no-livepatch");
}

TEST_F(Refusals, AnotherMakersPatchWouldBeReplaced) {
  tree_.live_patch("kpatch_7", true, false);
  EXPECT_EQ(code(patchset_for(tree_)), "engine.foreign-livepatch");
}

TEST_F(Refusals, AnotherTransitionThatDoesNotEnd) {
  tree_.live_patch("suture_1", true, true);
  tree_.task(100, "nfsd", "0", "");
  const auto applied = engine_on(tree_).apply(patchset_for(tree_), kFiles);
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().code, "engine.transition-stalled");
  EXPECT_NE(applied.error().why.find("nfsd (100)"), std::string::npos);
}

TEST_F(Refusals, AppliedAlreadyIsSuccess) {
  tree_.live_patch("suture_2", true, false);
  EXPECT_EQ(code(patchset_for(tree_)), "");
}

TEST_F(Refusals, AStalledTransitionIsReversedAndTasksNamed) {
  tree_.live_patch("suture_2", true, true);
  tree_.task(100, "nfsd", "0", "[<0>] svc_recv+0x1/0x2\n");
  const auto applied = engine_on(tree_).apply(patchset_for(tree_), kFiles);
  ASSERT_FALSE(applied);
  // Files do not react to the 0 that is written; what matters is that it was, and that both are told.
  EXPECT_EQ(applied.error().code, "engine.transition-stuck");
  EXPECT_NE(applied.error().message().find("nfsd (100) in svc_recv"), std::string::npos);
  EXPECT_EQ(read_text_file(tree_.paths().sys / "kernel/livepatch/suture_2/enabled")->front(), '0');
}

TEST_F(Refusals, AStalledTransitionMayBeLeftUnderWay) {
  tree_.live_patch("suture_2", true, true);
  tree_.task(100, "nfsd", "0", "[<0>] svc_recv+0x1/0x2\n");
  for (const Stalled stalled : {Stalled::kWait, Stalled::kSignal}) {
    bool under_way = false;
    KlpEngine engine({.paths = tree_.paths(),
                      .deadline = std::chrono::milliseconds(1),
                      .stalled = stalled,
                      .pause = std::chrono::milliseconds(1)});
    const auto applied = engine.apply(patchset_for(tree_), kFiles, [&] { under_way = true; });
    EXPECT_TRUE(applied) << applied.error().message();
    EXPECT_TRUE(under_way);
    EXPECT_TRUE(engine.observe()->transition);
    EXPECT_EQ(read_text_file(tree_.paths().sys / "kernel/livepatch/suture_2/enabled")->front(), '1');
  }
}

TEST_F(Refusals, RevertingOnAKernelWithoutModulesIsDone) {
  std::filesystem::remove(tree_.paths().proc / "modules");
  const auto reverted = engine_on(tree_).revert();
  EXPECT_TRUE(reverted) << reverted.error().message();
}

TEST(LoadErrors, SayWhatToDo) {
  for (const int number : {ENOEXEC, EKEYREJECTED, EPERM, EBUSY, EEXIST, ENOMEM, EINVAL, EIO}) {
    const Error error = load_error("suture_1", number);
    EXPECT_EQ(error.code, "engine.load-refused");
    EXPECT_FALSE(error.why.empty());
  }
  EXPECT_NE(load_error("suture_1", EPERM).why.find("lockdown"), std::string::npos);
  EXPECT_NE(load_error("suture_1", EKEYREJECTED).hint.find("mokutil"), std::string::npos);
}

}  // namespace
}  // namespace suture
