// SPDX-License-Identifier: Apache-2.0
//
// The same fixes for many kernels in one call: side by side, as far as processors and memory go.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/terminal.h"
#include "build/build.h"
#include "target/target.h"

namespace suture {

enum class FleetOutcome : std::uint8_t {
  kPatched,
  kNotAffected,   ///< it needs none of the fixes
  kDoesNotApply,  ///< a fix is for other source than this kernel's
  kMismatch,      ///< what was compiled is not what is shipped
  kRefused,       ///< no patch for it is safe, or this version cannot make it
  kFailed,        ///< the machine, not the fix
};

/// "patched", "not affected", "does not apply", "mismatch", "refused", "failed".
std::string_view to_text(FleetOutcome outcome);
/// What an error of build_patchset() means.
FleetOutcome outcome_of(const Error& error);

struct FleetRequest {
  std::vector<Target> targets;
  std::vector<std::filesystem::path> fixes;
  std::uint32_t level = 1;
  std::filesystem::path output;    ///< folder that gets one folder for each patchset; made when it is missing
  std::filesystem::path cache{};   ///< see BuildRequest
  std::size_t header_units = 400;  ///< see BuildRequest
  std::set<std::string, std::less<>> engines = BuildRequest{}.engines;  ///< see BuildRequest
  std::optional<ModuleKey> module_key{};                                ///< see BuildRequest
  unsigned jobs = std::thread::hardware_concurrency();  ///< compilers to run at once, for all targets
};

struct FleetResult {
  TargetId target;
  FleetOutcome outcome = FleetOutcome::kFailed;
  std::filesystem::path output;  ///< of the patchset
  BuildResult built;             ///< when it is patched
  Error error;                   ///< when it is not
  double seconds = 0;            ///< spent on it
};

/// In the order of the targets.
Result<std::vector<FleetResult>> build_fleet(const FleetRequest& request, Progress& progress);

}  // namespace suture
