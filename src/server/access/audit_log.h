// SPDX-License-Identifier: Apache-2.0
//
// What was done by whom, one entry after the other. Each entry holds a hash over itself and the hash of the
// one before it, so nobody changes, removes or puts in one without all that follow giving it away. Someone
// who can write to the database's file could make the whole chain anew, or cut off its end; whoever has
// noted an entry's number and hash elsewhere finds that, too.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "database/database.h"

namespace suture::server {

struct AuditEvent {
  std::string who;     ///< "token 3 ci", "local root", "anonymous 192.0.2.1"
  std::string action;  ///< "token.add", "wake.call", "access.refused"
  std::string object;  ///< what it was done to; may be empty
  std::string result;  ///< "ok", or a reason code
};

struct AuditEntry {
  std::int64_t number = 0;  ///< from 1, without gaps
  std::string time{};       ///< RFC 3339 in UTC
  AuditEvent event{};
  std::string hash{};
};

/// Where the chain is: its last entry. Number 0 and an empty hash: there is none.
struct AuditMark {
  std::int64_t number = 0;
  std::string hash{};
  bool operator==(const AuditMark&) const = default;
};

/// "12:" and 64 hexadecimal digits; "access.audit-mark".
Result<AuditMark> parse_audit_mark(std::string_view text);
std::string text_of(const AuditMark& mark);

/// SHA-256 over what is hashed, each with its length in front ("4:text"): the hash before (empty for the
/// first), number, time, who, action, object and result.
std::string audit_hash(std::string_view before, const AuditEntry& entry);

/// Within a transaction of the caller's, so that what is done and what is told of it stand or fall together.
/// Each field is cut to 512 bytes of valid UTF-8.
Result<void> append_audit(sql::Database& database, AuditEvent event, std::string_view time);

/// Walks the whole chain, within a transaction of the caller's. "access.audit-broken" names the first entry
/// that is wrong. With `known`, that entry must be in it.
Result<AuditMark> verify_audit(sql::Database& database, const std::optional<AuditMark>& known = {});

}  // namespace suture::server
