// SPDX-License-Identifier: Apache-2.0
//
// The engine over a kernel of files: loading and unloading modules and writing attributes change what they
// show as suture.ko would.
#include "engine/stop_machine.h"

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <set>

#include "base/hash.h"
#include "host_tree.h"

namespace suture {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;

const Bytes kEngine = {9, 9};

Bytes module_of(std::uint32_t level) {
  return {1, 2, static_cast<std::uint8_t>(level)};
}

class StopMachineKernel {
 public:
  StopMachineEngine engine(Stalled stalled = Stalled::kRevert) {
    KernelCalls calls;
    calls.load = [this](ByteView bytes) { return load(Bytes(bytes.begin(), bytes.end())); };
    calls.unload = [this](const std::string& name) { return unload(name); };
    calls.write = [this](const std::filesystem::path& path, std::string_view text) {
      return write(path.filename(), std::string(text));
    };
    return StopMachineEngine({.paths = tree.paths(),
                              .deadline = milliseconds(30),
                              .stalled = stalled,
                              .pause = milliseconds(1),
                              .calls = calls});
  }

  Patchset patchset(std::uint32_t level, std::uint32_t abi = 1) const {
    const std::string name = "suture_stop_" + std::to_string(level);
    Patchset made;
    made.target.release = "6.1.0-47-cloud-amd64";
    made.target.build_id = read_running_kernel(tree.paths())->build_id;
    made.level = level;
    made.modules = {{.engine = "stopmachine",
                     .name = name,
                     .file = name + ".ko",
                     .sha256 = sha256_hex(module_of(level)),
                     .size = module_of(level).size(),
                     .engine_module = EngineModule{"suture.ko", sha256_hex(kEngine), kEngine.size(), abi}}};
    return made;
  }
  static PatchsetFiles files(std::uint32_t level) {
    return {{"suture_stop_" + std::to_string(level) + ".ko", module_of(level)}, {"suture.ko", kEngine}};
  }

  /// suture.ko, as somebody has loaded it.
  void show_engine(std::uint32_t abi, std::uint32_t level) {
    engine_loaded = true;
    tree.put("sys/kernel/suture/abi", std::to_string(abi) + "\n");
    show(level);
  }
  void show(std::uint32_t level) {
    held = level;
    if (level > 0) modules.insert(level);
    tree.put("sys/kernel/suture/level", std::to_string(level) + "\n");
    tree.put("sys/kernel/suture/patch", level == 0 ? "\n" : "suture_stop_" + std::to_string(level) + "\n");
    list_modules();
  }

  HostTree tree;
  std::vector<std::string> did;
  std::uint32_t held = 0;
  std::set<std::uint32_t> modules{};
  bool engine_loaded = false;
  std::uint32_t abi_of_engine = 1;
  int engine_error = 0;  ///< of loading suture.ko
  int patch_error = 0;   ///< of the kernel, before the engine sees the module
  int busy = 0;          ///< so many tries find tasks in the way
  std::string blockers = "412 409 S kthread svc_recv+0x63/0x160 nfsd\n";

 private:
  void list_modules() {
    std::string text = "vsock 1 0\n";
    if (engine_loaded) text += "suture 1 0\n";
    for (const std::uint32_t level : modules) text += "suture_stop_" + std::to_string(level) + " 1 0\n";
    tree.put("proc/modules", text);
  }
  int tried(const std::string& action, std::uint32_t level) {
    const int error = busy > 0 ? EBUSY : 0;
    if (busy > 0) --busy;
    tree.put("sys/kernel/suture/last/action", action + "\n");
    tree.put("sys/kernel/suture/last/patch", "suture_stop_" + std::to_string(level) + "\n");
    tree.put("sys/kernel/suture/last/error", std::to_string(error) + "\n");
    tree.put("sys/kernel/suture/last/attempts", tries + "\n");
    tree.put("sys/kernel/suture/last/blockers", error == 0 ? "" : blockers);
    return error;
  }
  int load(const Bytes& bytes) {
    if (bytes == kEngine) {
      did.push_back("load suture");
      if (engine_error != 0) return engine_error;
      show_engine(abi_of_engine, 0);
      return 0;
    }
    did.push_back("load " + std::to_string(bytes.back()));
    if (!engine_loaded) return ENXIO;
    if (patch_error != 0) return patch_error;
    if (modules.contains(bytes.back())) return EEXIST;
    if (const int error = tried("apply", bytes.back()); error != 0) return error;
    show(bytes.back());
    return 0;
  }
  int unload(const std::string& name) {
    did.push_back("unload " + name);
    if (name == "suture") {
      if (held > 0) return EBUSY;
      engine_loaded = false;
      tree.remove("sys/kernel/suture");
    } else {
      if (name == "suture_stop_" + std::to_string(held)) return EWOULDBLOCK;
      modules.erase(static_cast<std::uint32_t>(std::stoul(name.substr(12))));
    }
    list_modules();
    return 0;
  }
  int write(const std::string& attribute, const std::string& text) {
    if (attribute == "tries") {
      tries = text;
      return engine_loaded ? 0 : ENOENT;
    }
    EXPECT_EQ(attribute, "revert");
    did.push_back("revert " + text);
    if (const int error = tried("revert", held); error != 0) return error;
    show(0);
    return 0;
  }

