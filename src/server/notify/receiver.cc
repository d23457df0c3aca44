// SPDX-License-Identifier: Apache-2.0
#include "server/notify/receiver.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/json.h"
#include "server/notify/mail_message.h"
#include "server/notify/webhook_url.h"

namespace suture::server {
namespace {

constexpr JsonLimits kLimits{.bytes = 16u << 10, .depth = 3};
constexpr std::size_t kMostAddresses = 20;
constexpr std::size_t kMostKinds = 30;
constexpr std::size_t kMostText = 64;
constexpr std::int64_t kMostInterval = 86'400;
constexpr std::chrono::seconds kMailInterval{900};
constexpr std::chrono::seconds kWebhookInterval{30};

std::unexpected<Error> bad(std::string why) {
  return fail("notify.receiver", "read a receiver to be made", std::move(why));
}

bool is_name(std::string_view text) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-_.@").find(c) != std::string_view::npos;
  };
  return !text.empty() && text.size() <= kMostText && std::ranges::all_of(text, plain);
}

bool is_kind(std::string_view text) {
  const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || c == '-' || c == '.'; };
  return !text.empty() && text.size() <= kMostText && std::ranges::all_of(text, plain);
}

Result<std::string> text_member(const Json& object, const char* key, std::string absent = {}) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return absent;
  if (!found->is_string()) return bad(fmt::format("\"{}\" is not a text", key));
  return found->get<std::string>();
}

Result<std::vector<std::string>> list_member(const Json& object, const char* key, std::size_t most) {
  std::vector<std::string> list;
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return list;
  if (!found->is_array()) return bad(fmt::format("\"{}\" is not a list", key));
  for (const Json& each : *found) {
    if (!each.is_string()) return bad(fmt::format("what is in \"{}\" is not a text", key));
    if (list.size() == most) return bad(fmt::format("\"{}\" has more than {}", key, most));
    if (auto text = each.get<std::string>(); std::ranges::find(list, text) == list.end()) {
      list.push_back(std::move(text));
    }
  }
  return list;
}

Result<std::chrono::seconds> interval_member(const Json& object, Way way) {
  const auto found = object.find("interval_seconds");
  if (found == object.end() || found->is_null()) {
    return way == Way::kMail ? kMailInterval : kWebhookInterval;
  }
  if (!found->is_number_integer() || *found < 0 || *found > kMostInterval) {
    return bad(fmt::format("\"interval_seconds\" is not a number from 0 to {}", kMostInterval));
  }
  return std::chrono::seconds(found->get<std::int64_t>());
}

Result<void> read_address(const Json& json, const ReceiverRules& rules, NewReceiver& receiver) {
  const std::string way = TRY(text_member(json, "way"));
  if (way == "mail") {
    receiver.way = Way::kMail;
    if (json.contains("url")) return bad("\"url\" belongs to a webhook");
    if (!rules.mail) return bad("this server was started without a mail server");
    receiver.to = TRY(list_member(json, "to", kMostAddresses));
    if (receiver.to.empty()) return bad("\"to\" names no address");
    for (const std::string& address : receiver.to) {
      if (!is_mail_address(address)) return bad("what is in \"to\" is not a plain mail address");
    }
    return {};
  }
  if (way != "webhook") return bad("\"way\" is neither \"mail\" nor \"webhook\"");
  receiver.way = Way::kWebhook;
  if (json.contains("to")) return bad("\"to\" belongs to mail");
  receiver.url = TRY(text_member(json, "url"));
  if (const auto fine = check_webhook_url(receiver.url, rules.plain_http); !fine) {
    return bad("\"url\": " + fine.error().why);
  }
  return {};
}

}  // namespace

Result<NewReceiver> parse_new_receiver(std::string_view text, const ReceiverRules& rules) {
  constexpr std::array<std::string_view, 8> kKnown{"name",  "way",      "to",    "url",
                                                   "kinds", "severity", "group", "interval_seconds"};
  const Json json = TRY(parse_json(text, "a receiver to be made", kLimits));
  if (!json.is_object()) return bad("it is not an object");
  for (const auto& [key, value] : json.items()) {
    if (std::ranges::find(kKnown, key) == kKnown.end()) return bad("\"" + key + "\" is not known");
  }
  NewReceiver receiver;
  receiver.name = TRY(text_member(json, "name"));
  if (!is_name(receiver.name)) return bad("\"name\" is not 1 to 64 letters, digits, '-', '_', '.' and '@'");
  TRY(read_address(json, rules, receiver));
  receiver.kinds = TRY(list_member(json, "kinds", kMostKinds));
  if (!std::ranges::all_of(receiver.kinds, is_kind)) return bad("what is in \"kinds\" is no kind of event");
  const auto severity = severity_from_name(TRY(text_member(json, "severity", "warning")));
  if (!severity) return bad("\"severity\": " + severity.error().why);
  receiver.severity = *severity;
  receiver.group = TRY(text_member(json, "group"));
  if (!receiver.group.empty() && !is_name(receiver.group)) return bad("\"group\" is no group's name");
  receiver.interval = TRY(interval_member(json, receiver.way));
  return receiver;
}

bool is_wanted(const NewReceiver& receiver, const NewEvent& event) {
  if (event.severity < receiver.severity) return false;
  if (receiver.kinds.empty()) return true;
  return std::ranges::any_of(receiver.kinds, [&](const std::string& kind) {
    return event.kind == kind || event.kind.starts_with(kind + ".");
  });
}

Json to_json(const Receiver& receiver) {
  const NewReceiver& what = receiver.what;
  Json json{{"id", receiver.id},
            {"name", what.name},
            {"way", name_of(what.way)},
            {"kinds", what.kinds},
            {"severity", name_of(what.severity)},
            {"group", what.group.empty() ? Json() : Json(what.group)},
            {"interval_seconds", what.interval.count()},
            {"created_at", receiver.created_at}};
  if (what.way == Way::kMail) {
    json["to"] = what.to;
  } else {
    json["url"] = what.url;
  }
  return json;
}

std::string words_text(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text.append(text.empty() ? "" : " ").append(word);
  return text;
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const auto word = text.substr(0, text.find(' '));
    if (!word.empty()) words.emplace_back(word);
    text.remove_prefix(std::min(text.size(), word.size() + 1));
  }
  return words;
}

}  // namespace suture::server
