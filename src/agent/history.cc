// SPDX-License-Identifier: Apache-2.0
#include "agent/history.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "base/file.h"
#include "base/json.h"
#include "base/time.h"

namespace suture {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kMostReason = 512;
constexpr const char* kName = "history.jsonl";
constexpr const char* kOldName = "history.jsonl.1";

/// The first line, shortened, never in the middle of a UTF-8 character.
std::string short_reason(const std::string& text) {
  std::size_t length = std::min(text.find('\n'), text.size());
  if (length > kMostReason) {
    length = kMostReason;
    while (length > 0 && (static_cast<unsigned char>(text[length]) & 0xc0) == 0x80) --length;
  }
  return text.substr(0, length);
}

std::uint32_t level_in_kernel(const AgentState& state) {
  return state.wanted && !state.applied_boot_id.empty() ? state.wanted->level : 0;
}

/// Why a level was left that no administrator took back.
std::string reason_to_leave(const AgentState& after, std::uint32_t left) {
  const bool above = after.plan && left > after.plan->level;
  if (above) return text_of(*after.plan);
  return after.applied_boot_id.empty() ? "it was withdrawn, and there is no good level below it"
                                       : "level " + std::to_string(left) + " was withdrawn";
}

void add_change_of_kernel(const AgentState& before, const AgentState& after, std::vector<Event>& events) {
  const bool rebooted = before.applied_boot_id != after.applied_boot_id;
  if (after.applied_boot_id.empty()) {
    const bool gone = !before.applied_boot_id.empty() || (after.held && !before.held);
    // One that failed holds the host as well, and nothing left the kernel.
    if (!gone || after.error) return;
    events.push_back({.what = after.held ? "reverted" : "withdrawn",
                      .from = level_in_kernel(before),
                      .reason = after.held ? "" : reason_to_leave(after, level_in_kernel(before)),
                      .boot_id = before.applied_boot_id});
    return;
  }
  if (!after.wanted || (before.wanted == after.wanted && !rebooted)) return;
  Event event{.what = "applied",
              .from = rebooted ? 0 : level_in_kernel(before),
              .to = after.wanted->level,
              .boot_id = after.applied_boot_id,
              .engine = after.engine};
  if (event.to < event.from) {
    const bool asked = after.pinned == event.to;
    event.what = asked ? "reverted" : "withdrawn";
    event.reason = asked ? "" : reason_to_leave(after, event.from);
  } else if (before.wanted == after.wanted && !before.held) {
    event.reason = "again, after a boot";
  }
  events.push_back(std::move(event));
}

void add_failure(const AgentState& before, const AgentState& after, std::vector<Event>& events) {
  const std::uint32_t level = level_in_kernel(after);
  if (before.error && !after.error && events.empty()) {
    events.push_back({.what = "recovered", .from = level, .to = level});
  }
  if (!after.error || before.error == after.error) return;
  // The quarantine tells more of it.
  if (after.error->code == "agent.quarantined") return;
  events.push_back({.what = "failed",
                    .from = level,
                    .to = level,
                    .code = after.error->code,
                    .reason = short_reason(after.error->message)});
}

/// A rollout that goes on is told; in which words it says so is not.
void add_plan(const AgentState& before, const AgentState& after, std::vector<Event>& events) {
  const auto same = [](const Plan& one, const Plan& other) {
    return one.level == other.level && one.rollout == other.rollout && one.urgent == other.urgent;
  };
  if (!after.plan || (before.plan && same(*before.plan, *after.plan))) return;
  events.push_back({.what = "planned",
                    .from = before.plan ? before.plan->level : after.plan->level,
                    .to = after.plan->level,
                    .reason = short_reason(text_of(*after.plan))});
}

Result<Event> event_from_json(const Json& json) {
  const auto level = [&](const char* key) -> Result<std::uint32_t> {
    const std::int64_t value = TRY(json_integer(json, key));
    if (value < 0 || value > UINT32_MAX) return fail("agent.history", "read an event", "it has no level");
    return static_cast<std::uint32_t>(value);
  };
  return Event{.time = TRY(json_string(json, "time")),
               .what = TRY(json_string(json, "event")),
               .from = TRY(level("from")),
               .to = TRY(level("to")),
               .code = TRY(json_string(json, "code")),
               .reason = TRY(json_string(json, "reason")),
               .boot_id = TRY(json_string(json, "boot_id")),
               .engine = json.contains("engine") ? TRY(json_string(json, "engine")) : ""};
}

std::vector<Event> events_of(std::string_view text) {
  constexpr JsonLimits kLimits{.bytes = 16u << 10, .depth = 4};
  std::vector<Event> events;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const auto json = parse_json(line, "an event", kLimits);
    if (!json) continue;
    if (auto event = event_from_json(*json)) events.push_back(std::move(*event));
  }
  return events;
}

