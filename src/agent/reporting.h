// SPDX-License-Identifier: Apache-2.0
//
// What the agent remembers of its reports, in reporting.json of the state folder, which every user may read:
// the number of the last one, the public half of the key that signed it, and whether the server took it.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "patchset/report.h"

namespace suture {

struct Reporting {
  std::int64_t counter = 0;
  std::string key{};                     ///< 64 hexadecimal digits; empty: none was sent yet
  std::optional<ReportedError> error{};  ///< why the last one did not arrive
  bool operator==(const Reporting&) const = default;
};

/// A file that is absent or broken is as if nothing was ever sent: next_counter() needs none.
Reporting read_reporting(const std::filesystem::path& state);
Result<void> write_reporting(const std::filesystem::path& state, const Reporting& reporting);

/// The number of the next report: the microseconds of the clock, but above the last number in any case. So it
/// rises when the clock is put back, and also when the state folder is, from a backup or a snapshot.
std::int64_t next_counter(std::int64_t last, std::chrono::system_clock::time_point now);

}  // namespace suture
