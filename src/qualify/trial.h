// SPDX-License-Identifier: Apache-2.0
//
// What a patchset is tried with: all that goes into the machine.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "patchset/patchset.h"
#include "qualify/guest_files.h"
#include "qualify/probe.h"
#include "qualify/vm.h"
#include "target/target.h"

namespace suture {

/// A patchset as it lies on disk; its files are those that the manifest names.
struct PatchsetOnDisk {
  Patchset patchset;
  std::string manifest_sha256;
  PatchsetFiles files;
};
/// "patchset.module-differs".
Result<PatchsetOnDisk> read_patchset_on_disk(const std::filesystem::path& folder);

struct Trial {
  PatchsetOnDisk subject;
  std::optional<PatchsetOnDisk> previous;  ///< of a lower level, for the same kernel
  std::vector<std::string> engines;        ///< to try it with, one after the other; it has a module for each
  Target target;                           ///< the kernel that both are for
  std::vector<Probe> probes;               ///< those that concern it
  unsigned times = 20;                     ///< to load and remove it at the end
};

/// Functions that it replaces and the machine can watch, each "OBJECT:FUNCTION": names that are unique.
std::vector<std::string> watched_functions(const Patchset& patchset);

/// What all machines hold. `guest_program`: suture-guest.
Result<GuestFiles> guest_of(const Trial& trial, const std::filesystem::path& guest_program);
/// The machine in which it goes through everything with one engine.
VmConfig qualify_machine(const Trial& trial, const std::string& engine, std::chrono::seconds timeout);
/// One whose clock counts instructions, in which probes tell what their calls cost with each engine. Nothing
/// when none does.
std::optional<VmConfig> cost_machine(const Trial& trial, std::chrono::seconds timeout);

}  // namespace suture
