// SPDX-License-Identifier: Apache-2.0
#include "server/notify/receiver_api.h"

#include "base/json.h"
#include "server/notify/courier.h"
#include "server/parameters.h"

namespace suture::server {
namespace {

Response no_receiver() {
  return error_response(404, "notify.unknown", "there is no receiver of this number");
}

Response not_now() {
  return error_response(404, "request.path", "this server notifies nobody");
}

/// What a handler does with the receiver that the path names; 404 when there is none.
template <class Act>
Response with_receiver(const Call& call, Act act) {
  const Notifications* notifications = call.services.notifications;
  if (notifications == nullptr) return not_now();
  const auto id = number_of_path(call.id);
  if (!id) return no_receiver();
  const auto receiver = notifications->outbox.receiver(*id);
  if (!receiver) return response_for(receiver.error());
  if (!*receiver) return no_receiver();
  return act(*notifications, **receiver);
}

Result<Json> with_counts(Outbox& outbox, const Receiver& receiver) {
  Json json = to_json(receiver);
  const auto counts = TRY(outbox.counts(receiver.id));
  json["waiting"] = counts.waiting;
  json["dead"] = counts.dead;
  return json;
}

Json time_or_null(const std::string& time) {
  return time.empty() ? Json() : Json(time);
}

Json to_json(const OutboxRow& row) {
  return {{"number", row.number},
          {"id", row.id},
          {"state", row.state},
          {"attempts", row.attempts},
          {"created_at", row.created_at},
          {"next_at", row.state == "waiting" ? Json(row.next_at) : Json()},
          {"ended_at", time_or_null(row.ended_at)},
          {"error", row.error.empty() ? Json() : Json(row.error)}};
}

}  // namespace

Response list_receivers(const Call& call) {
  if (const auto known = only_parameters(call.target, {"limit", "after"}); !known) {
    return response_for(known.error());
  }
  if (call.services.notifications == nullptr) return not_now();
  Outbox& outbox = call.services.notifications->outbox;
  return answer([&]() -> Result<Json> {
    const auto limit = TRY(number_parameter(call.target, "limit", kPerPage, kMostPerPage));
    const auto after = TRY(number_parameter(call.target, "after", 0, INT64_MAX));
    const auto page = TRY(outbox.receivers(after, static_cast<std::uint32_t>(limit)));
    Json receivers = Json::array();
    for (const Receiver& receiver : page.items) receivers.push_back(TRY(with_counts(outbox, receiver)));
    Json next = nullptr;
    if (page.more) next = page.items.back().id;
    return Json{{"notifications", std::move(receivers)}, {"next", std::move(next)}};
  }());
}

Response add_receiver(const Call& call) {
  if (call.services.notifications == nullptr) return not_now();
  const Notifications& notifications = *call.services.notifications;
  if (auto refusal = refuse_media_type(call.request, "a receiver")) return *std::move(refusal);
  const auto wanted = parse_new_receiver(call.request.body, notifications.rules);
  if (!wanted) return response_for(wanted.error());
  const auto added = notifications.outbox.add(*wanted, call.caller.name, call.now);
  if (!added) return response_for(added.error());
  Json json = suture::server::to_json(added->receiver);
  if (!added->secret.empty()) json["secret"] = added->secret;
  return json_response(201, json);
}

Response show_receiver(const Call& call) {
  return with_receiver(call, [](const Notifications& notifications, const Receiver& receiver) {
    return answer(with_counts(notifications.outbox, receiver));
  });
}

Response remove_receiver(const Call& call) {
  return with_receiver(call, [&](const Notifications& notifications, const Receiver& receiver) {
    const auto removed = notifications.outbox.remove(receiver.id, call.caller.name, call.now);
    if (!removed) return response_for(removed.error());
    return *removed ? json_response(200, suture::server::to_json(**removed)) : no_receiver();
  });
}

Response test_receiver(const Call& call) {
  return with_receiver(call, [&](const Notifications& notifications, const Receiver& receiver) {
    const auto id = notifications.outbox.put_test(receiver, call.caller.name, call.now);
    if (!id) return response_for(id.error());
    notifications.courier.nudge();
    return json_response(202, {{"id", *id}});
  });
}

Response list_messages(const Call& call) {
  if (const auto known = only_parameters(call.target, {"limit", "after", "state"}); !known) {
    return response_for(known.error());
  }
  return with_receiver(call, [&](const Notifications& notifications, const Receiver& receiver) {
    return answer([&]() -> Result<Json> {
      const auto limit = TRY(number_parameter(call.target, "limit", kPerPage, kMostPerPage));
      const auto before = TRY(number_parameter(call.target, "after", INT64_MAX, INT64_MAX));
      const auto given = call.target.query.find("state");
      const std::string state = given == call.target.query.end() ? "" : given->second;
      if (given != call.target.query.end() && state != "waiting" && state != "sent" && state != "dead") {
        return bad_parameter("state", "it is none of: waiting, sent, dead");
      }
      const auto page =
          TRY(notifications.outbox.messages(receiver.id, state, before, static_cast<std::uint32_t>(limit)));
      Json messages = Json::array();
      for (const OutboxRow& row : page.items) messages.push_back(to_json(row));
      Json next = nullptr;
      if (page.more) next = page.items.back().number;
      return Json{{"messages", std::move(messages)}, {"next", std::move(next)}};
    }());
  });
}

Response retry_messages(const Call& call) {
  return with_receiver(call, [&](const Notifications& notifications, const Receiver& receiver) {
    const auto revived = notifications.outbox.revive(receiver, call.caller.name, call.now);
    if (!revived) return response_for(revived.error());
    notifications.courier.nudge();
    return json_response(202, {{"retried", *revived}});
  });
}

}  // namespace suture::server
