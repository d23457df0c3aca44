// SPDX-License-Identifier: Apache-2.0
//
// A change to a repository that waits for signatures. Keys of the roles that matter most are kept offline:
// what is to be signed travels to them as a file, and back with their signatures (`suture repo sign`).
// Whoever signs sees what it is about, from the documents themselves.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "repository/metadata.h"

namespace suture {

struct PendingDocument {
  Json content{};                            ///< the member "signed" of what it becomes
  tuf::RoleKeys keys{};                      ///< who has to sign; a new root's own
  std::optional<tuf::RoleKeys> old_keys{};   ///< of a root: those of the one before, too
  std::vector<tuf::Signature> signatures{};  ///< so far
};

struct Change {
  std::map<std::string, PendingDocument> documents{};  ///< by role: "root", "targets", "stable~debian~3f"
  std::map<std::string, std::string> files{};          ///< TUF targets that go with it, by stored path
  std::vector<std::string> log_entries{};
  std::uint64_t log_size = 0;  ///< the log's size before them
};

inline constexpr std::size_t kMostChange = 64u << 20;

std::string change_text(const Change& change);
/// "change.schema", "json.malformed".
Result<Change> parse_change(std::string_view text);

/// What it would do, one line each, for whoever signs: from the documents and entries, not from words that
/// came with them.
std::vector<std::string> describe(const Change& change);

/// Adds the signer's signature to each document that its key may sign and has not signed yet; returns to
/// which.
Result<std::vector<std::string>> add_signatures(Change& change, const tuf::Signer& signer);

}  // namespace suture
