// SPDX-License-Identifier: Apache-2.0
//
// Delegations: whom a targets role trusts with which paths (TUF specification 1.0, 4.5 and 5.6.7).
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/json_fwd.h"
#include "repository/key.h"

namespace suture::tuf {

struct RoleKeys {
  std::set<std::string> key_ids;
  std::int64_t threshold = 1;
  bool operator==(const RoleKeys&) const = default;
};

struct DelegatedRole {
  std::string name{};  ///< becomes a file name: letters, digits, "-._~", at most 100
  RoleKeys keys{};
  /// Nobody after this one is asked about a path that it covers.
  bool terminating = false;
  /// One of the two: shell patterns, in which `*` and `?` stand for no slash; or how the SHA-256 of a path
  /// begins, in lower-case hexadecimal.
  std::vector<std::string> paths{};
  std::vector<std::string> path_hash_prefixes{};

  bool covers(const std::string& target_path) const;
  bool operator==(const DelegatedRole&) const = default;
};

struct Delegations {
  std::map<std::string, PublicKey> keys{};  ///< by id; keys of a type that we cannot check are left out
  std::vector<DelegatedRole> roles{};       ///< in the order in which they are asked

  const DelegatedRole* find(std::string_view name) const;
  DelegatedRole* find(std::string_view name);
  bool operator==(const Delegations&) const = default;
};

Json to_json(const RoleKeys& keys);
Result<RoleKeys> role_keys_from_json(const Json& json);
Json to_json(const std::map<std::string, PublicKey>& keys);
Result<std::map<std::string, PublicKey>> keys_from_json(const Json& json);
Json to_json(const Delegations& delegations);
/// "repository.malformed"; "repository.unsupported" for succinct roles (a later proposal, TAP 15).
Result<Delegations> delegations_from_json(const Json& json);

}  // namespace suture::tuf
