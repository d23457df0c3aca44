// SPDX-License-Identifier: Apache-2.0
//
// The engine that uses the kernel's own livepatch (CONFIG_LIVEPATCH).
//
// Loading the module starts a transition: task by task, the kernel moves over to the new functions when none
// of the old ones is on that task's stack. `transition` in sysfs reads 1 until the last one has moved. With
// atomic replace (klp_patch.replace) the new patch takes the place of all others, whose modules can then be
// unloaded. Writing 0 to `enabled` starts a transition back, also in the middle of one; the patch's folder
// disappears at its end. A disabled patch cannot be enabled again: its module is unloaded and loaded anew.
#pragma once

#include <chrono>

#include "engine/engine.h"
#include "engine/livepatch.h"

namespace suture {

class KlpEngine : public NamedEngine {
 public:
  struct Options {
    HostPaths paths{};
    /// How long a transition may take, and what becomes of it then. A way back that takes longer is an error.
    /// The kernel itself wakes sleepers after 15 s (engine/interrupt.h).
    std::chrono::milliseconds deadline{60'000};
    Stalled stalled = Stalled::kRevert;
    /// Between two looks at a transition.
    std::chrono::milliseconds pause{50};
  };

  explicit KlpEngine(Options options) : options_(std::move(options)) {}

  std::string_view name() const override { return kKlpEngine; }
  Result<void> check(const Patchset& patchset, const PatchsetFiles& files) const override;
  /// Refusals: those of engine/fitness.h, engine.load-refused (the kernel's reason is in `why`),
  /// engine.transition-stalled (names the tasks; reversed), engine.transition-stuck (the way back stalls as
  /// well).
  Result<void> apply(const Patchset& patchset, const PatchsetFiles& files,
                     const std::function<void()>& under_way) override;
  using Engine::apply;
  Result<void> revert() override;
  Result<Applied> observe() const override;
  Result<RunningKernel> kernel() const override { return read_running_kernel(options_.paths); }

 private:
  Result<void> settle_others(const std::string& name) const;
  Result<void> load(const std::string& name, ByteView module) const;
  Result<void> settle(const std::string& name) const;
  Result<void> reverse(const std::string& name) const;
  Result<void> disable(const std::string& name) const;
  Result<bool> wait_until_settled(const std::string& name) const;
  Result<LivePatch> look(const std::string& name) const;
  Result<void> unload_idle() const;

  Options options_;
};

}  // namespace suture
