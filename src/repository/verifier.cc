// SPDX-License-Identifier: Apache-2.0
#include "repository/verifier.h"

#include <algorithm>
#include <set>

#include "base/hash.h"

namespace suture::tuf {
namespace {

std::string tried(Role role) {
  return std::string("verify the ") + role_name(role) + " metadata";
}

std::string number(std::int64_t value) {
  return std::to_string(value);
}

/// At least `threshold` distinct keys of the role signed. Keys count by their point: one key in two JSON
/// forms has two ids, and is still one key.
Result<void> check_signatures(const Envelope& envelope, const Root& root, Role signer, Role document) {
  const RoleKeys& role = root.roles.at(signer);
  std::set<std::array<std::uint8_t, 32>> signed_by;
  for (const Signature& signature : envelope.signatures) {
    const auto key = root.keys.find(signature.key_id);
    if (key == root.keys.end() || !role.key_ids.contains(signature.key_id)) continue;
    if (signed_by.contains(key->second.key.point)) continue;
    if (key->second.verifies(as_bytes(envelope.canonical), signature.bytes)) {
      signed_by.insert(key->second.key.point);
    }
  }
  if (static_cast<std::int64_t>(signed_by.size()) >= role.threshold) return {};
  return fail("repository.bad-signature", tried(document),
              number(static_cast<std::int64_t>(signed_by.size())) + " of " + number(role.threshold) +
                  " needed signatures are good (root version " + number(root.version) + ")",
              "The repository was tampered with, or it is not the one whose root is trusted here.");
}

std::unexpected<Error> rollback(Role role, std::int64_t seen, std::int64_t offered,
                                const char* of = nullptr) {
  const std::string subject = of == nullptr ? "it" : of;
  return fail("repository.rollback", tried(role),
              subject + " went back from version " + number(seen) + " to " + number(offered),
              "A stale mirror, or an attack. Use another mirror; patchsets already applied stay.");
}

/// What a document one step above says of these bytes (5.5.2 and 5.6.2).
Result<void> check_described(Role role, const MetaFile& described, ByteView bytes) {
  const bool length_fits = !described.length || *described.length == bytes.size();
  const bool hash_fits = !described.sha256 || *described.sha256 == sha256_hex(bytes);
  if (length_fits && hash_fits) return {};
  return fail("repository.mix-and-match", tried(role),
              "its length or SHA-256 is not the one that the signed metadata above it names",
              "If the repository is being published just now, try again in a minute.");
}

Result<void> check_version(Role role, std::int64_t described, std::int64_t version) {
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
  TRY(check_signatures(envelope, trusted.root, Role::kSnapshot, Role::kSnapshot));
  return TRY_IN(tried(Role::kSnapshot), snapshot_from_json(envelope.content));
}

}  // namespace

Result<Trusted> trust_root(ByteView bytes) {
  const Envelope envelope = TRY(parse_envelope(bytes, Role::kRoot));
  Trusted trusted{.root = TRY_IN(tried(Role::kRoot), root_from_json(envelope.content))};
  TRY(check_signatures(envelope, trusted.root, Role::kRoot, Role::kRoot));
  return trusted;
}

Result<Trusted> update_root(Trusted trusted, ByteView bytes) {
  const Envelope envelope = TRY(parse_envelope(bytes, Role::kRoot));
  TRY(check_signatures(envelope, trusted.root, Role::kRoot, Role::kRoot));
  Root next = TRY_IN(tried(Role::kRoot), root_from_json(envelope.content));
  TRY(check_signatures(envelope, next, Role::kRoot, Role::kRoot));
  if (next.version <= trusted.root.version) {
    return rollback(Role::kRoot, trusted.root.version, next.version);
  }
  if (next.version != trusted.root.version + 1) {
    return fail(
        "repository.root-chain", tried(Role::kRoot),
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
  TRY(check_signatures(envelope, trusted.root, Role::kTimestamp, Role::kTimestamp));
  Timestamp next = TRY_IN(tried(Role::kTimestamp), timestamp_from_json(envelope.content));
  if (const auto& old = trusted.timestamp) {
    if (next.version < old->version) return rollback(Role::kTimestamp, old->version, next.version);
    if (next.version == old->version) {
      TRY(check_fresh(Role::kTimestamp, old->expires, now));
      return trusted;
    }
    if (next.snapshot.version < old->snapshot.version) {
      return rollback(Role::kTimestamp, old->snapshot.version, next.snapshot.version,
                      "the snapshot it names");
    }
  }
  TRY(check_fresh(Role::kTimestamp, next.expires, now));
  trusted.timestamp = std::move(next);
  return trusted;
}

Result<Trusted> update_cached_snapshot(Trusted trusted, ByteView bytes) {
  trusted.snapshot = TRY(read_snapshot(trusted, bytes));
  return trusted;
}

Result<Trusted> update_snapshot(Trusted trusted, ByteView bytes, Time now) {
  const MetaFile& described = trusted.timestamp.value().snapshot;
  TRY(check_described(Role::kSnapshot, described, bytes));
  Snapshot next = TRY(read_snapshot(trusted, bytes));
  TRY(check_version(Role::kSnapshot, described.version, next.version));
  if (trusted.snapshot) {
    for (const auto& [name, old] : trusted.snapshot->meta) {
      const auto found = next.meta.find(name);
      const std::int64_t offered = found == next.meta.end() ? 0 : found->second.version;
      if (offered < old.version) return rollback(Role::kSnapshot, old.version, offered, name.c_str());
    }
  }
  TRY(check_fresh(Role::kSnapshot, next.expires, now));
  trusted.snapshot = std::move(next);
  return trusted;
}

Result<Trusted> update_targets(Trusted trusted, ByteView bytes, Time now) {
  const MetaFile& described = trusted.snapshot.value().meta.at(kTargetsFile);
  TRY(check_described(Role::kTargets, described, bytes));
  const Envelope envelope = TRY(parse_envelope(bytes, Role::kTargets));
  TRY(check_signatures(envelope, trusted.root, Role::kTargets, Role::kTargets));
  Targets next = TRY_IN(tried(Role::kTargets), targets_from_json(envelope.content));
  TRY(check_version(Role::kTargets, described.version, next.version));
  TRY(check_fresh(Role::kTargets, next.expires, now));
  trusted.targets = std::move(next);
  return trusted;
}

Result<void> check_fresh(Role role, Time expires, Time now) {
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
