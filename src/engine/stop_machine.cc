// SPDX-License-Identifier: Apache-2.0
#include "engine/stop_machine.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <thread>

#include "engine/fitness.h"
#include "engine/idle_modules.h"
#include "engine/interrupt.h"
#include "engine/stop_machine_state.h"

namespace suture {
namespace fs = std::filesystem;
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

std::string blockers_text(const HostPaths& paths) {
  return describe(read_blockers(paths));
}

}  // namespace

int tries_within(milliseconds span) {
  constexpr int kMost = 1000;
  constexpr milliseconds kLongest{1000};
  int tries = 1;
  milliseconds wait{10};
  for (; tries < kMost && span >= wait; ++tries) {
    span -= wait;
    wait = std::min(2 * wait, kLongest);
  }
  return tries;
}

Result<Applied> StopMachineEngine::observe() const {
  const auto present = TRY(read_stop_machine(options_.paths));
  if (!present || present->patch.empty()) return Applied{};
  const auto level = level_of_module(present->patch);
  // The level is read from the name: both attributes at once are not to be had in the middle of a switch.
  if (!level || engine_of_module(present->patch) != kStopMachineEngine) {
    return fail("engine.sysfs-malformed", "see what the stop-machine engine holds",
                "\"" + present->patch + "\" is no module of ours");
  }
  return Applied{.level = *level, .module_name = present->patch, .engine = std::string(kStopMachineEngine)};
}

Result<void> StopMachineEngine::check(const Patchset& patchset, const PatchsetFiles& files) const {
  TRY(fitting_module(options_.paths, patchset, files, kStopMachineEngine));
  return {};
}

Result<void> StopMachineEngine::apply(const Patchset& patchset, const PatchsetFiles& files,
                                      const std::function<void()>& under_way) {
  const PatchModule module = TRY(fitting_module(options_.paths, patchset, files, kStopMachineEngine));
  if (TRY(observe()).module_name != module.name) {
    TRY(unload_idle());
    TRY(bring_engine(module, files));
    const Bytes& bytes = files.at(module.file);
    const int refused = TRY(switch_all([&] { return load_patch(bytes); }));
    if (refused != 0) return std::unexpected(apply_error(module.name, refused));
  }
  under_way();
  return unload_idle();
}

Result<void> StopMachineEngine::revert() {
  TRY(require_root("revert the live patch"));
  const auto present = TRY(read_stop_machine(options_.paths));
  if (present && !present->patch.empty()) TRY(take_out(present->patch));
  TRY(unload_idle());
  return present ? unload_engine() : Result<void>();
}

/// The suture.ko that the patchset's module was built for. One that holds nothing is exchanged even for one
/// of the same interface: what was mended in it gets in so.
Result<void> StopMachineEngine::bring_engine(const PatchModule& module, const PatchsetFiles& files) const {
  if (!module.engine_module) {
    return fail("engine.wrong-module", "apply " + module.name, "it comes without the engine that applies it");
  }
  const std::uint32_t abi = module.engine_module->abi;
  const auto present = TRY(read_stop_machine(options_.paths));
  if (present && !present->patch.empty()) {
    if (present->abi == abi) return {};
    return fail("engine.other-abi", "apply " + module.name,
                "the stop-machine engine in the kernel, which holds " + present->patch +
                    ", has the interface " + std::to_string(present->abi) +
                    ", and this module was built for " + std::to_string(abi),
                "`suture revert` takes both out; `suture update` then brings the new ones.");
  }
  if (present) TRY(unload_engine());
  const auto still = TRY(read_stop_machine(options_.paths));
  if (still && still->abi == abi) return {};
  return load_engine(files.at(module.engine_module->file), abi);
}

Result<void> StopMachineEngine::load_engine(ByteView module, std::uint32_t abi) const {
  const auto refused = [](const std::string& why, const std::string& hint) {
    return fail("engine.engine-refused", "load the stop-machine engine suture.ko", why, hint);
  };
  if (const int error_number = options_.calls.load(module); error_number != 0) {
    const Error error = load_error(kEngineModule, error_number);
    return refused(error.why, error.hint);
  }
  const auto loaded = TRY(read_stop_machine(options_.paths));
  if (loaded && loaded->abi == abi) return {};
  TRY(unload_engine());
  return refused(loaded ? "its interface is " + std::to_string(loaded->abi) + ", not " + std::to_string(abi) +
                              " as its manifest says"
                        : "it was loaded, and does not show itself in /sys/kernel/suture",
                 "Fetch the patchset again: `suture update`.");
}

