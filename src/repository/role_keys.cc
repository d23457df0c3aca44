// SPDX-License-Identifier: Apache-2.0
#include "repository/role_keys.h"

#include <algorithm>

namespace suture {
namespace fs = std::filesystem;
using tuf::Role;
namespace {

std::string what(const KeyChange& change) {
  return "change the keys of " + change.role;
}

Result<void> remove_key(const KeyChange& change, const std::string& beginning, tuf::RoleKeys& keys) {
  const auto begins = [&](const std::string& id) { return id.starts_with(beginning); };
  const auto found = std::ranges::find_if(keys.key_ids, begins);
  if (found == keys.key_ids.end() || std::ranges::count_if(keys.key_ids, begins) > 1) {
    return fail("repository.no-such-key", what(change),
                "\"" + beginning + "\" does not name just one of its keys",
                "`suture repo status` shows them.");
  }
  keys.key_ids.erase(found);
  return {};
}

Result<void> apply(const KeyChange& change, tuf::RoleKeys& keys) {
  if (change.remove_others) keys.key_ids.clear();
  for (const std::string& id : change.remove) TRY(remove_key(change, id, keys));
  for (const tuf::PublicKey& key : change.add) keys.key_ids.insert(key.id);
  if (change.remove_others && !change.threshold) {
    keys.threshold = std::min<std::int64_t>(keys.threshold, static_cast<std::int64_t>(keys.key_ids.size()));
  }
  if (change.threshold) keys.threshold = *change.threshold;
  if (keys.threshold >= 1 && keys.threshold <= static_cast<std::int64_t>(keys.key_ids.size())) return {};
  return fail("repository.bad-threshold", what(change),
              "it would need " + std::to_string(keys.threshold) + " signatures of " +
                  std::to_string(keys.key_ids.size()) + " keys",
              "Add keys first, or give --threshold.");
}

void keep_used(std::map<std::string, tuf::PublicKey>& keys, const std::vector<tuf::RoleKeys>& used) {
  std::erase_if(keys, [&](const auto& item) {
    return std::ranges::none_of(used, [&](const auto& role) { return role.key_ids.contains(item.first); });
  });
}

Result<void> change_top_level(OwnedRepository& owned, const KeyChange& change, Role role) {
  tuf::Root& root = owned.edit_root();
  for (const tuf::PublicKey& key : change.add) root.keys[key.id] = key;
  TRY(apply(change, root.roles.at(role)));
  std::vector<tuf::RoleKeys> used;
  for (const auto& [other, keys] : root.roles) used.push_back(keys);
  keep_used(root.keys, used);
  if (role == Role::kTargets) TRY(owned.edit("targets"));
  return {};
}

Result<void> change_delegated(OwnedRepository& owned, const KeyChange& change, const std::string& role) {
  tuf::Delegations& delegations = *TRY(owned.edit(OwnedRepository::delegator_of(role)))->delegations;
  for (const tuf::PublicKey& key : change.add) delegations.keys[key.id] = key;
  TRY(apply(change, delegations.find(role)->keys));
  std::vector<tuf::RoleKeys> used;
  for (const tuf::DelegatedRole& other : delegations.roles) used.push_back(other.keys);
  keep_used(delegations.keys, used);
  return {};
}

/// The stream's bins are signed by the same keys.
Result<void> change_stream(OwnedRepository& owned, const KeyChange& change, const Stream& stream) {
  const std::string role = stream_role(stream);
  // Read while the keys that signed them are still named.
  TRY(owned.edit(role));
  for (const std::string& bin : owned.bins_of(stream)) TRY(owned.edit(bin));
  TRY(change_delegated(owned, change, role));
  const tuf::RoleKeys keys = owned.state().targets->delegations->find(role)->keys;
  tuf::Targets& targets = *TRY(owned.edit(role));
  tuf::Delegations& bins = *targets.delegations;
  bins.keys.clear();
  for (const std::string& id : keys.key_ids) bins.keys[id] = owned.state().targets->delegations->keys.at(id);
  for (tuf::DelegatedRole& bin : bins.roles) bin.keys = keys;
  return {};
}

Result<void> change_keys(OwnedRepository& owned, const KeyChange& change) {
  for (const Role role : tuf::kRoles) {
    if (change.role == tuf::role_name(role)) return change_top_level(owned, change, role);
  }
  if (change.role == kLogRole) {
    TRY(owned.edit(change.role));
    return change_delegated(owned, change, change.role);
  }
  bool known = false;
  for (const Stream& stream : owned.streams()) {
    if (stream.channel != change.role) continue;
    known = true;
    TRY(change_stream(owned, change, stream));
  }
  if (known) return {};
  return fail("repository.bad-role", what(change), "the repository has no such role or channel",
              "`suture repo status` shows them.");
}

}  // namespace

Result<Committed> change_role_keys(const PublisherContext& context, const KeyChange& change) {
  OwnedRepository owned = TRY(OwnedRepository::open(context));
  TRY(change_keys(owned, change));
  return owned.commit();
}

Result<Rotated> rotate_role(const PublisherContext& context, const std::string& role, std::string name) {
  OwnedRepository owned = TRY(OwnedRepository::open(context));
  std::error_code error;
  for (int i = 2; name.empty(); i++) {
    const std::string candidate = role + "-" + std::to_string(i);
    if (!fs::exists(context.keys / (candidate + ".pem"), error)) name = candidate;
  }
  const auto present = owned.keyring().find(name);
  const tuf::PublicKey key = present ? (*present)->public_key() : TRY(owned.keyring().make(name));
  TRY(change_keys(owned, {.role = role, .add = {key}, .remove_others = true}));
  return Rotated{std::move(name), key, TRY(owned.commit())};
}

}  // namespace suture
