// SPDX-License-Identifier: Apache-2.0
#include "repository/delegation.h"

#include <fnmatch.h>

#include <algorithm>

#include "base/hash.h"
#include "base/json.h"

namespace suture::tuf {
namespace {

constexpr std::size_t kMostRoles = 65'536;
constexpr std::size_t kMostPatterns = 65'536;
constexpr std::size_t kLongestName = 100;
constexpr std::size_t kLongestPattern = 1024;

std::unexpected<Error> malformed(const char* field, std::string why) {
  return fail("repository.malformed", std::string("read the field \"") + field + "\"", std::move(why));
}

/// As it becomes a file name in a folder and a part of a URL, nothing in it may mean anything there.
bool is_role_name(std::string_view name) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.' || c == '~';
  };
  constexpr std::string_view kTopLevel[] = {"root", "timestamp", "snapshot", "targets"};
  return !name.empty() && name.size() <= kLongestName && name.front() != '.' &&
         std::ranges::all_of(name, plain) && std::ranges::find(kTopLevel, name) == std::end(kTopLevel);
}

Result<std::vector<std::string>> texts(const Json& json, const char* field) {
  std::vector<std::string> read;
  const Json& items = *TRY(json_array(json, field));
  if (items.size() > kMostPatterns) return malformed(field, "it is too long");
  for (const Json& item : items) {
    if (!item.is_string()) return malformed(field, "an entry is not a string");
    read.push_back(item.get<std::string>());
    if (read.back().size() > kLongestPattern) return malformed(field, "an entry is too long");
  }
  return read;
}

Result<DelegatedRole> read_role(const Json& json) {
  DelegatedRole role;
  role.name = TRY(json_string(json, "name"));
  if (!is_role_name(role.name)) return malformed("name", "the role's name cannot be a file's name");
  role.keys = TRY(role_keys_from_json(json));
  role.terminating = TRY(json_flag(json, "terminating"));
  const bool by_path = json.contains("paths");
  if (by_path == json.contains("path_hash_prefixes")) {
    return malformed("paths", "there must be either that or path_hash_prefixes");
  }
  (by_path ? role.paths : role.path_hash_prefixes) =
      TRY(texts(json, by_path ? "paths" : "path_hash_prefixes"));
  return role;
}

Json to_json(const DelegatedRole& role) {
  Json json = to_json(role.keys);
  json["name"] = role.name;
  json["terminating"] = role.terminating;
  if (role.path_hash_prefixes.empty()) {
    json["paths"] = role.paths;
  } else {
    json["path_hash_prefixes"] = role.path_hash_prefixes;
  }
  return json;
}

}  // namespace

bool DelegatedRole::covers(const std::string& target_path) const {
  if (!path_hash_prefixes.empty()) {
    const std::string hash = sha256_hex(as_bytes(target_path));
    return std::ranges::any_of(path_hash_prefixes,
                               [&](const std::string& prefix) { return hash.starts_with(prefix); });
  }
  return std::ranges::any_of(paths, [&](const std::string& pattern) {
    return ::fnmatch(pattern.c_str(), target_path.c_str(), FNM_PATHNAME | FNM_NOESCAPE) == 0;
  });
}

const DelegatedRole* Delegations::find(std::string_view name) const {
  const auto found = std::ranges::find(roles, name, &DelegatedRole::name);
  return found == roles.end() ? nullptr : &*found;
}

DelegatedRole* Delegations::find(std::string_view name) {
  const auto found = std::ranges::find(roles, name, &DelegatedRole::name);
  return found == roles.end() ? nullptr : &*found;
}

Json to_json(const RoleKeys& keys) {
  return {{"keyids", keys.key_ids}, {"threshold", keys.threshold}};
}

Result<RoleKeys> role_keys_from_json(const Json& json) {
  RoleKeys role;
  role.threshold = TRY(json_integer(json, "threshold"));
  if (role.threshold < 1) return malformed("threshold", "it is not at least 1");
  for (const Json& id : *TRY(json_array(json, "keyids"))) {
    if (!id.is_string()) return malformed("keyids", "an entry is not a string");
    if (!role.key_ids.insert(id.get<std::string>()).second)
      return malformed("keyids", "a key is named twice");
  }
  return role;
}

Json to_json(const std::map<std::string, PublicKey>& keys) {
  Json json = Json::object();
  for (const auto& [id, key] : keys) json[id] = to_json(key);
  return json;
}

Result<std::map<std::string, PublicKey>> keys_from_json(const Json& json) {
  std::map<std::string, PublicKey> keys;
  for (const auto& [id, value] : json.items()) {
    auto key = public_key_from_json(id, value);
    if (!key && key.error().code == "repository.unknown-key-type") continue;
    if (!key) return std::unexpected(std::move(key).error());
    keys.emplace(id, *std::move(key));
  }
  return keys;
}

Json to_json(const Delegations& delegations) {
  Json json = {{"keys", to_json(delegations.keys)}, {"roles", Json::array()}};
  for (const DelegatedRole& role : delegations.roles) json["roles"].push_back(to_json(role));
  return json;
}

Result<Delegations> delegations_from_json(const Json& json) {
  if (json.contains("succinct_roles")) {
    return fail("repository.unsupported", "read the delegations", "succinct roles are not read here");
  }
  Delegations delegations{.keys = TRY(keys_from_json(*TRY(json_object(json, "keys"))))};
  const Json& roles = *TRY(json_array(json, "roles"));
  if (roles.size() > kMostRoles) return malformed("roles", "there are too many");
  std::set<std::string> names;
  for (const Json& item : roles) {
    delegations.roles.push_back(TRY(read_role(item)));
    if (!names.insert(delegations.roles.back().name).second) return malformed("roles", "one is there twice");
  }
  return delegations;
}

}  // namespace suture::tuf
