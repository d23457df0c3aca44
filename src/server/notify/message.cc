// SPDX-License-Identifier: Apache-2.0
#include "server/notify/message.h"

#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <tuple>

#include "base/hash.h"
#include "base/json.h"

namespace suture::server {
namespace {

bool comes_before(const Event& a, const Event& b) {
  return std::tuple(-static_cast<int>(a.what.severity), a.id) <
         std::tuple(-static_cast<int>(b.what.severity), b.id);
}

Result<Event> event_of(const Json& json) {
  Event event;
  event.id = TRY(json_integer(json, "id"));
  event.time = TRY(json_string(json, "time"));
  event.what = {.kind = TRY(json_string(json, "kind")),
                .subject = TRY(json_string(json, "subject")),
                .text = TRY(json_string(json, "text")),
                .severity = TRY(severity_from_name(TRY(json_string(json, "severity"))))};
  if (const auto host = json.find("host_id"); host != json.end() && host->is_string()) {
    event.what.host_id = host->get<std::string>();
  }
  return event;
}

Result<Message> message_of(const Json& json) {
  const Json& data = *TRY(json_object(json, "data"));
  Message message{.id = TRY(json_string(json, "id")),
                  .time = TRY(json_string(json, "timestamp")),
                  .fleet = TRY(json_string(data, "fleet")),
                  .link = TRY(json_string(data, "link")),
                  .count = TRY(json_integer(data, "count")),
                  .first_event = TRY(json_integer(data, "first_event")),
                  .last_event = TRY(json_integer(data, "last_event")),
                  .severity = TRY(severity_from_name(TRY(json_string(data, "severity"))))};
  for (const auto& [kind, count] : TRY(json_object(data, "by_kind"))->items()) {
    if (count.is_number_integer()) message.by_kind[kind] = count.get<std::int64_t>();
  }
  for (const Json& event : *TRY(json_array(data, "events"))) {
    message.events.push_back(TRY(event_of(event)));
  }
  return message;
}

}  // namespace

void Message::add(const Event& event) {
  if (count++ == 0) first_event = event.id;
  last_event = event.id;
  severity = std::max(severity, event.what.severity);
  ++by_kind[event.what.kind];
  // Kept in order, so that what falls out at the end is what matters least.
  if (events.size() == kMostTold && !comes_before(event, events.back())) return;
  events.insert(std::ranges::upper_bound(events, event, comes_before), event);
  if (events.size() > kMostTold) events.pop_back();
}

Json to_json(const Message& message) {
  Json events = Json::array();
  for (const Event& event : message.events) events.push_back(to_json(event));
  Json by_kind = Json::object();
  for (const auto& [kind, count] : message.by_kind) by_kind[kind] = count;
  return {{"type", message.is_test() ? "fleet.test" : "fleet.events"},
          {"id", message.id},
          {"timestamp", message.time},
          {"data",
           {{"fleet", message.fleet},
            {"link", message.link},
            {"count", message.count},
            {"severity", name_of(message.severity)},
            {"by_kind", std::move(by_kind)},
            {"first_event", message.first_event},
            {"last_event", message.last_event},
            {"omitted", message.count - static_cast<std::int64_t>(message.events.size())},
            {"events", std::move(events)}}}};
}

Result<Message> parse_message(std::string_view text) {
  const Json json = TRY(parse_json(text, "a message of the outbox"));
  auto message = message_of(json);
  if (!message) {
    return fail("notify.message", "read a message of the outbox", message.error().why,
                "Somebody has edited the database.");
  }
  return message;
}

Result<std::string> new_message_id() {
  std::array<unsigned char, 16> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) {
    return fail("notify.random", "make a message's id", "the system has no random numbers");
  }
  return "msg_" + to_hex(bytes);
}

}  // namespace suture::server
