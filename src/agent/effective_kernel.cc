// SPDX-License-Identifier: Apache-2.0
#include "agent/effective_kernel.h"

#include <sys/utsname.h>

#include <cctype>

#include "agent/state.h"
#include "agent/store.h"

namespace suture {
namespace {

/// Where `from` stands for itself, not as a part of a longer version.
std::string replace_version(std::string text, const std::string& from, const std::string& to) {
  const auto goes_on = [](unsigned char c) { return std::isdigit(c) != 0; };
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos;) {
    const std::size_t end = at + from.size();
    const bool whole = (at == 0 || !goes_on(static_cast<unsigned char>(text[at - 1]))) &&
                       (end == text.size() || !goes_on(static_cast<unsigned char>(text[end])));
    if (whole) text.replace(at, from.size(), to);
    at += whole ? to.size() : 1;
  }
  return text;
}

}  // namespace

KernelNames with_version(KernelNames names, const std::string& from, const std::string& to) {
  if (from.empty() || to.empty()) return names;
  names.release = replace_version(std::move(names.release), from, to);
  names.version = replace_version(std::move(names.version), from, to);
  return names;
}

Result<KernelNames> read_kernel_names() {
  struct utsname names {};
  if (::uname(&names) != 0) return fail_errno("engine.proc-malformed", "ask for the kernel's names");
  return KernelNames{.system = names.sysname,
                     .node = names.nodename,
                     .release = names.release,
                     .version = names.version,
                     .machine = names.machine};
}

Result<EffectiveKernel> read_effective_kernel(const AgentConfig& config, const Engine& engine,
                                              const KernelNames& booted) {
  EffectiveKernel kernel{.booted = booted, .effective = booted};
  const RunningKernel running = TRY(engine.kernel());
  const Applied applied = TRY(engine.observe());
  kernel.level = applied.level;
  const AgentState state = TRY(read_state(config.state / "state.json"));
  if (!state.wanted || state.wanted->build_id != running.build_id) return kernel;
  const auto manifest = Store(config.store()).manifest(*state.wanted);
  if (!manifest) return kernel;
  kernel.package_version = manifest->target.version;
  const bool in_kernel = applied.level == state.wanted->level && !applied.transition;
  if (!in_kernel || manifest->effective_version.empty()) return kernel;
  kernel.package_version = manifest->effective_version;
  kernel.effective = with_version(booted, manifest->target.version, manifest->effective_version);
  return kernel;
}

}  // namespace suture
