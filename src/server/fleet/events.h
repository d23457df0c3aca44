// SPDX-License-Identifier: Apache-2.0
//
// What happened in the fleet, for people and for programs that follow it: a bounded history, in the order of
// the ids. Whatever causes an event appends it in the same transaction, so that none is told which was rolled
// back, and none is missing.
//
// Kinds: host.new, host.state, host.silent, host.back, host.crashed, host.removed, patchset.published,
// patchset.withdrawn, rollout.started, rollout.wave, rollout.halted, rollout.reverted, rollout.finished,
// rollout.approval-wanted. Who did what in the API is the audit log's business.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/json_fwd.h"
#include "database/database.h"

namespace suture::server {

enum class Severity {
  kInfo,      ///< as it should be
  kWarning,   ///< somebody should look
  kCritical,  ///< somebody should look now
};

std::string_view name_of(Severity severity);
/// "request.parameter".
Result<Severity> severity_from_name(std::string_view name);

struct NewEvent {
  std::string kind;
  std::string host_id{};  ///< empty: about no single host
  std::string subject{};  ///< a host's name, a rollout's id, a target's release
  std::string text{};     ///< one sentence
  Severity severity = Severity::kInfo;
};

struct Event {
  std::int64_t id = 0;
  std::string time{};  ///< RFC 3339 in UTC
  NewEvent what{};
};

/// Within a transaction of the caller's. Texts are cut to 512 bytes of valid UTF-8.
Result<void> append_event(sql::Database& database, const NewEvent& event, std::string_view time);

/// Drops all but the newest `kept`, within a transaction of the caller's.
Result<void> drop_old_events(sql::Database& database, std::int64_t kept);

struct EventQuery {
  std::optional<std::int64_t> after{};  ///< those behind this one, oldest first; else newest first
  std::int64_t before = INT64_MAX;
  std::string kind{};  ///< empty: all
  std::string host_id{};
  std::optional<Severity> severity{};
  std::uint32_t limit = 100;
};

struct EventPage {
  std::vector<Event> items{};
  bool more = false;
};

/// Walks an index in the order of the answer, whatever the query.
Result<EventPage> find_events(sql::Database& database, const EventQuery& query);

Json to_json(const Event& event);

}  // namespace suture::server
