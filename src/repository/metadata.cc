// SPDX-License-Identifier: Apache-2.0
#include "repository/metadata.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/hash.h"
#include "base/json.h"
#include "repository/canonical_json.h"

namespace suture::tuf {
namespace {

constexpr const char* kSpecVersion = "1.0.31";
constexpr std::size_t kMostSignatures = 256;

std::unexpected<Error> malformed(std::string what, std::string why) {
  return fail("repository.malformed", std::move(what), std::move(why));
}

Result<Time> read_time(const std::string& text) {
  const auto time = parse_time(text);
  if (!time) return malformed(time.error().what, time.error().why);
  return *time;
}

Result<std::int64_t> positive(const Json& json, const char* key) {
  const std::int64_t value = TRY(json_integer(json, key));
  if (value < 1) return malformed(std::string("read the field \"") + key + "\"", "it is not at least 1");
  return value;
}

Result<std::uint64_t> length_field(const Json& json) {
  const std::int64_t value = TRY(json_integer(json, "length"));
  if (value < 0) return malformed("read the field \"length\"", "it is negative");
  return static_cast<std::uint64_t>(value);
}

Result<std::string> sha256_field(const Json& json) {
  std::string text = TRY(json_string(*TRY(json_object(json, "hashes")), "sha256"));
  if (!is_sha256_hex(text)) return malformed("read the field \"sha256\"", "it is not a SHA-256");
  return text;
}

/// Becomes a path below the agent's folder and a URL: nothing that leads elsewhere may be in it.
bool is_plain_path(std::string_view path) {
  if (path.empty() || path.size() > 1024) return false;
  std::size_t begin = 0;
  while (begin <= path.size()) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view segment = path.substr(begin, end - begin);
    if (segment.empty() || segment.front() == '.' || segment.size() > 255) return false;
    begin = end + 1;
  }
  return std::ranges::all_of(path, [](unsigned char c) { return c > ' ' && c != 0x7f && c != '\\'; });
}

template <class T>
Result<T> read_head(const Json& content, Role role) {
  T document;
  if (TRY(json_string(content, "_type")) != role_name(role)) {
    return malformed("read the field \"_type\"", std::string("it does not say ") + role_name(role));
  }
  if (!TRY(json_string(content, "spec_version")).starts_with("1.")) {
    return fail("repository.spec-version", "read the field \"spec_version\"",
                "this program reads version 1 of the TUF specification", "Install a newer suture.");
  }
  document.version = TRY(positive(content, "version"));
  document.expires = TRY(read_time(TRY(json_string(content, "expires"))));
  return document;
}

template <class T>
Json write_head(const T& document, Role role) {
  return {{"_type", role_name(role)},
          {"spec_version", kSpecVersion},
          {"version", document.version},
          {"expires", time_text(document.expires)}};
}

Result<MetaFile> read_meta_file(const Json& json) {
  MetaFile file;
  file.version = TRY(positive(json, "version"));
  if (json.contains("length")) file.length = TRY(length_field(json));
  if (json.contains("hashes")) file.sha256 = TRY(sha256_field(json));
  return file;
}

Json write_meta_file(const MetaFile& file) {
  Json json = {{"version", file.version}};
  if (file.length) json["length"] = *file.length;
  if (file.sha256) json["hashes"] = {{"sha256", *file.sha256}};
  return json;
}

Result<std::map<std::string, MetaFile>> read_meta(const Json& content, const char* needed) {
  std::map<std::string, MetaFile> files;
  for (const auto& [name, value] : TRY(json_object(content, "meta"))->items()) {
    if (!is_plain_path(name)) return malformed("read the field \"meta\"", "a name is not a plain one");
    files.emplace(name, TRY_IN("read what it says of " + name, read_meta_file(value)));
  }
  if (!files.contains(needed)) return malformed("read the field \"meta\"", std::string("no ") + needed);
  return files;
}

Result<TargetFile> read_target_file(const Json& json) {
  TargetFile file{TRY(length_field(json)), TRY(sha256_field(json)), nullptr};
  if (json.contains("custom")) file.custom = *TRY(json_object(json, "custom"));
  return file;
}

}  // namespace

const char* role_name(Role role) {
  switch (role) {
    case Role::kRoot:
      return "root";
    case Role::kTimestamp:
      return "timestamp";
    case Role::kSnapshot:
      return "snapshot";
    case Role::kTargets:
      return "targets";
  }
  return "unknown";
}

std::size_t size_limit(Role role) {
  switch (role) {
    case Role::kTimestamp:
      return 64u << 10;
    case Role::kTargets:
      return 32u << 20;
    case Role::kSnapshot:
      return 4u << 20;
    default:
      return 1u << 20;
  }
}

