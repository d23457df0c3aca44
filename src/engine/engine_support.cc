// SPDX-License-Identifier: Apache-2.0
#include "engine/engine_support.h"

#include "base/file.h"
#include "engine/stop_machine_state.h"
#include "patchset/patchset.h"

namespace suture {
namespace {

namespace fs = std::filesystem;

EngineSupport look_at_klp(const HostPaths& paths) {
  EngineSupport klp{.engine = std::string(kKlpEngine), .text = "the kernel has livepatch"};
  std::error_code error;
  klp.usable = fs::is_directory(paths.sys / "kernel/livepatch", error);
  if (!klp.usable) klp.text = "the running kernel has no livepatch support (CONFIG_LIVEPATCH)";
  const auto patches = read_live_patches(paths).value_or(std::vector<LivePatch>());
  for (const LivePatch& patch : patches) {
    if (engine_of_module(patch.name) == kKlpEngine && patch.enabled) klp.text = "it holds " + patch.name;
  }
  return klp;
}

/// How it came there is known as long as nothing was tried since.
std::string text_of(const StopMachineState& state, const LastSwitch& last) {
  if (state.patch.empty()) return "suture.ko is loaded and holds nothing";
  std::string text = "it holds " + state.patch;
  if (last.patch != state.patch || last.action != "apply" || last.attempts == 0) return text;
  const auto microseconds = (last.pause_ns + 999) / 1000;
  return text + "; switched at attempt " + std::to_string(last.attempts) +
         ", for which the machine stood still for at most " + std::to_string(microseconds) + " us";
}

EngineSupport look_at_stop_machine(const HostPaths& paths) {
  constexpr std::size_t kSmall = 4096;
  EngineSupport found{.engine = std::string(kStopMachineEngine), .text = {}};
  std::error_code error;
  const auto state = read_stop_machine(paths);
  if (!state) {
    found.text = state.error().what + ": " + state.error().why;
  } else if (*state) {
    found.usable = true;
    found.text = text_of(**state, read_last_switch(paths));
  } else if (!fs::exists(paths.proc / "modules", error)) {
    found.text = "the running kernel takes no modules (CONFIG_MODULES)";
  } else if (read_text_file(paths.proc / "sys/kernel/modules_disabled", kSmall)
                 .value_or("")
                 .starts_with('1')) {
    found.text = "this kernel loads no more modules until it reboots";
  } else {
    found.usable = true;
    found.text = "suture.ko comes with the patchsets that are made for it, and shows whether it runs here";
  }
  return found;
}

}  // namespace

std::vector<EngineSupport> find_engine_support(const HostPaths& paths) {
  return {look_at_klp(paths), look_at_stop_machine(paths)};
}

}  // namespace suture
