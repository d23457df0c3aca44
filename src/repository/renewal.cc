// SPDX-License-Identifier: Apache-2.0
#include "repository/renewal.h"

namespace suture {
namespace {

/// In the last third of its time.
bool is_due(Time expires, std::chrono::seconds whole, Time now) {
  return expires - now < whole / 3;
}

/// Those to which targets are delegated, and are due.
Result<std::vector<std::string>> due_roles(OwnedRepository& owned) {
  const PublisherContext& context = owned.context();
  std::vector<std::string> due;
  const auto look = [&](const std::string& role, std::chrono::seconds whole) -> Result<void> {
    if (is_due(TRY(owned.role(role))->expires, whole, context.now)) due.push_back(role);
    return {};
  };
  if (is_due(owned.state().root.expires, context.expiry.root, context.now)) due.emplace_back("root");
  TRY(look("targets", context.expiry.targets));
  for (const Stream& stream : owned.streams()) {
    TRY(look(stream_role(stream), context.expiry.targets));
    for (const std::string& bin : owned.bins_of(stream)) TRY(look(bin, context.expiry.targets));
  }
  const std::string log(kLogRole);
  if (owned.state().targets->delegations->find(log) != nullptr) TRY(look(log, context.expiry.snapshot));
  return due;
}

tuf::RoleKeys keys_of(const OwnedRepository& owned, const std::string& role) {
  if (role == "root") return owned.state().root.roles.at(tuf::Role::kRoot);
  if (role == "targets") return owned.state().root.roles.at(tuf::Role::kTargets);
  const std::string delegator = OwnedRepository::delegator_of(role);
  return tuf::targets_of(owned.state(), delegator).delegations->find(role)->keys;
}

Result<void> edit(OwnedRepository& owned, const std::string& role) {
  if (role == "root") {
    owned.edit_root();
    return {};
  }
  TRY(owned.edit(role));
  return {};
}

}  // namespace

Result<Renewed> renew_repository(const PublisherContext& context) {
  Renewed renewed;
  {
    OwnedRepository owned = TRY(OwnedRepository::open(context));
    for (const std::string& role : TRY(due_roles(owned))) {
      if (owned.keyring().suffices(keys_of(owned, role))) {
        TRY(edit(owned, role));
        renewed.roles.push_back(role);
      } else {
        renewed.waiting.push_back(role);
      }
    }
    const auto snapshot = owned.state().snapshot->expires;
    const bool snapshot_due = is_due(snapshot, context.expiry.snapshot, context.now);
    TRY(owned.commit(snapshot_due));
    if (snapshot_due || !renewed.roles.empty()) renewed.roles.emplace_back("snapshot");
    renewed.roles.emplace_back("timestamp");
  }
  if (renewed.waiting.empty() || context.request.empty()) return renewed;
  // The others by themselves, for their keys to sign elsewhere.
  OwnedRepository owned = TRY(OwnedRepository::open(context));
  for (const std::string& role : renewed.waiting) TRY(edit(owned, role));
  renewed.requested = !TRY(owned.commit()).published;
  return renewed;
}

Result<Committed> apply_change(const PublisherContext& context, const Change& change) {
  OwnedRepository owned = TRY(OwnedRepository::open(context));
  return owned.commit(change);
}

}  // namespace suture
