// SPDX-License-Identifier: Apache-2.0
//
// What of a host's last report is searched and counted, and the events that a report makes. Most reports
// change nothing: they cost one look here.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "database/database.h"
#include "patchset/report.h"

namespace suture::server {

struct HostFacts {
  std::string hostname{};
  std::string release{};
  std::string build_id{};
  std::string channel{};
  std::uint32_t level = 0;
  HostState state = HostState::kUnpatched;
  bool silent = false;  ///< for longer than --silent-after
  std::string boot_id{};
  std::string error{};  ///< the reason code; empty: none
  bool operator==(const HostFacts&) const = default;
};

HostFacts facts_of(const HostReport& report);

/// Whether it is the error of an agent that found, after a boot, that the machine went down in the one before
/// while a patch was applied, or soon after.
bool tells_of_crash(std::string_view error);

/// Calls belong inside the turn and the transaction of the store that takes the report.
class HostFactsStore {
 public:
  static Result<HostFactsStore> prepare(sql::Database& database);

  /// Keeps the facts, and tells of a host that is new, is back, has crashed, or has another state or level
  /// than before. The host must be in the table of hosts.
  Result<void> note(sql::Database& database, const HostReport& report, std::string_view now);

  /// For hosts that an earlier program knew, from their stored reports; without events.
  static Result<void> fill(sql::Database& database);

 private:
  struct Statements {
    sql::Statement find, put;
  };
  explicit HostFactsStore(Statements statements) : statements_(std::move(statements)) {}
  Result<std::optional<HostFacts>> find(std::string_view host_id);
  Result<void> put(std::string_view host_id, const HostFacts& facts);
  Statements statements_;
};

}  // namespace suture::server
