// SPDX-License-Identifier: Apache-2.0
#include "server/notify/mail_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace suture::server {
namespace {

/// `one` is of a single event, whose subject goes in for {}; `many` of more, whose number does.
struct Kind {
  std::string_view name;
  std::string_view one;
  std::string_view many;
  std::string_view advice;
};

// The order is that of importance: a subject names the first few.
constexpr std::array kKinds{
    Kind{"rollout.halted", "rollout {} was halted", "{} rollouts were halted",
         "No further host gets this level. Look at the gate that failed and at the hosts it names, then go "
         "on\n"
         "with the rollout or take it back."},
    Kind{"host.crashed", "{} crashed", "{} hosts crashed",
         "The agent keeps the level away that was fresh when a machine went down. Look at the kernel's log "
         "of\n"
         "the crash before the level goes any further."},
    Kind{"rollout.reverted", "rollout {} was taken back", "{} rollouts were taken back",
         "Its hosts go back to the level that they had. Look at why before the patch is published again."},
    Kind{"rollout.approval-wanted", "rollout {} waits for approval", "{} rollouts wait for approval",
         "Nothing goes on until somebody with the role approver approves or refuses."},
    Kind{"host.silent", "{} went silent", "{} hosts went silent",
         "What a silent host runs is unknown. Look whether the machine is up, whether it reaches this "
         "server,\n"
         "and on it at: systemctl status sutured; suture status. If many went at once, look at the network\n"
         "or at this server's certificate first."},
    Kind{"host.state", "{} has a new state", "{} hosts have a new state",
         "For those that failed or were reverted, \"suture status\" on the host has the reason in full."},
    Kind{"patchset.published", "a patchset for {} was published", "{} patchsets were published",
         "Hosts take it with their next check, or when their rollout comes to them."},
    Kind{"rollout.started", "rollout {} started", "{} rollouts started", ""},
    Kind{"rollout.wave", "rollout {} reached another wave", "rollouts reached {} more waves", ""},
    Kind{"rollout.finished", "rollout {} is finished", "{} rollouts are finished", ""},
    Kind{"host.back", "{} is back", "{} hosts are back", ""},
    Kind{"host.new", "{} is a new host", "{} new hosts reported",
         "Whoever does not know them should ask: a host that reports has reached this server."},
    Kind{"host.removed", "{} was removed", "{} hosts were removed", ""},
};

constexpr std::size_t kMostInSubject = 3;
constexpr std::size_t kMostOfKind = 15;

/// "10,000"
std::string with_commas(std::int64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, ",");
  return text;
}

/// Texts of events come from hosts: one line, whatever they hold.
std::string one_line(std::string_view text) {
  std::string line(text);
  std::ranges::replace_if(
      line, [](char c) { return (c >= 0 && c < ' ') || c == 0x7f; }, ' ');
  return line;
}

std::string filled(std::string_view pattern, std::string_view value) {
  std::string text(pattern);
  return text.replace(text.find("{}"), 2, value);
}

const Event* first_of(const Message& message, std::string_view kind) {
  const auto found =
      std::ranges::find_if(message.events, [&](const Event& event) { return event.what.kind == kind; });
  return found == message.events.end() ? nullptr : &*found;
}

std::string phrase(const Message& message, const Kind& kind, std::int64_t count) {
  const Event* only = count == 1 ? first_of(message, kind.name) : nullptr;
  if (only != nullptr && !only->what.subject.empty()) return filled(kind.one, one_line(only->what.subject));
  return filled(kind.many, with_commas(count));
}

/// The kinds that a message has, the most important first; those that are not in the table at the end.
std::vector<std::pair<Kind, std::int64_t>> kinds_of(const Message& message) {
  std::vector<std::pair<Kind, std::int64_t>> kinds;
  for (const Kind& kind : kKinds) {
    const auto found = message.by_kind.find(std::string(kind.name));
    if (found != message.by_kind.end()) kinds.emplace_back(kind, found->second);
  }
  for (const auto& [name, count] : message.by_kind) {
    const bool known = std::ranges::any_of(kKinds, [&](const Kind& kind) { return kind.name == name; });
    if (!known) kinds.emplace_back(Kind{name, "{}", "{} events of another kind", ""}, count);
  }
  return kinds;
}

void add_kind(std::string& text, const Message& message, const Kind& kind, std::int64_t count) {
  text += phrase(message, kind, count) + "\n";
  std::int64_t told = 0;
  for (const Event& event : message.events) {
    if (event.what.kind != kind.name || told == static_cast<std::int64_t>(kMostOfKind)) continue;
    ++told;
    text +=
        fmt::format("  {}  {}: {}\n", event.time, one_line(event.what.subject), one_line(event.what.text));
  }
  if (told < count) text += fmt::format("  and {} more\n", with_commas(count - told));
  if (!kind.advice.empty()) text += fmt::format("\n{}\n", kind.advice);
  text += '\n';
}

}  // namespace

std::string mail_subject(const Message& message) {
  const std::string fleet = fmt::format("[{}] ", one_line(message.fleet));
  if (message.is_test()) return fleet + "test message of suture-server";
  std::string subject;
  std::int64_t left = message.count;
  std::size_t named = 0;
  for (const auto& [kind, count] : kinds_of(message)) {
    if (named++ == kMostInSubject) break;
    subject.append(subject.empty() ? "" : ", ").append(phrase(message, kind, count));
    left -= count;
  }
  if (left > 0) subject += fmt::format(", and {} more", with_commas(left));
  return fleet + subject;
}

std::string mail_body(const Message& message, std::string_view receiver) {
  std::string text;
  if (message.is_test()) {
    text = fmt::format(
        "This is a test. The server of the fleet {} can send mail to you: nothing has happened, and there "
        "is\n"
        "nothing to do.\n\n",
        one_line(message.fleet));
  } else {
    text = fmt::format("Fleet {}, {}: {} that you are to hear of.\n\n", one_line(message.fleet), message.time,
                       message.count == 1 ? "one event" : with_commas(message.count) + " events");
    for (const auto& [kind, count] : kinds_of(message)) add_kind(text, message, kind, count);
    text += message.link.empty() ? fmt::format("All of it: GET /api/v1/events?after={} on the server.\n\n",
                                               message.first_event - 1)
                                 : fmt::format("The fleet as it is now: {}\n\n", message.link);
  }
  return text + fmt::format("-- \nThe receiver \"{}\" of suture-server; message {}.\n", one_line(receiver),
                            message.id);
}

}  // namespace suture::server