Result<Envelope> parse_envelope(ByteView bytes, Role role) {
  const std::string name = std::string("the ") + role_name(role) + " metadata";
  const Json json = TRY(parse_json(as_text(bytes), name, {.bytes = size_limit(role), .depth = 16}));
  Envelope envelope;
  const Json& signatures = *TRY_IN("read " + name, json_array(json, "signatures"));
  if (signatures.size() > kMostSignatures) return malformed("read " + name, "it has too many signatures");
  for (const Json& item : signatures) {
    // A signature that is empty or of a foreign form counts for nothing; it is no reason to refuse the
    // others.
    auto bytes_of = from_hex(TRY_IN("read " + name, json_string(item, "sig")));
    std::string key_id = TRY_IN("read " + name, json_string(item, "keyid"));
    if (bytes_of) envelope.signatures.push_back({std::move(key_id), *std::move(bytes_of)});
  }
  envelope.content = *TRY_IN("read " + name, json_object(json, "signed"));
  envelope.canonical = TRY_IN("read " + name, canonical_json(envelope.content));
  return envelope;
}

Result<Root> root_from_json(const Json& content) {
  Root root = TRY(read_head<Root>(content, Role::kRoot));
  const auto consistent = content.find("consistent_snapshot");
  if (consistent == content.end() || *consistent != true) {
    return malformed("read the field \"consistent_snapshot\"", "this program needs it to be true");
  }
  root.keys = TRY(keys_from_json(*TRY(json_object(content, "keys"))));
  const Json& roles = *TRY(json_object(content, "roles"));
  for (const Role role : kRoles) {
    const char* name = role_name(role);
    root.roles[role] = TRY_IN(name, role_keys_from_json(*TRY(json_object(roles, name))));
  }
  return root;
}

Result<Timestamp> timestamp_from_json(const Json& content) {
  Timestamp timestamp = TRY(read_head<Timestamp>(content, Role::kTimestamp));
  auto meta = TRY(read_meta(content, "snapshot.json"));
  if (meta.size() != 1) return malformed("read the field \"meta\"", "more than snapshot.json is in it");
  timestamp.snapshot = std::move(meta.begin()->second);
  return timestamp;
}

Result<Snapshot> snapshot_from_json(const Json& content) {
  Snapshot snapshot = TRY(read_head<Snapshot>(content, Role::kSnapshot));
  snapshot.meta = TRY(read_meta(content, kTargetsFile));
  return snapshot;
}

Result<Targets> targets_from_json(const Json& content) {
  Targets targets = TRY(read_head<Targets>(content, Role::kTargets));
  if (content.contains("role")) targets.role = TRY(json_string(content, "role"));
  for (const auto& [path, value] : TRY(json_object(content, "targets"))->items()) {
    if (!is_plain_path(path)) return malformed("read the field \"targets\"", "a path is not a plain one");
    targets.files.emplace(path, TRY_IN("read what it says of " + path, read_target_file(value)));
  }
  if (content.contains("delegations")) {
    targets.delegations =
        TRY_IN("read the delegations", delegations_from_json(*TRY(json_object(content, "delegations"))));
  }
  return targets;
}

Json to_json(const Root& root) {
  Json json = write_head(root, Role::kRoot);
  json["consistent_snapshot"] = true;
  json["keys"] = to_json(root.keys);
  for (const auto& [role, keys] : root.roles) json["roles"][role_name(role)] = to_json(keys);
  return json;
}

Json to_json(const Timestamp& timestamp) {
  Json json = write_head(timestamp, Role::kTimestamp);
  json["meta"]["snapshot.json"] = write_meta_file(timestamp.snapshot);
  return json;
}

Json to_json(const Snapshot& snapshot) {
  Json json = write_head(snapshot, Role::kSnapshot);
  for (const auto& [name, file] : snapshot.meta) json["meta"][name] = write_meta_file(file);
  return json;
}

Json to_json(const Targets& targets) {
  Json json = write_head(targets, Role::kTargets);
  if (!targets.role.empty()) json["role"] = targets.role;
  json["targets"] = Json::object();
  for (const auto& [path, file] : targets.files) {
    Json& entry = json["targets"][path] = {{"length", file.length}, {"hashes", {{"sha256", file.sha256}}}};
    if (!file.custom.is_null()) entry["custom"] = file.custom;
  }
  if (targets.delegations) json["delegations"] = to_json(*targets.delegations);
  return json;
}

Result<std::string> sign(const Json& content, const std::vector<const Signer*>& keys) {
  const std::string message = TRY(canonical_json(content));
  std::vector<Signature> signatures;
  for (const Signer* key : keys) {
    signatures.push_back({key->public_key().id, TRY(key->sign(as_bytes(message)))});
  }
  return signed_text(content, signatures);
}

std::string signed_text(const Json& content, const std::vector<Signature>& signatures) {
  Json list = Json::array();
  for (const Signature& one : signatures) list.push_back({{"keyid", one.key_id}, {"sig", to_hex(one.bytes)}});
  // Without white space: hosts fetch it by the thousand. What is not UTF-8 was refused when it was read.
  return Json({{"signatures", std::move(list)}, {"signed", content}})
             .dump(-1, ' ', false, Json::error_handler_t::replace) +
         "\n";
}

std::string document_name(std::string_view role) {
  return std::string(role) + ".json";
}

std::string versioned_name(std::int64_t version, std::string_view role) {
  return std::to_string(version) + "." + document_name(role);
}

}  // namespace suture::tuf
