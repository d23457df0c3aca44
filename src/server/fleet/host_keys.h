// SPDX-License-Identifier: Apache-2.0
//
// Which key each host signs its reports with, as the store keeps it. The first key that is seen for a host is
// its own from then on, until an operator has it forgotten. Calls belong inside the store's turn, and admit()
// inside the transaction that takes the report: a report is never remembered without its number, nor the
// reverse.
//
// A number that does not rise is an earlier report once more. Two machines with one disk's copy have one id
// and one key, and both are the host as far as signatures tell. What gives them away is a boot that comes
// back after another one: a machine never returns to a boot that it left.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "database/database.h"
#include "patchset/report.h"

namespace suture::server {

/// Who signed a report, once the signature was found to hold.
struct Signer {
  std::string key;  ///< public, 64 hexadecimal digits
  std::int64_t counter = 0;
};

enum class Admission {
  kTaken,
  kFirst,  ///< signed by a key that is to be the host's: enter() makes it so (never told outside the store)
  kUnsigned,  ///< this host has a key, and the report has no signature
  kOtherKey,  ///< signed by another key than the host's
  kReplayed,  ///< its number is not above the last one
};

/// The boot of a machine, as it named itself.
struct SeenBoot {
  std::string boot_id;
  std::string hostname;
  bool operator==(const SeenBoot&) const = default;
};

struct HostKeyRecord {
  std::string key;
  std::int64_t counter = 0;
  std::string registered_at;       ///< RFC 3339 in UTC, by the server's clock
  std::vector<SeenBoot> boots{};   ///< the last ones, newest last
  std::string cloned_at{};         ///< when two machines were last seen to be this host; empty: never
  std::vector<SeenBoot> clones{};  ///< those two
};

class HostKeys {
 public:
  static Result<HostKeys> prepare(sql::Database& database);

  /// Whether a report may be taken. Of a host whose key is known, its number and boot are remembered then;
  /// what is refused writes nothing. Without a signer, the report is not signed.
  Result<Admission> admit(sql::Database& database, const HostReport& report, const Signer* signer,
                          std::string_view now);
  /// The host's first key, after kFirst. The host must be in the store.
  Result<void> enter(sql::Database& database, const HostReport& report, const Signer& signer,
                     std::string_view now);
  Result<std::optional<HostKeyRecord>> find(std::string_view host_id);
  /// Other hosts with this key, the first few.
  Result<std::vector<std::string>> others_with(std::string_view key, std::string_view host_id);
  /// Whether there was one to forget.
  Result<bool> forget(sql::Database& database, std::string_view host_id);

 private:
  struct Statements {
    sql::Statement find, enter, count, move_on, others, forget;
  };
  struct Row {
    std::string key;
    std::int64_t counter = 0;
    std::string registered_at, boots, cloned_at, clones;
  };
  Result<std::optional<Row>> find_row(std::string_view host_id);
  static Result<HostKeyRecord> record_of(const Row& row);
  Result<void> move_on(std::string_view host_id, const Signer& signer, HostKeyRecord record,
                       const SeenBoot& boot, std::string_view now);
  explicit HostKeys(Statements statements) : statements_(std::move(statements)) {}
  Statements statements_;
};

/// Adds a boot to those that were seen of a host, and notes whether it came back after another one.
void note_boot(HostKeyRecord& record, const SeenBoot& boot, std::string_view now);

}  // namespace suture::server
