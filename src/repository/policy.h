// SPDX-License-Identifier: Apache-2.0
//
// What a patchset must have before it is published: repository.toml, beside the keys that sign the
// repository, out of the reach of whoever serves it.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/ed25519.h"
#include "base/error.h"
#include "patchset/statement.h"

namespace suture {

inline constexpr std::string_view kPolicyFile = "repository.toml";
inline constexpr std::string_view kQualifierKey = "qualifier.pem";

struct PublishingPolicy {
  bool qualification_required = true;
  std::vector<Ed25519Public> qualifiers;  ///< whose word counts
};

/// "repository.policy" names the line that is wrong.
Result<PublishingPolicy> parse_policy(std::string_view toml);
/// Of this folder of keys; without the file, qualification is required and nobody's word counts.
Result<PublishingPolicy> read_policy(const std::filesystem::path& keys);
/// The file's text: required, by this qualifier.
std::string policy_text(const Ed25519Public& qualifier);

/// The envelope beside the patchset, once it is known to be good: of a qualifier, about just these files,
/// passed. "publish.not-qualified", "publish.qualifier-unknown", "publish.qualification-differs",
/// "publish.qualification-failed".
Result<std::string> good_statement(const PublishingPolicy& policy, const std::filesystem::path& folder,
                                   const std::map<std::string, std::string>& subjects);

}  // namespace suture
