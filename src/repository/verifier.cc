// SPDX-License-Identifier: Apache-2.0
#include "repository/verifier.h"

#include <algorithm>
#include <vector>

#include "base/hash.h"
#include "base/json.h"
#include "repository/canonical_json.h"

namespace suture::tuf {
namespace {

std::string tried(const std::string& role) {
  return "verify the " + role + " metadata";
}

std::string number(std::int64_t value) {
  return std::to_string(value);
}

/// At least `threshold` distinct keys of the role signed. One key under two ids is still one key.
Result<void> check_signatures(const Envelope& envelope, const std::map<std::string, PublicKey>& keys,
                              const RoleKeys& role, const std::string& document) {
  std::vector<const PublicKey*> signed_by;
  for (const Signature& signature : envelope.signatures) {
    const auto key = keys.find(signature.key_id);
    if (key == keys.end() || !role.key_ids.contains(signature.key_id)) continue;
    const auto same = [&](const PublicKey* other) { return other->key == key->second.key; };
    if (std::ranges::any_of(signed_by, same)) continue;
    if (key->second.verifies(as_bytes(envelope.canonical), signature.bytes))
      signed_by.push_back(&key->second);
  }
  if (static_cast<std::int64_t>(signed_by.size()) >= role.threshold) return {};
  return fail("repository.bad-signature", tried(document),
              number(static_cast<std::int64_t>(signed_by.size())) + " of " + number(role.threshold) +
                  " needed signatures are good",
              "The repository was tampered with, or it is not the one whose root is trusted here.");
}

Result<void> check_signatures(const Envelope& envelope, const Root& root, Role role) {
  return check_signatures(envelope, root.keys, root.roles.at(role), role_name(role));
}

std::unexpected<Error> rollback(const std::string& role, std::int64_t seen, std::int64_t offered,
                                const char* of = nullptr) {
  const std::string subject = of == nullptr ? "it" : of;
  return fail("repository.rollback", tried(role),
              subject + " went back from version " + number(seen) + " to " + number(offered),
              "A stale mirror, or an attack. Use another mirror; patchsets already applied stay.");
}

/// What a document one step above says of these bytes (5.5.2 and 5.6.2).
Result<void> check_described(const std::string& role, const MetaFile& described, ByteView bytes) {
  const bool length_fits = !described.length || *described.length == bytes.size();
  const bool hash_fits = !described.sha256 || *described.sha256 == sha256_hex(bytes);
  if (length_fits && hash_fits) return {};
  return fail("repository.mix-and-match", tried(role),
              "its length or SHA-256 is not the one that the signed metadata above it names",
              "If the repository is being published just now, try again in a minute.");
}

Result<void> check_version(const std::string& role, std::int64_t described, std::int64_t version) {
  if (described == version) return {};
  return fail("repository.mix-and-match", tried(role),
              "it is version " + number(version) + " where the metadata above it names " + number(described),
              "If the repository is being published just now, try again in a minute.");
}

bool same_keys(const Root& left, const Root& right, Role role) {
  return left.roles.at(role).key_ids == right.roles.at(role).key_ids;
}

Result<Snapshot> read_snapshot(const Trusted& trusted, ByteView bytes) {
  const Envelope envelope = TRY(parse_envelope(bytes, Role::kSnapshot));
  TRY(check_signatures(envelope, trusted.root, Role::kSnapshot));
  return TRY_IN(tried("snapshot"), snapshot_from_json(envelope.content));
}

/// 5.6: the document of "targets" or of a role below it.
Result<Targets> read_targets(const Trusted& trusted, const std::string& role,
                             const std::map<std::string, PublicKey>& keys, const RoleKeys& signers,
                             ByteView bytes, Time now) {
  const auto& meta = trusted.snapshot.value().meta;
  const auto described = meta.find(document_name(role));
  if (described == meta.end()) {
    return fail("repository.mix-and-match", tried(role), "the snapshot metadata do not name it");
  }
  TRY(check_described(role, described->second, bytes));
  const Envelope envelope = TRY(parse_envelope(bytes, Role::kTargets));
  TRY(check_signatures(envelope, keys, signers, role));
  Targets next = TRY_IN(tried(role), targets_from_json(envelope.content));
  TRY(check_version(role, described->second.version, next.version));
  if (!next.role.empty() && next.role != role) {
    return fail("repository.mix-and-match", tried(role), "it is the document of the role " + next.role,
                "Not what the repository signed: use another mirror.");
  }
  TRY(check_fresh(role, next.expires, now));
  return next;
}

}  // namespace

Result<Trusted> trust_root(ByteView bytes) {
  const Envelope envelope = TRY(parse_envelope(bytes, Role::kRoot));
  Trusted trusted{.root = TRY_IN(tried("root"), root_from_json(envelope.content))};
  TRY(check_signatures(envelope, trusted.root, Role::kRoot));
  return trusted;
}

Result<Trusted> update_root(Trusted trusted, ByteView bytes) {
  const Envelope envelope = TRY(parse_envelope(bytes, Role::kRoot));
  TRY(check_signatures(envelope, trusted.root, Role::kRoot));
  Root next = TRY_IN(tried("root"), root_from_json(envelope.content));
  TRY(check_signatures(envelope, next, Role::kRoot));
  if (next.version <= trusted.root.version) {
    return rollback("root", trusted.root.version, next.version);
  }
  if (next.version != trusted.root.version + 1) {
    return fail(
        "repository.root-chain", tried("root"),
        "version " + number(next.version) + " does not follow version " + number(trusted.root.version));
  }
  if (!same_keys(trusted.root, next, Role::kTimestamp) || !same_keys(trusted.root, next, Role::kSnapshot)) {
    trusted.timestamp.reset();
    trusted.snapshot.reset();
  }
  trusted.root = std::move(next);
  return trusted;
}

Result<Trusted> update_timestamp(Trusted trusted, ByteView bytes, Time now) {
  const Envelope envelope = TRY(parse_envelope(bytes, Role::kTimestamp));
  TRY(check_signatures(envelope, trusted.root, Role::kTimestamp));
  Timestamp next = TRY_IN(tried("timestamp"), timestamp_from_json(envelope.content));
  if (const auto& old = trusted.timestamp) {
    if (next.version < old->version) return rollback("timestamp", old->version, next.version);
    if (next.version == old->version) {
      TRY(check_fresh("timestamp", old->expires, now));
      return trusted;
    }
    if (next.snapshot.version < old->snapshot.version) {
      return rollback("timestamp", old->snapshot.version, next.snapshot.version, "the snapshot it names");
    }
  }
  TRY(check_fresh("timestamp", next.expires, now));
  trusted.timestamp = std::move(next);
  return trusted;
}

Result<Trusted> update_cached_snapshot(Trusted trusted, ByteView bytes) {
  trusted.snapshot = TRY(read_snapshot(trusted, bytes));
  return trusted;
}

Result<Trusted> update_snapshot(Trusted trusted, ByteView bytes, Time now) {
  const MetaFile& described = trusted.timestamp.value().snapshot;
  TRY(check_described("snapshot", described, bytes));
  Snapshot next = TRY(read_snapshot(trusted, bytes));
  TRY(check_version("snapshot", described.version, next.version));
  if (trusted.snapshot) {
    for (const auto& [name, old] : trusted.snapshot->meta) {
      const auto found = next.meta.find(name);
      const std::int64_t offered = found == next.meta.end() ? 0 : found->second.version;
      if (offered < old.version) return rollback("snapshot", old.version, offered, name.c_str());
    }
  }
  TRY(check_fresh("snapshot", next.expires, now));
  trusted.snapshot = std::move(next);
  return trusted;
}

const Targets& targets_of(const Trusted& trusted, const std::string& role) {
  return role == role_name(Role::kTargets) ? trusted.targets.value() : trusted.delegated.at(role);
}

Result<Trusted> update_targets(Trusted trusted, ByteView bytes, Time now) {
  trusted.targets = TRY(read_targets(trusted, role_name(Role::kTargets), trusted.root.keys,
                                     trusted.root.roles.at(Role::kTargets), bytes, now));
  return trusted;
}

Result<Trusted> update_delegated(Trusted trusted, const std::string& delegator, const std::string& role,
                                 ByteView bytes, Time now) {
  const auto& delegations = targets_of(trusted, delegator).delegations;
  const DelegatedRole* found = delegations ? delegations->find(role) : nullptr;
  if (found == nullptr) {
    return fail("repository.not-delegated", tried(role),
                "the " + delegator + " metadata do not delegate to it");
  }
  Targets next = TRY(read_targets(trusted, role, delegations->keys, found->keys, bytes, now));
  trusted.delegated.insert_or_assign(role, std::move(next));
  return trusted;
}

Result<void> check_signed(const Json& content, const std::vector<Signature>& signatures,
                          const std::map<std::string, PublicKey>& keys, const RoleKeys& role,
                          const std::string& document) {
  return check_signatures({content, TRY(canonical_json(content)), signatures}, keys, role, document);
}

Result<void> check_fresh(const std::string& role, Time expires, Time now) {
  if (now < expires) return {};
  return fail("repository.expired", tried(role), "it expired at " + time_text(expires),
              "Check this machine's clock. On the repository's side: `suture repo renew`.");
}

Result<void> check_payload(const std::string& path, const TargetFile& expected, ByteView bytes) {
  if (bytes.size() == expected.length && sha256_hex(bytes) == expected.sha256) return {};
  return fail("repository.tampered", "verify " + path,
              "its length or SHA-256 is not the one that the signed metadata names",
              "The file was changed or cut off on its way: try again, or use another mirror.");
}

}  // namespace suture::tuf
