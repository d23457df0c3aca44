// SPDX-License-Identifier: Apache-2.0
//
// What a guest reports and what its kernel says: both come from a machine that may have gone mad.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/kernel_log.h"
#include "qualify/junit.h"
#include "qualify/vm.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  bool ended = false;
  suture::VmResult result;
  result.checks = suture::parse_results(text, ended);
  result.faults = suture::kernel_faults(text);
  const std::string report = suture::junit_report(result, "fuzz");
  return report.empty() ? 1 : 0;
}
