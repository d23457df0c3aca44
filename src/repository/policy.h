// SPDX-License-Identifier: Apache-2.0
//
// The owner's rules: repository.toml, beside the keys that sign the repository, out of the reach of whoever
// serves it. What a patchset must have before it is published, how it moves from channel to channel, and
// keys that are no files. suture-repo(1) describes it.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/ed25519.h"
#include "base/error.h"
#include "patchset/statement.h"

namespace suture {

inline constexpr std::string_view kPolicyFile = "repository.toml";
inline constexpr std::string_view kQualifierKey = "qualifier.pem";

/// Where patchsets of a channel come from, when `suture repo promote` is not told.
struct ChannelPolicy {
  std::string from{};             ///< the channel before it
  std::chrono::seconds after{0};  ///< how long they have to have been there
};

/// A key that is no file: in a PKCS #11 token, or behind a program.
struct SignerPlace {
  Ed25519Public key{};
  std::string pkcs11{};                ///< URI (RFC 7512)
  std::filesystem::path pin_file{};    ///< the token's PIN, unless the URI says where it is
  std::filesystem::path module{};      ///< the token's library; empty: those that p11-kit knows
  std::vector<std::string> command{};  ///< a program and its arguments, instead of a token
};

struct PublishingPolicy {
  bool qualification_required = true;
  std::vector<Ed25519Public> qualifiers{};          ///< whose word counts
  std::map<std::string, ChannelPolicy> channels{};  ///< by the channel that is promoted to
  std::map<std::string, SignerPlace> signers{};     ///< by name
};

/// "repository.policy" names the line that is wrong.
Result<PublishingPolicy> parse_policy(std::string_view toml);
/// Of this folder of keys; without the file, qualification is required and nobody's word counts.
Result<PublishingPolicy> read_policy(const std::filesystem::path& keys);
/// The file's text: required, by this qualifier.
std::string policy_text(const Ed25519Public& qualifier);

/// The envelope beside the patchset, once it is known to be good: of a qualifier, about just these files,
/// passed, with each engine that the patchset has a module for. "publish.not-qualified",
/// "publish.qualifier-unknown", "publish.qualification-differs", "publish.qualification-failed",
/// "publish.engine-untried".
Result<std::string> good_statement(const PublishingPolicy& policy, const std::filesystem::path& folder,
                                   const Patchset& patchset, const std::string& manifest_sha256);

}  // namespace suture
