// SPDX-License-Identifier: Apache-2.0
#include "server/fleet/verdicts.h"

#include "base/file.h"
#include "base/utf8.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto document = suture::server::parse_verdicts(suture::as_text({data, size}));
  if (!document) return 0;
  // What is accepted is shown to people and programs.
  for (const auto& [cve, verdict] : document->verdicts) {
    if (!cve.starts_with("CVE-") || suture::as_utf8(verdict.why) != verdict.why) __builtin_trap();
  }
  return 0;
}