Result<void> StopMachineEngine::take_out(const std::string& patch) const {
  const std::string what = "take " + patch + " out of the kernel";
  const fs::path file = options_.paths.sys / "kernel/suture/revert";
  const int refused = TRY(switch_all([&] { return options_.calls.write(file, patch); }));
  if (refused == 0 || refused == ENOENT) return {};
  if (tasks_are_in_the_way(refused)) {
    return fail("engine.transition-stuck", what, "these tasks run its code: " + blockers_text(options_.paths),
                "It stays applied. Try again when they are idle, or restart them.");
  }
  const LastSwitch last = read_last_switch(options_.paths);
  return fail("engine.sysfs-refused", what, last.reason.empty() ? std::strerror(refused) : last.reason);
}

/// EBUSY alone may as well mean that somebody else has his hands on a function.
bool StopMachineEngine::tasks_are_in_the_way(int refused) const {
  return refused == EBUSY && !read_blockers(options_.paths).empty();
}

/// Returns 0 or the errno.
Result<int> StopMachineEngine::switch_all(const std::function<int()>& attempt) const {
  // Most tasks leave within a second or two, and need not be disturbed.
  constexpr milliseconds kBetweenInterrupts{2000};
  // While they are held: 10 + 20 + 40 ms.
  constexpr int kTriesWhileHeld = 4;
  const auto end = Clock::now() + options_.deadline;
  if (options_.stalled != Stalled::kSignal) {
    TRY(set_tries(tries_within(options_.deadline)));
    return attempt();
  }
  for (;;) {
    const auto left = std::chrono::duration_cast<milliseconds>(end - Clock::now());
    TRY(set_tries(tries_within(std::min(left, kBetweenInterrupts))));
    if (const int refused = attempt(); !tasks_are_in_the_way(refused)) return refused;
    TRY(set_tries(kTriesWhileHeld));
    const int refused = [&] {
      const HeldTasks held(read_blockers(options_.paths));
      return attempt();
    }();
    if (!tasks_are_in_the_way(refused) || Clock::now() >= end) return refused;
  }
}

int StopMachineEngine::load_patch(ByteView module) const {
  // EAGAIN: a BPF program on one of the functions is just being changed (bpf_tramp_ftrace_ops_func() in
  // kernel/bpf/trampoline.c).
  constexpr int kTries = 100;
  int refused = options_.calls.load(module);
  for (int tries = 1; refused == EAGAIN && tries < kTries; ++tries) {
    std::this_thread::sleep_for(options_.pause);
    refused = options_.calls.load(module);
  }
  return refused;
}

Result<void> StopMachineEngine::set_tries(int tries) const {
  const fs::path file = options_.paths.sys / "module/suture/parameters/tries";
  const int refused = options_.calls.write(file, std::to_string(tries));
  if (refused == 0) return {};
  errno = refused;
  return fail_errno("engine.sysfs-refused", "write " + file.string());
}

/// One that cannot go yet is left: it does no harm.
Result<void> StopMachineEngine::unload_engine() const {
  constexpr int kTries = 40;
  int refused = options_.calls.unload(kEngineModule);
  for (int tries = 1; (refused == EAGAIN || refused == EBUSY) && tries < kTries; ++tries) {
    std::this_thread::sleep_for(options_.pause);
    refused = options_.calls.unload(kEngineModule);
  }
  if (refused == 0 || refused == ENOENT || refused == EAGAIN || refused == EBUSY) return {};
  errno = refused;
  return fail_errno("engine.unload-refused", "unload the stop-machine engine");
}

Result<void> StopMachineEngine::unload_idle() const {
  return unload_idle_modules(options_.paths, options_.calls, kStopMachineEngine, options_.pause,
                             [this](const std::string& name) -> Result<bool> {
                               const auto present = TRY(read_stop_machine(options_.paths));
                               return present && present->patch == name;
                             });
}

/// What suture.ko says of it, if it was asked: the kernel may have refused the module before.
Error StopMachineEngine::apply_error(const std::string& module_name, int refused) const {
  const LastSwitch last = read_last_switch(options_.paths);
  const bool told = last.action == "apply" && last.patch == module_name && last.error == refused;
  if (!told) return load_error(module_name, refused);
  const std::string what = "apply " + module_name;
  if (tasks_are_in_the_way(refused)) {
    return {"engine.transition-stalled", what,
            "after " + std::to_string(last.attempts) + " attempts in " +
                std::to_string(options_.deadline.count() / 1000) +
                " s these tasks still run what it replaces: " + blockers_text(options_.paths),
            "The kernel is as before. Try again when they are idle, or restart them."};
  }
  const Error error = load_error(module_name, refused);
  return {"engine.load-refused", what, last.reason.empty() ? error.why : last.reason,
          "The kernel's log may say more: `dmesg | tail`."};
}

}  // namespace suture
