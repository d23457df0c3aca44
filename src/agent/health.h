// SPDX-License-Identifier: Apache-2.0
//
// What the kernel says after an apply: records of /dev/kmsg (Documentation/ABI/testing/dev-kmsg), and what in
// them is a bad sign. Pure but for the reading.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace suture {

struct KernelRecord {
  std::uint64_t sequence = 0;  ///< grows by one with each record of a boot
  std::string text{};          ///< its first line
  bool operator==(const KernelRecord&) const = default;
};

/// "4,1153,5140900,-;text", each on a line. What programs wrote into the log is left out, as are lines of
/// another form.
std::vector<KernelRecord> parse_kernel_records(std::string_view text);

/// Those behind `after`. None is lost but what the kernel has written over meanwhile.
Result<std::vector<KernelRecord>> read_kernel_records(const std::filesystem::path& kmsg, std::uint64_t after);

/// The sequence number of the newest one; 0 when there is none.
Result<std::uint64_t> last_kernel_record(const std::filesystem::path& kmsg);

struct BadSign {
  std::string kind{};  ///< of base/kernel_log.h
  std::string line{};
  bool ours = false;  ///< its trace has a function of the patch's module
  bool whole = true;  ///< false: its trace is still being written
  bool operator==(const BadSign&) const = default;
};

/// In the records' order. `module`: "suture_2".
std::vector<BadSign> bad_signs(const std::vector<KernelRecord>& records, std::string_view module);

}  // namespace suture
