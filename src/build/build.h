// SPDX-License-Identifier: Apache-2.0
//
// From source fixes to a patchset for one target.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/terminal.h"
#include "module/module_key.h"
#include "patchset/patchset.h"
#include "target/target.h"

namespace suture {

/// Beside the manifest: the fixes that were given, so that anybody can build the same again (rebuild.h).
inline constexpr std::string_view kFixFolder = "fixes";

struct BuildRequest {
  Target target;
  /// All that the patchset shall hold, in the order to apply them. A variant for the target's version, beside
  /// one of them, takes its place (fix_variant.h).
  std::vector<std::filesystem::path> fixes;
  std::uint32_t level = 1;
  std::string effective_version{};  ///< Patchset::effective_version
  std::filesystem::path output;     ///< folder to make; must not exist
  std::size_t header_units = 400;   ///< units to compile, at most, for headers that the fixes change
  unsigned jobs = std::thread::hardware_concurrency();  ///< compilers to run at once
  std::filesystem::path cache{};  ///< folder for what the next build need not make again; empty: none
  /// kKlpEngine, kStopMachineEngine. Of several, those that the kernel or the fix leaves no way to are left
  /// out with a note; the only one is insisted on. For kStopMachineEngine alone, functions that ftrace cannot
  /// reach are replaced where they are; else their callers are, so that one delta serves both.
  std::set<std::string, std::less<>> engines{std::string(kKlpEngine), std::string(kStopMachineEngine)};
  /// Signs the modules for kernels that check. Nothing else of the patchset depends on it.
  std::optional<ModuleKey> module_key{};
};

struct BuildResult {
  Patchset patchset;
  std::vector<std::string> notes;  ///< units that were left out, and why
  std::size_t units = 0;           ///< compiled, before and after the fixes
};

/// Makes the folder with modules and manifest, or nothing. Every refusal names fix, unit, function or symbol,
/// and has a code "build.…", "delta.…" or "module.…". "build.engine-unsupported": the kernel has not what an
/// engine needs. "build.not-affected" and "build.nothing-changed" say that none of the fixes is needed, and
/// why.
Result<BuildResult> build_patchset(const BuildRequest& request, Progress& progress);

}  // namespace suture
