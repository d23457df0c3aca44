// SPDX-License-Identifier: Apache-2.0
#include "engine/obstacles.h"

#include <algorithm>
#include <cstring>
#include <set>
#include <sstream>

#include "base/file.h"
#include "engine/livepatch.h"
#include "engine/stop_machine_state.h"

namespace suture {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLimit = 16u << 20;

std::string text_of(const fs::path& file) {
  return read_text_file(file, kLimit).value_or("");
}

/// A word of the kernel's command line.
bool told_at_boot(const HostPaths& paths, std::string_view word) {
  std::istringstream words(text_of(paths.proc / "cmdline"));
  for (std::string one; words >> one;) {
    if (one == word || one == std::string(word) + "=1") return true;
  }
  return false;
}

/// By the names that makers give their modules.
std::string maker_of(std::string_view module) {
  if (module.starts_with("lkp_") || module.starts_with("livepatch_Ubuntu")) return "Canonical Livepatch";
  if (module.starts_with("kpatch_") || module.starts_with("kpatch-")) return "kpatch";
  if (module.starts_with("livepatch_")) return "SUSE or another distribution";
  if (module.starts_with("ksplice")) return "Ksplice";
  if (module == "kcare" || module.starts_with("kcare_")) return "KernelCare";
  return "another maker";
}

bool has(const std::vector<std::string>& engines, std::string_view engine) {
  return std::ranges::find(engines, engine) != engines.end();
}

void look_for_other_patches(const HostPaths& paths, bool by_klp, std::vector<Obstacle>& found) {
  const auto patches = read_live_patches(paths);
  for (const LivePatch& patch : patches.value_or(std::vector<LivePatch>())) {
    if (level_of_module(patch.name)) continue;
    found.push_back(
        {"engine.foreign-livepatch", true,
         "the live patch \"" + patch.name + "\" of " + maker_of(patch.name) +
             (by_klp ? " is loaded and would be replaced"
                     : " is loaded, and neither it nor the stop-machine engine knows of the other"),
         "Keep one of the two: disable it by its own tool, or `echo 0 > /sys/kernel/livepatch/" + patch.name +
             "/enabled`."});
  }
  // These patch without the kernel's livepatch.
  std::istringstream modules(text_of(paths.proc / "modules"));
  for (std::string line; std::getline(modules, line);) {
    const std::string name = line.substr(0, line.find(' '));
    if (!name.starts_with("ksplice") && name != "kcare" && !name.starts_with("kcare_")) continue;
    found.push_back(
        {"engine.foreign-patcher", true,
         "the module \"" + name + "\" of " + maker_of(name) + " patches this kernel",
         "Remove it by its own tool first; two patchers on one kernel do not know of each other."});
  }
}

void look_for_livepatch(const HostPaths& paths, std::vector<Obstacle>& found) {
  std::error_code error;
  if (fs::is_directory(paths.sys / "kernel/livepatch", error)) return;
  found.push_back(
      {"engine.no-livepatch", true, "the running kernel has no livepatch support (CONFIG_LIVEPATCH)",
       "Boot a kernel of the distribution that has it, or let the stop-machine engine try: `engine` "
       "in agent.toml."});
}

void look_at_switches(const HostPaths& paths, std::vector<Obstacle>& found) {
  if (text_of(paths.proc / "sys/kernel/ftrace_enabled").starts_with('0')) {
    found.push_back({"engine.ftrace-disabled", true, "ftrace is switched off, by which live patches redirect",
                     "`sysctl kernel.ftrace_enabled=1`, and look in /etc/sysctl.d for who set it."});
  }
  if (text_of(paths.proc / "sys/kernel/modules_disabled").starts_with('1')) {
    found.push_back({"engine.modules-disabled", true, "this kernel loads no more modules until it reboots",
                     "Apply patches before kernel.modules_disabled=1 is set at boot."});
  }
  if (told_at_boot(paths, "suture.disable")) {
    found.push_back({"engine.disabled-at-boot", true, "suture.disable stands on the kernel's command line",
                     "Boot without it."});
  }
}

void look_at_lockdown(const HostPaths& paths, const Patchset* patchset, std::vector<Obstacle>& found) {
  // "none [integrity] confidentiality"
  const std::string text = text_of(paths.sys / "kernel/security/lockdown");
  const bool locked = text.find('[') != std::string::npos && text.find("[none]") == std::string::npos;
  if (!locked || (patchset != nullptr && patchset->module_signer)) return;
  found.push_back({"engine.lockdown", patchset != nullptr,
                   patchset != nullptr
                       ? "the kernel is locked down, and the patch's module is not signed"
                       : "the kernel is locked down: it loads only modules whose signer it trusts",
                   "Enrol the key that the patches are signed with: docs/module-signing.md."});
}

/// "6.1.0-47-cloud-amd64" → "cloud-amd64": what kind of kernel it is.
std::string flavour(const std::string& release) {
  const std::size_t letters = release.find_first_of("abcdefghijklmnopqrstuvwxyz");
  return letters == std::string::npos ? std::string() : release.substr(letters);
}

void look_for_newer_kernel(const HostPaths& paths, std::vector<Obstacle>& found) {
  std::string release = text_of(paths.proc / "sys/kernel/osrelease");
  release.resize(std::min(release.find('\n'), release.size()));
  std::string newest = release;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(paths.boot, error)) {
    const std::string name = entry.path().filename();
    if (!name.starts_with("vmlinuz-")) continue;
    const std::string other = name.substr(std::strlen("vmlinuz-"));
    if (flavour(other) == flavour(release) && ::strverscmp(other.c_str(), newest.c_str()) > 0) newest = other;
  }
  if (release.empty() || newest == release) return;
  found.push_back({"engine.kernel-not-booted", false,
                   "a newer kernel, " + newest + ", is installed and not booted: patches are for " + release,
                   "Nothing has to be done; the next reboot brings it."});
}

