// SPDX-License-Identifier: Apache-2.0
#include "base/file.h"
#include "base/json.h"
#include "patchset/report.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto report = suture::parse_host_report(suture::as_text({data, size}));
  if (!report) return 0;
  if (suture::parse_host_report(suture::report_text(*report)).value() != *report) __builtin_trap();
  // What is accepted is written and read back as it is.
  const auto again = suture::parse_host_report(suture::json_text(suture::to_json(*report)));
  if (again && *again != *report) __builtin_trap();
  return 0;
}
