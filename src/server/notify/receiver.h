// SPDX-License-Identifier: Apache-2.0
//
// Who is told of what happens in the fleet, by mail or webhook: what an administrator sets up through the
// API.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/json_fwd.h"
#include "server/fleet/events.h"
#include "server/notify/way.h"

namespace suture::server {

struct NewReceiver {
  std::string name{};
  Way way = Way::kMail;
  std::vector<std::string> to{};           ///< addresses, of mail
  std::string url{};                       ///< of a webhook
  std::vector<std::string> kinds{};        ///< "host.silent"; "rollout" for all that begin so; empty: all
  Severity severity = Severity::kWarning;  ///< the least that is told
  std::string group{};  ///< only of hosts that are in it, and what is about no host; empty: all
  /// Between two messages; what happens meanwhile is in the next one. What is critical waits a minute at
  /// most.
  std::chrono::seconds interval{};
};

struct Receiver {
  std::int64_t id = 0;
  NewReceiver what{};
  std::string secret{};      ///< of a webhook; never shown again
  std::string created_at{};  ///< RFC 3339 in UTC
  std::int64_t cursor = 0;   ///< the last event that was looked at
  std::string gathered_at{};
};

struct ReceiverRules {
  bool mail = false;        ///< a mail server is known
  bool plain_http = false;  ///< webhooks may go without TLS to others than this machine
};

/// From hands that are not trusted: "notify.receiver" says what is wrong with it.
Result<NewReceiver> parse_new_receiver(std::string_view text, const ReceiverRules& rules);

/// Whether an event is one to be told, apart from its host's group.
bool is_wanted(const NewReceiver& receiver, const NewEvent& event);

/// Without the secret.
Json to_json(const Receiver& receiver);

/// One space between two; and back.
std::string words_text(const std::vector<std::string>& words);
std::vector<std::string> words_of(std::string_view text);

}  // namespace suture::server