  std::string tries;
};

class StopMachine : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "an engine does nothing for others than root";
  }
  std::string apply(std::uint32_t level, Stalled stalled = Stalled::kRevert) {
    const auto applied = kernel_.engine(stalled).apply(kernel_.patchset(level), kernel_.files(level));
    error_ = applied ? Error{} : applied.error();
    return error_.code;
  }
  StopMachineKernel kernel_;
  Error error_;
};

TEST_F(StopMachine, TheEngineComesWithTheFirstLevel) {
  EXPECT_EQ(*kernel_.engine().observe(), Applied{});
  bool under_way = false;
  const auto applied =
      kernel_.engine().apply(kernel_.patchset(2), kernel_.files(2), [&] { under_way = true; });
  ASSERT_TRUE(applied) << applied.error().message();
  EXPECT_TRUE(under_way);
  EXPECT_THAT(kernel_.did, ElementsAre("load suture", "load 2"));
  EXPECT_EQ(*kernel_.engine().observe(),
            (Applied{.level = 2, .module_name = "suture_stop_2", .engine = "stopmachine"}));
}

TEST_F(StopMachine, TheNextLevelTakesItsPlace) {
  ASSERT_EQ(apply(2), "");
  kernel_.did.clear();
  EXPECT_EQ(apply(3), "");
  EXPECT_THAT(kernel_.did, ElementsAre("load 3", "unload suture_stop_2"));
  EXPECT_EQ(kernel_.engine().observe()->level, 3u);
}

TEST_F(StopMachine, AppliedAlreadyIsSuccess) {
  ASSERT_EQ(apply(2), "");
  kernel_.did.clear();
  EXPECT_EQ(apply(2), "");
  EXPECT_THAT(kernel_.did, ElementsAre());
}

TEST_F(StopMachine, NothingIsLeftAfterARevert) {
  ASSERT_EQ(apply(2), "");
  kernel_.did.clear();
  EXPECT_TRUE(kernel_.engine().revert());
  EXPECT_THAT(kernel_.did, ElementsAre("revert suture_stop_2", "unload suture_stop_2", "unload suture"));
  EXPECT_EQ(*kernel_.engine().observe(), Applied{});
  kernel_.did.clear();
  EXPECT_TRUE(kernel_.engine().revert());
  EXPECT_THAT(kernel_.did, ElementsAre());
}

TEST_F(StopMachine, AnIdleEngineGivesWayToTheOneThatCame) {
  kernel_.show_engine(1, 0);
  EXPECT_EQ(apply(2), "");
  EXPECT_THAT(kernel_.did, ElementsAre("unload suture", "load suture", "load 2"));
}

TEST_F(StopMachine, AnotherInterfaceIsRefusedWhileALevelIsHeld) {
  kernel_.show_engine(7, 1);
  EXPECT_EQ(apply(2), "engine.other-abi");
  EXPECT_THAT(error_.hint, HasSubstr("suture revert"));
  EXPECT_THAT(kernel_.did, ElementsAre());
  EXPECT_EQ(kernel_.engine().observe()->level, 1u);
}

TEST_F(StopMachine, AnEngineThatIsNotTheManifestsGoesAgain) {
  kernel_.abi_of_engine = 2;
  EXPECT_EQ(apply(2), "engine.engine-refused");
  EXPECT_THAT(kernel_.did, ElementsAre("load suture", "unload suture"));
}

TEST_F(StopMachine, AKernelThatRefusesTheEngineIsTold) {
  kernel_.engine_error = EKEYREJECTED;
  EXPECT_EQ(apply(2), "engine.engine-refused");
  EXPECT_THAT(error_.why, HasSubstr("signed"));
  EXPECT_THAT(kernel_.did, ElementsAre("load suture"));
}

TEST_F(StopMachine, WhoStaysInOldCodeIsNamed) {
  kernel_.busy = 1000;
  EXPECT_EQ(apply(2), "engine.transition-stalled");
  EXPECT_THAT(error_.why, HasSubstr("nfsd (412) in svc_recv, held by svc_recv"));
  EXPECT_THAT(error_.why, HasSubstr("after 3 attempts"));
  EXPECT_EQ(*kernel_.engine().observe(), Applied{});
  // It stays, to be asked who that was.
  EXPECT_THAT(kernel_.did, ElementsAre("load suture", "load 2"));
}

