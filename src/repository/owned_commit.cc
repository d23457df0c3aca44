// SPDX-License-Identifier: Apache-2.0
//
// How a change of the owner's goes out: who has to sign it, and in which order it is written.
#include <algorithm>

#include "base/hash.h"
#include "base/json.h"
#include "repository/log_checkpoint.h"
#include "repository/log_head.h"
#include "repository/log_writer.h"
#include "repository/owned.h"

namespace suture {
namespace fs = std::filesystem;
using tuf::Role;
using tuf::Signer;
namespace {

Json content_of(const tuf::Trusted& state, const std::string& role) {
  return role == "root" ? tuf::to_json(state.root) : tuf::to_json(tuf::targets_of(state, role));
}

std::unexpected<Error> stale(const std::string& why) {
  return fail("change.stale", "publish the change", why,
              "The repository was changed meanwhile: make the change anew, and have it signed again.");
}

}  // namespace

/// What is known of a role so far.
const tuf::Targets* OwnedRepository::known(const std::string& name) const {
  if (name == kTargets) return &*state_.targets;
  const auto found = state_.delegated.find(name);
  return found == state_.delegated.end() ? nullptr : &found->second;
}

Result<tuf::RoleKeys> OwnedRepository::keys_for(const std::string& role) const {
  if (role == kRoot) return state_.root.roles.at(Role::kRoot);
  if (role == kTargets) return state_.root.roles.at(Role::kTargets);
  const tuf::Targets* above = known(delegator_of(role));
  const tuf::DelegatedRole* found =
      above != nullptr && above->delegations ? above->delegations->find(role) : nullptr;
  if (found == nullptr) return stale("nobody delegates to the role " + role);
  return found->keys;
}

std::map<std::string, tuf::PublicKey> OwnedRepository::public_keys_for(const std::string& role) const {
  if (role == kRoot) {
    auto keys = state_.root.keys;
    keys.insert(old_root_.keys.begin(), old_root_.keys.end());
    return keys;
  }
  if (role == kTargets) return state_.root.keys;
  const tuf::Targets* above = known(delegator_of(role));
  if (above == nullptr || !above->delegations) return {};
  return above->delegations->keys;
}

Result<Change> OwnedRepository::edited_change() {
  Change change{.files = files_, .log_entries = entries_, .log_size = log_head_.size};
  for (const std::string& role : edited_) {
    if (role == kLog) continue;
    PendingDocument document{.content = content_of(state_, role), .keys = TRY(keys_for(role))};
    if (role == kRoot && old_root_.version > 0) document.old_keys = old_root_.roles.at(Role::kRoot);
    change.documents.emplace(role, std::move(document));
  }
  return change;
}

Result<void> OwnedRepository::sign_here(Change& change) const {
  // In the order of their ids, so that the same input gives the same bytes.
  std::map<std::string, const Signer*> able;
  const auto add = [&](const tuf::RoleKeys& keys) {
    for (const Signer* signer : keyring_.of(keys)) able.emplace(signer->public_key().id, signer);
  };
  for (const auto& [role, document] : change.documents) {
    add(document.keys);
    if (document.old_keys) add(*document.old_keys);
  }
  for (const auto& [id, signer] : able) TRY(add_signatures(change, *signer));
  return {};
}

/// Which documents lack signatures.
Result<std::vector<std::string>> OwnedRepository::unsigned_roles(const Change& change) const {
  std::vector<std::string> lacking;
  for (const auto& [role, document] : change.documents) {
    const auto keys = public_keys_for(role);
    const auto enough = [&](const tuf::RoleKeys& wanted) {
      return tuf::check_signed(document.content, document.signatures, keys, wanted, role).has_value();
    };
    const bool old_ones = role != kRoot || old_root_.version == 0 || enough(old_root_.roles.at(Role::kRoot));
    if (!old_ones || !enough(TRY(keys_for(role)))) lacking.push_back(role);
  }
  return lacking;
}

Result<Committed> OwnedRepository::commit(bool renew_snapshot) {
  Change change = TRY(edited_change());
  TRY(sign_here(change));
  const auto lacking = TRY(unsigned_roles(change));
  if (!lacking.empty()) {
    if (context_.request.empty()) {
      if (keyring_.problem()) return std::unexpected(*keyring_.problem());
      return fail("repository.no-key", "sign the " + lacking.front() + " metadata",
                  "not enough of its keys are in " + context_.keys.string(),
                  "Where the keys are elsewhere: --request FILE writes down what they have to sign, and "
                  "`suture repo sign FILE` signs it there.");
    }
    TRY(write_file(context_.request, change_text(change)));
    return Committed{.published = false, .waiting_for = lacking};
  }
  return write_out(change, renew_snapshot);
}

/// The files and log entries of a change have no signatures of their own: they are what its documents name.
Result<void> OwnedRepository::check_attached(const Change& change) const {
  const auto differs = [](std::string why) {
    return fail("change.inconsistent", "publish the change", std::move(why),
                "It was changed on its way: make it anew, and have it signed again.");
  };
  std::set<std::string> named;
  std::map<std::uint64_t, std::string> expected;
  for (const auto& [role, document] : change.documents) {
    if (role == kRoot) continue;
    for (const auto& [path, file] : tuf::targets_of(state_, role).files) {
      const auto text = change.files.find(stored_path(path, file.sha256));
      if (text == change.files.end()) continue;
      TRY(tuf::check_payload(path, file, as_bytes(text->second)));
      named.insert(text->first);
      const std::string_view folder = std::string_view(path).substr(0, path.rfind('/'));
      const Catalog catalog =
          TRY(parse_catalog(text->second, TRY(stream_of_role(role)), folder.substr(folder.rfind('/') + 1)));
      for (const AvailablePatchset& patchset : catalog.levels) {
        expected[patchset.log_index] = publication_entry(patchset);
        if (const auto& gone = patchset.withdrawn)
          expected[gone->log_index] = withdrawal_entry(patchset, *gone);
      }
    }
  }
  if (named.size() != change.files.size()) return differs("its documents do not name all of its files");
  for (std::size_t i = 0; i < change.log_entries.size(); i++) {
    const auto entry = expected.find(change.log_size + i);
    if (entry == expected.end() || entry->second != change.log_entries[i]) {
      return differs("its documents do not say what it brings into the log");
    }
  }
  const auto last = expected.empty() ? 0 : expected.rbegin()->first;
  if (!expected.empty() && last >= change.log_size + change.log_entries.size()) {
    return differs("its documents name entries of the log that it does not bring");
  }
  return {};
}

Result<Committed> OwnedRepository::commit(const Change& given) {
  Change change = given;
  if (!change.log_entries.empty() && change.log_size != log_head_.size) return stale("the log has grown");
  TRY(adopt(change));
  TRY(check_attached(change));
  files_ = change.files;
  entries_ = change.log_entries;
  TRY(sign_here(change));
  const auto lacking = TRY(unsigned_roles(change));
  if (!lacking.empty()) {
    return fail("repository.bad-signature", "publish the change",
                "the " + lacking.front() + " metadata still lack good signatures",
                "`suture repo sign FILE --keys FOLDER` adds them, once for each holder of a key.");
  }
  return write_out(change, false);
}

/// Makes the change's documents the state, signed or not.
Result<void> OwnedRepository::adopt(const Change& change) {
  // What is there is read first: by the keys that signed it, which the change may take away.
  for (const auto& [name, document] : change.documents) {
    if (name == kRoot || name == kTargets) continue;
    for (const std::string& needed : {name, delegator_of(name)}) {
      if (version_of(needed) > 0) TRY(role(needed));
    }
  }
  const auto log_keys = [this] {
    const tuf::DelegatedRole* log = state_.targets->delegations->find(kLog);
    return log == nullptr ? tuf::RoleKeys() : log->keys;
  };
  const tuf::RoleKeys log_before = log_keys();
  for (const auto& [name, document] : change.documents) {
    const std::int64_t before = name == kRoot ? state_.root.version : version_of(name);
    std::int64_t next = 0;
    if (name == kRoot) {
      state_.root = TRY(tuf::root_from_json(document.content));
      next = state_.root.version;
    } else {
      tuf::Targets targets = TRY(tuf::targets_from_json(document.content));
      next = targets.version;
      if (name == kTargets && !targets.delegations) targets.delegations.emplace();
      if (name == kTargets) {
        state_.targets = std::move(targets);
      } else {
        state_.delegated.insert_or_assign(name, std::move(targets));
      }
    }
    if (next != before + 1) return stale("the " + name + " metadata have another version by now");
    edited_.insert(name);
  }
  // The log's head is signed here, by the keys that it has now.
  if (log_keys() != log_before) TRY(edit(kLog));
  return {};
}

Result<Committed> OwnedRepository::write_out(const Change& change, bool renew_snapshot) {
  // Before anything is written: a new root without a timestamp that fits it would be seen.
  TRY(signers_of(Role::kSnapshot));
  TRY(signers_of(Role::kTimestamp));
  const LogHead before = log_head_;
  TRY(write_log(change));
  TRY(write_documents(change));
  TRY(write_snapshot_and_timestamp(renew_snapshot));
  // Only now: until then the log before is the one that counts.
  TRY(prune_log(context_.repository / kLogFolder, before));
  return Committed{};
}

/// Appends the entries, and signs the new head. The documents name it once they are written.
Result<void> OwnedRepository::write_log(const Change& change) {
  const bool has_log = state_.targets->delegations->find(kLog) != nullptr;
  if (!has_log || (change.log_entries.empty() && !edited_.contains(kLog))) return {};
  const tuf::RoleKeys keys = TRY(keys_for(kLog));
  const auto signers = keyring_.of(keys);
  if (!keyring_.suffices(keys)) {
    return fail("repository.no-key", "sign the log's head", "its key is not in " + context_.keys.string());
  }
  tuf::Targets& targets = *TRY(edit(kLog));
  const fs::path folder = context_.repository / kLogFolder;
  log_head_ = TRY(append_to_log(folder, log_head_, change.log_entries));
  const auto* key = std::get_if<Ed25519Public>(&signers.front()->public_key().key);
  if (key == nullptr) return fail("repository.no-key", "sign the log's head", "its key is no Ed25519 key");
  const auto present = targets.files.find(std::string(kCheckpointPath));
  const std::string origin = present == targets.files.end()
                                 ? "suture/" + signers.front()->public_key().id.substr(0, 16)
                                 : TRY(json_string(present->second.custom, "origin"));
  const std::string note = TRY(sign_checkpoint({origin, log_head_.size, log_head_.root}, *key,
                                               [&](ByteView m) { return signers.front()->sign(m); }));
  Json custom = log_head_json(log_head_);
  custom["origin"] = origin;
  const tuf::TargetFile file{note.size(), sha256_hex(as_bytes(note)), std::move(custom)};
  targets.files[std::string(kCheckpointPath)] = file;
  TRY(write_file(context_.repository / stored_path(kCheckpointPath, file.sha256), note));
  // For tools that know such logs and nothing of TUF.
  TRY(write_file(folder / "checkpoint", note));
  return {};
}

Result<void> OwnedRepository::write_documents(const Change& change) {
  for (const auto& [path, text] : files_) TRY(write_file(context_.repository / path, text));
  const auto put = [&](const std::string& role, const std::string& text) -> Result<void> {
    const std::int64_t version = tuf::targets_of(state_, role).version;
    TRY(write_file(metadata_ / tuf::versioned_name(version, role), text));
    tuf::MetaFile& meta = state_.snapshot->meta[tuf::document_name(role)];
    meta = is_bin(role) ? tuf::MetaFile{version, {}, {}}
                        : tuf::MetaFile{version, text.size(), sha256_hex(as_bytes(text))};
    return {};
  };
  for (const auto& [role, document] : change.documents) {
    if (role == kRoot) continue;
    TRY(put(role, tuf::signed_text(document.content, document.signatures)));
  }
  if (edited_.contains(kLog)) {
    TRY(put(kLog, TRY(tuf::sign(content_of(state_, kLog), keyring_.of(TRY(keys_for(kLog)))))));
  }
  if (const auto root = change.documents.find(kRoot); root != change.documents.end()) {
    const std::string text = tuf::signed_text(root->second.content, root->second.signatures);
    TRY(write_file(metadata_ / tuf::versioned_name(state_.root.version, kRoot), text));
  }
  return {};
}

Result<std::vector<const Signer*>> OwnedRepository::signers_of(Role role) const {
  const tuf::RoleKeys& keys = state_.root.roles.at(role);
  if (keyring_.suffices(keys)) return keyring_.of(keys);
  if (keyring_.problem()) return std::unexpected(*keyring_.problem());
  return fail("repository.no-key", std::string("sign the ") + tuf::role_name(role) + " metadata",
              "its key is not in " + context_.keys.string(),
              "Every change needs the keys of snapshot, timestamp and log.");
}

/// In the order that clients depend on; the last write shows all of it.
Result<void> OwnedRepository::write_snapshot_and_timestamp(bool renew_snapshot) {
  const auto snapshot_keys = TRY(signers_of(Role::kSnapshot));
  const auto timestamp_keys = TRY(signers_of(Role::kTimestamp));
  const bool same_key =
      old_root_.version > 0 && old_root_.roles.at(Role::kSnapshot) == state_.root.roles.at(Role::kSnapshot);
  const bool only_root = edited_.empty() || (edited_.size() == 1 && edited_.contains(kRoot));
  if (renew_snapshot || !same_key || !only_root) {
    tuf::Snapshot& snapshot = *state_.snapshot;
    snapshot.version++;
    snapshot.expires = context_.now + context_.expiry.snapshot;
    const std::string text = TRY(tuf::sign(tuf::to_json(snapshot), snapshot_keys));
    TRY(write_file(metadata_ / tuf::versioned_name(snapshot.version, "snapshot"), text));
    state_.timestamp->snapshot = {snapshot.version, text.size(), sha256_hex(as_bytes(text))};
  }
  state_.timestamp->version++;
  state_.timestamp->expires = context_.now + context_.expiry.timestamp;
  const std::string text = TRY(tuf::sign(tuf::to_json(*state_.timestamp), timestamp_keys));
  TRY(write_file(metadata_ / "timestamp.json", text));
  edited_.clear();
  files_.clear();
  entries_.clear();
  old_root_ = state_.root;
  return {};
}

}  // namespace suture
