// SPDX-License-Identifier: Apache-2.0
//
// The engine that is a kernel module of ours (kmod/, suture.ko), for kernels without livepatch and for what a
// transition cannot do.
//
// Loading a patch's module makes suture.ko stop the machine for a moment. If no task is in a function that is
// to be replaced, all functions are switched at that instant; else the machine goes on, and it tries again a
// little later, as often as its parameter `tries` says. Then the module's init fails, and nothing is left
// behind. Replacing a level and taking one back is done in the same way. So there is no time in which some
// tasks run old and some new code, and nothing that could be left under way: a patch is applied, or it is
// not.
//
// suture.ko comes with the patchset. It is loaded before the first patch and unloaded after the last. After a
// patch that could not be applied it stays, for `suture stalled`, which asks it who stood in the way; it does
// nothing then, and gives way to the one of the next patchset.
#pragma once

#include <chrono>

#include "engine/engine.h"
#include "engine/kernel_calls.h"
#include "engine/livepatch.h"

namespace suture {

class StopMachineEngine : public NamedEngine {
 public:
  struct Options {
    HostPaths paths{};
    /// How long it is tried. suture.ko tries at most 1,000 times, which takes a quarter of an hour.
    std::chrono::milliseconds deadline{60'000};
    /// kSignal: each few seconds it is tried with those user tasks that sleep in a replaced function held at
    /// the kernel's edge (engine/interrupt.h). kWait means what kRevert does.
    Stalled stalled = Stalled::kRevert;
    /// Between two tries to unload a module.
    std::chrono::milliseconds pause{50};
    KernelCalls calls{};
  };

  explicit StopMachineEngine(Options options) : options_(std::move(options)) {}

  std::string_view name() const override { return kStopMachineEngine; }
  Result<void> check(const Patchset& patchset, const PatchsetFiles& files) const override;
  /// Refusals: those of engine/fitness.h, engine.engine-refused (suture.ko is not to be loaded here, or does
  /// not run on this kernel), engine.other-abi (the suture.ko in the kernel holds a level, and does not
  /// understand this module), engine.load-refused, engine.transition-stalled (names the tasks; the kernel is
  /// as before).
  Result<void> apply(const Patchset& patchset, const PatchsetFiles& files,
                     const std::function<void()>& under_way) override;
  using Engine::apply;
  /// Refusal: engine.transition-stuck (names the tasks; the level stays).
  Result<void> revert() override;
  Result<Applied> observe() const override;
  Result<RunningKernel> kernel() const override { return read_running_kernel(options_.paths); }

 private:
  Result<void> bring_engine(const PatchModule& module, const PatchsetFiles& files) const;
  Result<void> load_engine(ByteView module, std::uint32_t abi) const;
  Result<void> take_out(const std::string& patch) const;
  Result<int> switch_all(const std::function<int()>& attempt) const;
  bool tasks_are_in_the_way(int refused) const;
  int load_patch(ByteView module) const;
  Result<void> set_tries(int tries) const;
  Result<void> unload_engine() const;
  Result<void> unload_idle() const;
  Error apply_error(const std::string& module_name, int refused) const;

  Options options_;
};

/// How often suture.ko must be told to try so that it does not wait for longer than this: its first waits are
/// 10, 20, 40 ms and so on, and then a second each.
int tries_within(std::chrono::milliseconds span);

}  // namespace suture
