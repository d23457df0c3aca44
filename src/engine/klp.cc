// SPDX-License-Identifier: Apache-2.0
#include "engine/klp.h"

#include <algorithm>
#include <cerrno>
#include <thread>

#include "engine/fitness.h"
#include "engine/idle_modules.h"
#include "engine/interrupt.h"

namespace suture {
namespace fs = std::filesystem;
namespace {

using Clock = std::chrono::steady_clock;

}  // namespace

Result<Applied> KlpEngine::observe() const {
  Applied applied;
  for (const LivePatch& patch : TRY(read_live_patches(options_.paths))) {
    const auto level = level_of_module(patch.name);
    if (!level || engine_of_module(patch.name) != kKlpEngine) continue;
    applied.transition |= patch.transition;
    // While one replaces another both are enabled; a patch that is being taken out counts until it is gone.
    const bool counts = patch.enabled || patch.transition;
    if (counts && *level >= applied.level) {
      applied.level = *level;
      applied.engine = kKlpEngine;
      applied.module_name = patch.name;
    }
  }
  return applied;
}

Result<void> KlpEngine::check(const Patchset& patchset, const PatchsetFiles& files) const {
  TRY(fitting_module(options_.paths, patchset, files, kKlpEngine));
  return {};
}

Result<void> KlpEngine::apply(const Patchset& patchset, const PatchsetFiles& files,
                              const std::function<void()>& under_way) {
  const PatchModule module = TRY(fitting_module(options_.paths, patchset, files, kKlpEngine));
  TRY(settle_others(module.name));
  const LivePatch present = TRY(look(module.name));
  if (!present.enabled) {
    if (present.transition) TRY(wait_until_settled(module.name));
    TRY(unload_idle());
    TRY(load(module.name, files.at(module.file)));
  }
  under_way();
  TRY(settle(module.name));
  return unload_idle();
}

Result<void> KlpEngine::revert() {
  TRY(require_root("revert the live patch"));
  for (const LivePatch& patch : TRY(read_live_patches(options_.paths))) {
    if (engine_of_module(patch.name) == kKlpEngine) TRY(disable(patch.name));
  }
  return unload_idle();
}

/// The kernel runs one transition at a time, and refuses to load a patch during another's.
Result<void> KlpEngine::settle_others(const std::string& name) const {
  for (const LivePatch& patch : TRY(read_live_patches(options_.paths))) {
    if (patch.name == name || !patch.transition) continue;
    if (!TRY(wait_until_settled(patch.name))) {
      return fail("engine.transition-stalled", "apply " + name,
                  "the transition of " + patch.name +
                      " is still under way: " + describe(read_stalled_tasks(options_.paths, patch.enabled)),
                  "Try again later.");
    }
  }
  return {};
}

Result<void> KlpEngine::load(const std::string& name, ByteView module) const {
  // EAGAIN: a BPF program on one of the functions is just being changed (bpf_tramp_ftrace_ops_func() in
  // kernel/bpf/trampoline.c).
  constexpr int kTries = 100;
  int refused = load_module(module);
  for (int tries = 1; refused == EAGAIN && tries < kTries; ++tries) {
    std::this_thread::sleep_for(options_.pause);
    refused = load_module(module);
  }
  if (refused != 0) return std::unexpected(load_error(name, refused));
  return {};
}

/// Waits for the transition's end. Left under way or taken back when it does not come.
Result<void> KlpEngine::settle(const std::string& name) const {
  const bool settled = TRY(wait_until_settled(name));
  if (!settled && options_.stalled == Stalled::kRevert) return reverse(name);
  if (TRY(look(name)).enabled) return {};
  return fail("engine.load-refused", "apply " + name, "it was loaded but is not enabled",
              "Another program may have disabled it: `dmesg | grep livepatch`.");
}

Result<void> KlpEngine::reverse(const std::string& name) const {
  const std::string tasks = describe(read_stalled_tasks(options_.paths, true));
  TRY_IN("take " + name + " back after its transition stalled at: " + tasks, disable(name));
  TRY(unload_idle());
  return fail("engine.transition-stalled", "apply " + name,
              "after " + std::to_string(options_.deadline.count() / 1000) +
                  " s these tasks still run what it replaces: " + (tasks.empty() ? "none now" : tasks),
              "The kernel is as before. Try again when they are idle, or restart them.");
}

Result<void> KlpEngine::disable(const std::string& name) const {
  const LivePatch patch = TRY(look(name));
  if (patch.name.empty()) return {};
  if (patch.enabled) {
    const fs::path file = options_.paths.sys / "kernel/livepatch" / name / "enabled";
    if (const int refused = write_attribute(file, "0"); refused != 0) {
      errno = refused;
      return fail_errno("engine.sysfs-refused", "disable " + name + ": write " + file.string());
    }
  }
  if (TRY(wait_until_settled(name))) return {};
  return fail("engine.transition-stuck", "take " + name + " out of the kernel",
              "these tasks still run its code: " + describe(read_stalled_tasks(options_.paths, false)),
              "The kernel goes on by itself when they leave it; `suture status` tells when it has.");
}

/// True when the patch's transition is over, or the patch is gone; false at the deadline.
Result<bool> KlpEngine::wait_until_settled(const std::string& name) const {
  // Most tasks move within a second or two, which need not be disturbed.
  constexpr auto kBetweenInterrupts = std::chrono::seconds(2);
  const auto end = Clock::now() + options_.deadline;
  auto interrupt = Clock::now() + kBetweenInterrupts;
  for (;;) {
    const LivePatch patch = TRY(look(name));
    // A disabled patch stays in sysfs for a moment after its transition: its objects are freed by a worker.
    if (patch.name.empty() || (patch.enabled && !patch.transition)) return true;
    if (Clock::now() >= end) return !patch.transition;
    if (options_.stalled == Stalled::kSignal && Clock::now() >= interrupt) {
      interrupt_tasks(read_stalled_tasks(options_.paths, patch.enabled));
      interrupt = Clock::now() + kBetweenInterrupts;
    }
    std::this_thread::sleep_for(options_.pause);
  }
}

/// The patch of that name; one without a name when there is none.
Result<LivePatch> KlpEngine::look(const std::string& name) const {
  const auto patches = TRY(read_live_patches(options_.paths));
  const auto found = std::ranges::find(patches, name, &LivePatch::name);
  return found == patches.end() ? LivePatch{} : *found;
}

Result<void> KlpEngine::unload_idle() const {
  return unload_idle_modules(
      options_.paths, {}, kKlpEngine, options_.pause,
      [this](const std::string& name) -> Result<bool> { return !TRY(look(name)).name.empty(); });
}

}  // namespace suture
