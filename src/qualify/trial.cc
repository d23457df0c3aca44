// SPDX-License-Identifier: Apache-2.0
#include "qualify/trial.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

#include "base/hash.h"
#include "qualify/guest_scripts.h"

namespace suture {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLargestManifest = 16u << 20;

std::vector<std::string> patched_modules(const Patchset& patchset) {
  std::vector<std::string> modules;
  for (const PatchedObject& object : patchset.objects) {
    if (object.name != "vmlinux") modules.push_back(object.name);
  }
  return modules;
}

/// Before 6.0 the kernel does not let a BPF program and a live patch share a function (ftrace's IPMODIFY and
/// direct calls, kernel/trace/ftrace.c).
bool shares_functions(std::string_view release) {
  int major = 0;
  std::from_chars(release.data(), release.data() + release.size(), major);
  return major >= 6;
}

/// A shell's file that sets what probes.sh reads.
std::string needs_of(const Probe& probe) {
  std::string settings;
  for (const auto& [file, value] : probe.settings) settings += fmt::format("{}={} ", file, value);
  return fmt::format("user={}\nbefore={}\nafter={}\ncost={}\nmodules='{}'\nsettings='{}'\n", probe.user,
                     probe.before, probe.after, probe.has_cost ? "yes" : "no", fmt::join(probe.modules, " "),
                     settings);
}

/// The module of the level before, if the engine can put it in the subject's place.
const PatchModule* previous_module(const Trial& trial, const std::string& engine) {
  const PatchModule* previous = trial.previous ? trial.previous->patchset.module_for(engine) : nullptr;
  const PatchModule* subject = trial.subject.patchset.module_for(engine);
  if (previous == nullptr || subject == nullptr) return nullptr;
  const auto interface = [](const PatchModule& module) {
    return module.engine_module ? module.engine_module->abi : 0;
  };
  return interface(*previous) == interface(*subject) ? previous : nullptr;
}

VmConfig machine(const Trial& trial, std::string_view script, const std::string& environment,
                 std::chrono::seconds timeout) {
  return {.kernel = trial.target.image,
          .script = std::string(kGuestProbes) + std::string(kGuestTries) + std::string(script),
          .environment = fmt::format("OBJECTS='{}'\n{}",
                                     fmt::join(patched_modules(trial.subject.patchset), " "), environment),
          .timeout = timeout,
          .memory = 768};
}

void add_patch(GuestFiles& files, const PatchsetOnDisk& patch) {
  for (const PatchModule& module : patch.patchset.modules)
    files.add_bytes("suture/patches/" + module.name + ".ko", patch.files.at(module.file));
}

/// The subject's own; the level before works with it too, or is left out.
void add_engines(GuestFiles& files, const PatchsetOnDisk& subject) {
  files.add_text("suture/engine/klp.sh", kGuestKlp);
  files.add_text("suture/engine/stopmachine.sh", kGuestStopMachine);
  for (const PatchModule& module : subject.patchset.modules) {
    if (module.engine_module)
      files.add_bytes("suture/patches/suture.ko", subject.files.at(module.engine_module->file));
  }
}

}  // namespace

Result<PatchsetOnDisk> read_patchset_on_disk(const fs::path& folder) {
  const std::string manifest = TRY(read_text_file(folder / kManifestName, kLargestManifest));
  PatchsetOnDisk read{.patchset = TRY_IN("read " + folder.string(), parse_patchset(manifest)),
                      .manifest_sha256 = sha256_hex(as_bytes(manifest)),
                      .files = {}};
  read.files = TRY(read_files(read.patchset, folder));
  const auto other = differing_file(read.patchset, read.files);
  if (!other) return read;
  return fail("patchset.module-differs", "read " + folder.string(),
              other->file + " is not the module of the manifest",
              "It was changed or cut off after the build: build the patchset again.");
}

std::vector<std::string> watched_functions(const Patchset& patchset) {
  std::vector<std::string> functions;
  for (const PatchedObject& object : patchset.objects) {
    for (const ReplacedFunction& function : object.functions) {
      if (function.sympos == 0 && !function.module_exit)
        functions.push_back(object.name + ":" + function.name);
    }
  }
  return functions;
}

Result<GuestFiles> guest_of(const Trial& trial, const fs::path& guest_program) {
  GuestFiles files = TRY(GuestFiles::make());
  TRY(files.add_program(guest_program, "usr/bin/suture-guest"));
  add_patch(files, trial.subject);
  if (trial.previous) add_patch(files, *trial.previous);
  add_engines(files, trial.subject);
  std::vector<std::string> modules = patched_modules(trial.subject.patchset);
  const TempDir folder = TRY(TempDir::make("suture-probes"));
  for (const Probe& probe : trial.probes) {
    const std::string place = "suture/probes/" + probe.name + "/";
    files.add_text(place + "needs", needs_of(probe));
    const fs::path program = folder.path() / probe.name;
    TRY(write_file(program, TRY(program_of(probe)), 0755));
    if (probe.is_script)
      TRY(files.add_file(program, place + "run"));
    else
      TRY(files.add_program(program, place + "run"));
    modules.insert(modules.end(), probe.modules.begin(), probe.modules.end());
  }
  std::ranges::sort(modules);
  const auto repeated = std::ranges::unique(modules);
  modules.erase(repeated.begin(), repeated.end());
  for (const std::string& module : modules) TRY(files.add_module(trial.target.modules, module, false));
  return files;
}

VmConfig qualify_machine(const Trial& trial, const std::string& engine, std::chrono::seconds timeout) {
  const Patchset& patchset = trial.subject.patchset;
  const PatchModule* previous = previous_module(trial, engine);
  const std::string environment =
      fmt::format("ENGINE={}\nMODULE={}\nPREVIOUS={}\nFUNCTIONS='{}'\nFENTRY={}\nTIMES={}\n", engine,
                  patchset.module_for(engine)->name, previous == nullptr ? "" : previous->name,
                  fmt::join(watched_functions(patchset), " "),
                  shares_functions(patchset.target.release) ? "yes" : "no", trial.times);
  VmConfig config = machine(trial, kQualifyScript, environment, timeout);
  config.cpus = 2;  // one of which goes off and on
  return config;
}

std::optional<VmConfig> cost_machine(const Trial& trial, std::chrono::seconds timeout) {
  if (std::ranges::none_of(trial.probes, &Probe::has_cost)) return std::nullopt;
  std::vector<std::string> patches;
  for (const std::string& engine : trial.engines)
    patches.push_back(engine + ":" + trial.subject.patchset.module_for(engine)->name);
  VmConfig config =
      machine(trial, kCostScript, fmt::format("PATCHES='{}'\n", fmt::join(patches, " ")), timeout);
  config.counts_instructions = true;
  return config;
}

}  // namespace suture