std::set<std::string> replaced_by(const Patchset& patchset) {
  std::set<std::string> names;
  for (const PatchedObject& object : patchset.objects) {
    for (const ReplacedFunction& function : object.functions) names.insert(function.name);
  }
  return names;
}

/// "name (1) R I	tramp: …": each function that ftrace calls somebody for; I: he changes where it goes
/// on. (kernel/trace/ftrace.c, t_show())
void look_for_redirections(const HostPaths& paths, const std::set<std::string>& replaced,
                           std::vector<Obstacle>& found) {
  std::set<std::string> ours = read_patched_functions(paths);
  ours.merge(read_switched_functions(paths));
  std::istringstream lines(text_of(paths.sys / "kernel/tracing/enabled_functions"));
  for (std::string line; std::getline(lines, line);) {
    const std::string name = line.substr(0, line.find(' '));
    if (!replaced.contains(name) || ours.contains(name)) continue;
    const std::string flags = line.substr(0, line.find("tramp:"));
    if (flags.find(" I") == std::string::npos) continue;
    found.push_back({"engine.function-redirected", true,
                     "another program redirects the function " + name + ", which only one can",
                     "A kprobe with a post handler, or another patcher: see "
                     "/sys/kernel/tracing/enabled_functions."});
  }
}

/// "ffffffff8107f7e0  k  do_nanosleep+0x10    [FTRACE]" (kernel/kprobes.c, report_probe())
void look_for_probes(const HostPaths& paths, const std::set<std::string>& replaced,
                     std::vector<Obstacle>& found) {
  std::istringstream lines(text_of(paths.sys / "kernel/debug/kprobes/list"));
  for (std::string address, kind, place, line; std::getline(lines, line);) {
    std::istringstream words(line);
    words >> address >> kind >> place;
    const std::size_t plus = place.find('+');
    const std::string name = place.substr(0, plus);
    const bool inside = plus != std::string::npos && place.substr(plus) != "+0x0";
    if (!inside || !replaced.contains(name)) continue;
    found.push_back({"engine.probe-inside", false,
                     "a probe is set inside the function " + name + ", at " + place +
                         ": it will see nothing once the function is replaced",
                     "Set it anew afterwards, on " + name + ".suture."});
  }
}

}  // namespace

std::vector<Obstacle> find_obstacles(const HostPaths& paths, const Patchset* patchset,
                                     const std::vector<std::string>& engines) {
  std::vector<Obstacle> found;
  const bool by_klp = has(engines, kKlpEngine);
  if (by_klp && engines.size() == 1) look_for_livepatch(paths, found);
  look_at_switches(paths, found);
  look_for_other_patches(paths, by_klp, found);
  look_at_lockdown(paths, patchset, found);
  look_for_newer_kernel(paths, found);
  if (patchset != nullptr) {
    const std::set<std::string> replaced = replaced_by(*patchset);
    look_for_redirections(paths, replaced, found);
    look_for_probes(paths, replaced, found);
  }
  return found;
}

}  // namespace suture
