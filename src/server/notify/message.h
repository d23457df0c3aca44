// SPDX-License-Identifier: Apache-2.0
//
// What one receiver is told at one time: how many things happened, of which kinds, and the first few of them.
// It is made once, kept in the outbox as it is, and sent as it is however often it must be tried: a webhook's
// body, or what a mail is written from.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/json_fwd.h"
#include "server/fleet/events.h"

namespace suture::server {

/// Events that a message holds word for word. Ten thousand hosts that go silent are one message all the same.
inline constexpr std::size_t kMostTold = 50;

struct Message {
  std::string id{};     ///< the same for each try: by it a receiver knows a message that it has
  std::string time{};   ///< RFC 3339 in UTC: when it was made
  std::string fleet{};  ///< its name, for people
  std::string link{};   ///< the server's page; empty: nobody said where it is
  std::int64_t count = 0;
  std::int64_t first_event = 0;  ///< ids; 0: a test
  std::int64_t last_event = 0;
  Severity severity = Severity::kInfo;  ///< of the worst
  std::map<std::string, std::int64_t> by_kind{};
  std::vector<Event> events{};  ///< the worst first, then by their ids

  bool is_test() const { return count == 0; }
  void add(const Event& event);
};

/// {"type": "fleet.events", "timestamp": …, "data": {…}}, as Standard Webhooks advises; "fleet.test" for a
/// test.
Json to_json(const Message& message);
/// Of what to_json() wrote; "notify.message".
Result<Message> parse_message(std::string_view text);

/// "msg_" and 32 hexadecimal digits.
Result<std::string> new_message_id();

}  // namespace suture::server