bool same_but_time(const Event& one, Event other) {
  other.time = one.time;
  return one == other;
}

/// Its last lines; the first of them may be cut.
std::string tail_of(const fs::path& file) {
  constexpr off_t kTail = 16 << 10;
  std::string text;
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return text;
  const off_t size = ::lseek(fd, 0, SEEK_END);
  text.resize(static_cast<std::size_t>(std::clamp<off_t>(size, 0, kTail)));
  const ssize_t got = ::pread(fd, text.data(), text.size(), std::max<off_t>(0, size - kTail));
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(0, got)));
  ::close(fd);
  return text;
}

Result<void> append_durably(const fs::path& file, std::string_view text) {
  const std::string what = "write " + file.string();
  const int fd = ::open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) return fail_errno("agent.history", what);
  const ssize_t put = ::write(fd, text.data(), text.size());
  Result<void> done;
  if (put < 0 || ::fdatasync(fd) != 0) done = fail_errno("agent.history", what);
  if (done && static_cast<std::size_t>(put) < text.size())
    done = fail("agent.history", what, "the disk is full");
  ::close(fd);
  return done;
}

}  // namespace

Json to_json(const Event& event) {
  return {{"time", event.time},       {"event", event.what},   {"from", event.from},
          {"to", event.to},           {"code", event.code},    {"reason", event.reason},
          {"boot_id", event.boot_id}, {"engine", event.engine}};
}

std::vector<Event> events_between(const AgentState& before, const AgentState& after) {
  std::vector<Event> events;
  for (const auto& [module, level] : after.quarantined) {
    if (before.quarantined.contains(module)) continue;
    events.push_back(
        {.what = "quarantined", .from = level, .reason = "the machine went down soon after it was applied"});
  }
  for (const auto& [module, level] : before.quarantined) {
    if (!after.quarantined.contains(module)) events.push_back({.what = "released", .to = level});
  }
  if (after.newest > before.newest)
    events.push_back({.what = "available", .from = before.newest, .to = after.newest, .reason = after.waits});
  add_plan(before, after, events);
  add_change_of_kernel(before, after, events);
  const bool proven = before.unconfirmed && !after.unconfirmed &&
                      before.applied_boot_id == after.applied_boot_id && before.wanted == after.wanted &&
                      before.quarantined == after.quarantined;
  if (proven) {
    const std::uint32_t level = before.unconfirmed->level;
    events.push_back({.what = "confirmed", .from = level, .to = level, .boot_id = after.applied_boot_id});
  }
  add_failure(before, after, events);
  return events;
}

Result<void> append_history(const fs::path& state_folder, const std::vector<Event>& events) {
  if (events.empty()) return {};
  const fs::path file = state_folder / kName;
  std::error_code absent;
  if (fs::file_size(file, absent) > kMostHistory && !absent) {
    std::error_code failed;
    fs::rename(file, state_folder / kOldName, failed);
    if (failed) return fail("agent.history", "put " + file.string() + " away", failed.message());
  }
  TRY(make_directories(state_folder));
  const std::string text = tail_of(file);
  const std::vector<Event> known = events_of(text);
  std::string lines;
  if (!text.empty() && text.back() != '\n') lines = "\n";
  const std::string now = time_text(wall_clock());
  for (std::size_t i = 0; i < events.size(); ++i) {
    // Those of one change stand together: written before as well, each is the counterpart of one at the end.
    const std::size_t back = events.size() - i;
    if (known.size() >= back && same_but_time(known[known.size() - back], events[i])) continue;
    Event event = events[i];
    event.time = now;
    lines += to_json(event).dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  }
  if (lines.empty() || lines == "\n") return {};
  return append_durably(file, lines);
}

Result<std::vector<Event>> read_history(const fs::path& state_folder) {
  std::vector<Event> events;
  for (const char* name : {kOldName, kName}) {
    std::error_code error;
    if (!fs::exists(state_folder / name, error)) continue;
    const std::string text = TRY(read_text_file(state_folder / name, 2 * kMostHistory));
    for (Event& event : events_of(text)) events.push_back(std::move(event));
  }
  return events;
}

}  // namespace suture
