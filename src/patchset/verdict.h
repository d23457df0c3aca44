// SPDX-License-Identifier: Apache-2.0
//
// Is a kernel safe from a vulnerability, and why: the answer that people, scanners and the server get.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace suture {

enum class Verdict : std::uint8_t {
  kPatched,      ///< a live patch that is in the running kernel closes it
  kFixed,        ///< the kernel that was booted has the fix
  kNotAffected,  ///< the kernel that was booted never had the hole
  kOpen,         ///< there is a level that closes it, and it is not in the kernel
  kUnknown,      ///< nothing that is known here speaks of it
};

struct CveVerdict {
  std::string cve;
  Verdict verdict = Verdict::kUnknown;
  std::string why;              ///< one sentence, on what evidence
  std::uint32_t level = 0;      ///< of kPatched and kOpen: the lowest that closes it; 0: none does yet
  std::string justification{};  ///< of kNotAffected, as VEX has it; empty: vulnerable_code_not_present
  bool operator==(const CveVerdict&) const = default;
};

/// "patched", "fixed", "not-affected", "open", "unknown"
std::string_view name_of(Verdict verdict);

}  // namespace suture
