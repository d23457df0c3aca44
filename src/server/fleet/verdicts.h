// SPDX-License-Identifier: Apache-2.0
//
// What is known of kernels beyond the repository: the OpenVEX documents that `suture watch report --format
// openvex` writes, one for each kernel. They are files of the administrator's, but may come from elsewhere.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "base/error.h"

namespace suture::server {

enum class Standing { kAffected, kFixed, kNotAffected, kUnderInvestigation };
/// As VEX has it: "not_affected".
std::string_view name_of(Standing standing);

struct KernelVerdict {
  Standing standing = Standing::kUnderInvestigation;
  std::string why{};
  std::string justification{};  ///< of kNotAffected, as VEX has it
};

/// By CVE.
using KernelVerdicts = std::map<std::string, KernelVerdict>;
/// By build-id.
using Verdicts = std::map<std::string, KernelVerdicts>;

struct VerdictDocument {
  std::string build_id{};
  std::string timestamp{};
  KernelVerdicts verdicts{};
};

inline constexpr std::size_t kMostVerdictFile = 32u << 20;

/// "verdicts.schema" for what is no OpenVEX document of a kernel of ours.
Result<VerdictDocument> parse_verdicts(std::string_view text);

/// A file, or all "*.json" of a folder. Of two documents on one kernel, the later counts. A file that is no
/// such document is left out, with a line in the log.
Result<Verdicts> read_verdicts(const std::filesystem::path& place);

}  // namespace suture::server
