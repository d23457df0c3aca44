// SPDX-License-Identifier: Apache-2.0
//
// The rules by which a client believes metadata: TUF specification 1.0, sections 5.3 to 5.7. Pure: what is
// trusted so far, new bytes and the time make a new trusted state or an error. Who fetched the bytes, and
// where the state is kept, is not known here. Pass a copy of the state: after an error the old one still
// holds.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "repository/metadata.h"

namespace suture::tuf {

struct Trusted {
  Root root{};
  std::optional<Timestamp> timestamp{};
  std::optional<Snapshot> snapshot{};
  std::optional<Targets> targets{};
  std::map<std::string, Targets> delegated{};  ///< by role, as far as they were asked for
};

/// "targets" or a role that is in trusted.delegated.
const Targets& targets_of(const Trusted& trusted, const std::string& role);

/// For metadata from the client's own disk: it may have expired meanwhile, and serves only to notice a
/// rollback until it is checked again by check_fresh().
inline constexpr Time kBeforeAnyExpiry = Time::min();

/// The root that is trusted from the start (5.2). It must be signed by its own keys.
Result<Trusted> trust_root(ByteView bytes);

/// The next root in the chain (5.3): signed by the old and the new keys, its version the old one plus one.
/// When the keys of timestamp or snapshot changed, what they signed is forgotten (5.3.11), so that an
/// attacker who once held them cannot block updates with huge versions.
Result<Trusted> update_root(Trusted trusted, ByteView bytes);

/// 5.4. A document of the version that is trusted already changes nothing.
Result<Trusted> update_timestamp(Trusted trusted, ByteView bytes, Time now);
/// 5.5, against the trusted timestamp. `cached` documents are older than it, so need not agree with it.
Result<Trusted> update_snapshot(Trusted trusted, ByteView bytes, Time now);
Result<Trusted> update_cached_snapshot(Trusted trusted, ByteView bytes);
/// 5.6, against the trusted snapshot.
Result<Trusted> update_targets(Trusted trusted, ByteView bytes, Time now);

/// 5.6.7.2: the document of a role to which `delegator` delegates, against the trusted snapshot.
Result<Trusted> update_delegated(Trusted trusted, const std::string& delegator, const std::string& role,
                                 ByteView bytes, Time now);

/// Whether at least the threshold of distinct keys has signed; for one who is about to publish.
Result<void> check_signed(const Json& content, const std::vector<Signature>& signatures,
                          const std::map<std::string, PublicKey>& keys, const RoleKeys& role,
                          const std::string& document);

/// No trusted document of the role has expired, else "repository.expired" (freeze attack).
Result<void> check_fresh(const std::string& role, Time expires, Time now);

/// 5.7: the payload is what targets metadata says.
Result<void> check_payload(const std::string& path, const TargetFile& expected, ByteView bytes);

}  // namespace suture::tuf
