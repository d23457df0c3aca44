// SPDX-License-Identifier: Apache-2.0
#include "repository/change.h"

#include <algorithm>

#include "base/hash.h"
#include "base/json.h"
#include "repository/canonical_json.h"

namespace suture {
namespace {

constexpr const char* kKind = "suture repository change 1";
constexpr std::size_t kMostItems = 100'000;

std::unexpected<Error> wrong(std::string why) {
  return fail("change.schema", "read the change of a repository", std::move(why),
              "Make it anew: the command that wrote it, with --request.");
}

Json to_json(const PendingDocument& document) {
  Json signatures = Json::array();
  for (const tuf::Signature& one : document.signatures) {
    signatures.push_back({{"keyid", one.key_id}, {"sig", to_hex(one.bytes)}});
  }
  Json json = {
      {"signed", document.content}, {"keys", to_json(document.keys)}, {"signatures", std::move(signatures)}};
  if (document.old_keys) json["old_keys"] = to_json(*document.old_keys);
  return json;
}

Result<PendingDocument> read_document(const Json& json) {
  PendingDocument document{.content = *TRY(json_object(json, "signed")),
                           .keys = TRY(tuf::role_keys_from_json(*TRY(json_object(json, "keys"))))};
  TRY(tuf::canonical_json(document.content));
  if (json.contains("old_keys")) {
    document.old_keys = TRY(tuf::role_keys_from_json(*TRY(json_object(json, "old_keys"))));
  }
  for (const Json& item : *TRY(json_array(json, "signatures"))) {
    document.signatures.push_back(
        {TRY(json_string(item, "keyid")), TRY(from_hex(TRY(json_string(item, "sig"))))});
  }
  return document;
}

void describe_root(const tuf::Root& root, std::vector<std::string>& lines) {
  for (const auto& [role, keys] : root.roles) {
    std::string ids;
    for (const std::string& id : keys.key_ids) ids += " " + id.substr(0, 16);
    lines.push_back("  " + std::string(tuf::role_name(role)) + ": " + std::to_string(keys.threshold) + " of" +
                    ids);
  }
}

void describe_targets(const tuf::Targets& targets, std::vector<std::string>& lines) {
  if (!targets.delegations) return;
  constexpr std::size_t kShown = 40;
  std::size_t shown = 0;
  for (const tuf::DelegatedRole& role : targets.delegations->roles) {
    if (++shown > kShown) {
      lines.push_back("  and " + std::to_string(targets.delegations->roles.size() - kShown) + " more");
      return;
    }
    std::string ids;
    for (const std::string& id : role.keys.key_ids) ids += " " + id.substr(0, 16);
    lines.push_back("  delegates to " + role.name + ": " + std::to_string(role.keys.threshold) + " of" + ids);
  }
}

bool may_sign(const PendingDocument& document, const std::string& id) {
  return document.keys.key_ids.contains(id) || (document.old_keys && document.old_keys->key_ids.contains(id));
}

}  // namespace

std::string change_text(const Change& change) {
  Json documents = Json::object();
  for (const auto& [role, document] : change.documents) documents[role] = to_json(document);
  return json_text({{"kind", kKind},
                    {"documents", std::move(documents)},
                    {"files", change.files},
                    {"log_entries", change.log_entries},
                    {"log_size", change.log_size}});
}

namespace {

Result<Change> read_change(std::string_view text) {
  const Json json = TRY(parse_json(text, "the change of a repository", {.bytes = kMostChange, .depth = 24}));
  if (TRY(json_string(json, "kind")) != kKind) return wrong("it is of another kind");
  Change change;
  for (const auto& [role, document] : TRY(json_object(json, "documents"))->items()) {
    change.documents.emplace(role, TRY_IN("read the " + role + " metadata", read_document(document)));
  }
  for (const auto& [path, file] : TRY(json_object(json, "files"))->items()) {
    if (!file.is_string()) return wrong("a file is no text");
    change.files.emplace(path, file.get<std::string>());
  }
  for (const Json& entry : *TRY(json_array(json, "log_entries"))) {
    if (!entry.is_string()) return wrong("an entry of the log is no text");
    change.log_entries.push_back(entry.get<std::string>());
  }
  const std::int64_t size = TRY(json_integer(json, "log_size"));
  if (size < 0 || change.documents.size() + change.files.size() > kMostItems) return wrong("it is too large");
  change.log_size = static_cast<std::uint64_t>(size);
  return change;
}

}  // namespace

Result<Change> parse_change(std::string_view text) {
  auto change = read_change(text);
  if (change || change.error().code != "json.schema") return change;
  return wrong(change.error().what + ": " + change.error().why);
}

std::vector<std::string> describe(const Change& change) {
  std::vector<std::string> lines;
  for (const std::string& entry : change.log_entries) lines.push_back(entry);
  for (const auto& [role, document] : change.documents) {
    const auto version = json_integer(document.content, "version");
    const auto expires = json_string(document.content, "expires");
    lines.push_back(role + " metadata, version " + (version ? std::to_string(*version) : "?") + ", until " +
                    expires.value_or("?"));
    const auto root = tuf::root_from_json(document.content);
    const auto targets = tuf::targets_from_json(document.content);
    if (root) describe_root(*root, lines);
    if (targets) describe_targets(*targets, lines);
    if (!root && !targets) lines.push_back("  it is of no kind that can be signed this way");
  }
  return lines;
}

Result<std::vector<std::string>> add_signatures(Change& change, const tuf::Signer& signer) {
  std::vector<std::string> done;
  const std::string& id = signer.public_key().id;
  for (auto& [role, document] : change.documents) {
    const bool has =
        std::ranges::find(document.signatures, id, &tuf::Signature::key_id) != document.signatures.end();
    if (has || !may_sign(document, id)) continue;
    const std::string message = TRY(tuf::canonical_json(document.content));
    document.signatures.push_back({id, TRY(signer.sign(as_bytes(message)))});
    done.push_back(role);
  }
  return done;
}

}  // namespace suture
