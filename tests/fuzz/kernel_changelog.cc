// SPDX-License-Identifier: Apache-2.0
//
// As a file that gzip packed, and as the text of one: from a package that nobody but its maker has seen.
#include "agent/kernel_changelog.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kLimit = 1u << 20;
  const auto unpacked = suture::gunzip({data, size}, kLimit);
  if (unpacked && unpacked->size() > kLimit) __builtin_trap();
  const std::string text = unpacked.value_or(std::string(suture::as_text({data, size})));
  if (const auto version = suture::debian_version_of(text);
      version && version->find('/') != std::string::npos)
    __builtin_trap();
  for (const auto& read : {suture::parse_debian_changelog(text, "6.1.170-3"),
                           std::optional(suture::parse_rpm_changelog(text))}) {
    if (!read) continue;
    for (const auto& [cve, entry] : read->named) {
      if (!cve.starts_with("CVE-") || entry.size() > 128) __builtin_trap();
    }
  }
  return 0;
}