TEST_F(StopMachine, WaitingMeansTheSame) {
  kernel_.busy = 1;
  EXPECT_EQ(apply(2, Stalled::kWait), "engine.transition-stalled");
}

TEST_F(StopMachine, SleepersMayBeHeldWhileItTries) {
  const pid_t child = ::fork();
  if (child == 0) {
    for (;;) ::pause();
  }
  const std::string pid = std::to_string(child);
  kernel_.blockers = pid + " " + pid + " S user do_nanosleep+0x1/0x2 sleep\n";
  kernel_.busy = 1;
  EXPECT_EQ(apply(2, Stalled::kSignal), "");
  EXPECT_THAT(kernel_.did, ElementsAre("load suture", "load 2", "load 2"));
  EXPECT_EQ(::kill(child, SIGTERM), 0);
  EXPECT_EQ(::waitpid(child, nullptr, 0), child);
}

TEST_F(StopMachine, HoldingEndsAtTheDeadline) {
  kernel_.busy = 1'000'000;
  EXPECT_EQ(apply(2, Stalled::kSignal), "engine.transition-stalled");
}

TEST_F(StopMachine, OtherRefusalsAreTheKernels) {
  kernel_.patch_error = EKEYREJECTED;
  EXPECT_EQ(apply(2), "engine.load-refused");
  EXPECT_THAT(error_.why, HasSubstr("signed"));
  kernel_.patch_error = EINVAL;
  kernel_.tree.put("sys/kernel/suture/last/action", "apply\n");
  kernel_.tree.put("sys/kernel/suture/last/patch", "suture_stop_2\n");
  kernel_.tree.put("sys/kernel/suture/last/error", std::to_string(EINVAL) + "\n");
  kernel_.tree.put("sys/kernel/suture/last/reason", "do_nanosleep is elsewhere\n");
  kernel_.show_engine(1, 1);
  EXPECT_EQ(apply(2), "engine.load-refused");
  EXPECT_EQ(error_.why, "do_nanosleep is elsewhere");
}

TEST_F(StopMachine, BusyWithoutTasksIsNoStall) {
  kernel_.busy = 1;
  kernel_.blockers = "";
  EXPECT_EQ(apply(2, Stalled::kSignal), "engine.load-refused");
  kernel_.busy = 1;
  EXPECT_EQ(apply(2), "engine.load-refused");
}

TEST_F(StopMachine, ALevelInWhichTasksStayIsStuck) {
  ASSERT_EQ(apply(2), "");
  kernel_.busy = 1;
  const auto reverted = kernel_.engine().revert();
  ASSERT_FALSE(reverted);
  EXPECT_EQ(reverted.error().code, "engine.transition-stuck");
  EXPECT_THAT(reverted.error().why, HasSubstr("nfsd (412)"));
  EXPECT_EQ(kernel_.engine().observe()->level, 2u);
}

TEST_F(StopMachine, BytesAreCheckedBeforeAnythingIsLoaded) {
  for (const char* file : {"suture_stop_2.ko", "suture.ko"}) {
    PatchsetFiles files = kernel_.files(2);
    files[file][0] ^= 1;
    EXPECT_EQ(kernel_.engine().apply(kernel_.patchset(2), files).error().code, "engine.wrong-module");
    files.erase(file);
    EXPECT_EQ(kernel_.engine().apply(kernel_.patchset(2), files).error().code, "engine.wrong-module");
  }
  Patchset alone = kernel_.patchset(2);
  alone.modules[0].engine_module.reset();
  EXPECT_EQ(kernel_.engine().apply(alone, kernel_.files(2)).error().code, "engine.wrong-module");
  Patchset named = kernel_.patchset(2);
  named.modules[0].name = "suture_2";
  EXPECT_EQ(kernel_.engine().apply(named, kernel_.files(2)).error().code, "engine.wrong-module");
  Patchset none = kernel_.patchset(2);
  none.modules[0].engine = "klp";
  EXPECT_EQ(kernel_.engine().apply(none, kernel_.files(2)).error().code, "engine.no-module");
  EXPECT_THAT(kernel_.did, ElementsAre());
}

TEST_F(StopMachine, ItNeedsNoLivepatch) {
  kernel_.tree.remove("sys/kernel/livepatch");
  EXPECT_EQ(apply(2), "");
}

TEST(StopMachineTries, FitTheTime) {
  EXPECT_EQ(tries_within(milliseconds(-5)), 1);
  EXPECT_EQ(tries_within(milliseconds(9)), 1);
  EXPECT_EQ(tries_within(milliseconds(10)), 2);
  EXPECT_EQ(tries_within(milliseconds(30)), 3);
  EXPECT_EQ(tries_within(milliseconds(1270)), 8);
  EXPECT_EQ(tries_within(milliseconds(60'000)), 66);
  EXPECT_EQ(tries_within(std::chrono::hours(10)), 1000);
}

}  // namespace
}  // namespace suture
