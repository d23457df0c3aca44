// SPDX-License-Identifier: Apache-2.0
//
// The four kinds of TUF metadata as values (TUF specification 1.0, section 4). Reading checks form only:
// whether a document may be believed is the verifier's business.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/time.h"
#include "repository/delegation.h"
#include "repository/key.h"

namespace suture::tuf {

enum class Role { kRoot, kTimestamp, kSnapshot, kTargets };
inline constexpr Role kRoles[] = {Role::kRoot, Role::kTimestamp, Role::kSnapshot, Role::kTargets};

/// "root", "timestamp", … as in documents and file names. Roles to which targets are delegated have names of
/// their own; their documents are of the kind kTargets.
const char* role_name(Role role);

/// The most bytes of a document of this role: an endless one is cut off before it is parsed.
std::size_t size_limit(Role role);

struct Signature {
  std::string key_id;
  Bytes bytes;
  bool operator==(const Signature&) const = default;
};

/// A document as it travels: what was signed, and by whom it claims to be.
struct Envelope {
  Json content;           ///< the member "signed"
  std::string canonical;  ///< the bytes that the signatures cover
  std::vector<Signature> signatures;
};

struct Root {
  std::int64_t version = 0;
  Time expires{};
  std::map<std::string, PublicKey> keys;  ///< by id; keys of a type that we cannot check are left out
  std::map<Role, RoleKeys> roles;         ///< all four
};

/// What one document says of another.
struct MetaFile {
  std::int64_t version = 0;
  std::optional<std::uint64_t> length;
  std::optional<std::string> sha256;
};

struct Timestamp {
  std::int64_t version = 0;
  Time expires{};
  MetaFile snapshot;
};

struct Snapshot {
  std::int64_t version = 0;
  Time expires{};
  std::map<std::string, MetaFile> meta;  ///< by file name; "targets.json" is always there
};

struct TargetFile {
  std::uint64_t length = 0;
  std::string sha256;
  Json custom;  ///< an object, or null
};

struct Targets {
  std::int64_t version = 0;
  Time expires{};
  std::map<std::string, TargetFile> files{};  ///< by relative path, without "." and ".."
  std::optional<Delegations> delegations{};
  /// Which role's it is, as we write it for delegated ones; empty where it does not say. A snapshot that has
  /// no hash of a document, and one key for many roles, leave nothing else to tell one's document from
  /// another's.
  std::string role{};
};

inline constexpr const char* kTargetsFile = "targets.json";

/// As snapshot metadata and file names have it: "targets.json", "stable~debian.json".
std::string document_name(std::string_view role);
/// As consistent snapshots store it: "7.targets.json".
std::string versioned_name(std::int64_t version, std::string_view role);

Result<Envelope> parse_envelope(ByteView bytes, Role role);
Result<Root> root_from_json(const Json& content);
Result<Timestamp> timestamp_from_json(const Json& content);
Result<Snapshot> snapshot_from_json(const Json& content);
Result<Targets> targets_from_json(const Json& content);

Json to_json(const Root& root);
Json to_json(const Timestamp& timestamp);
Json to_json(const Snapshot& snapshot);
Json to_json(const Targets& targets);

/// The finished document: `content` with the signatures of `keys`. The same input gives the same bytes.
Result<std::string> sign(const Json& content, const std::vector<const Signer*>& keys);
/// The same with signatures that were made elsewhere.
std::string signed_text(const Json& content, const std::vector<Signature>& signatures);

}  // namespace suture::tuf
