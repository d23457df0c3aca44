// SPDX-License-Identifier: Apache-2.0
//
// What happened on this host: history.jsonl in the state folder, one event a line, oldest first. Lines are
// only ever appended; a full file becomes history.jsonl.1, in the place of the one before, so that both
// together stay small. A line that a power cut tore is passed over.
//
// Events are told from the agent's state before and after: whoever writes the state need not think of it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "agent/state.h"
#include "base/json_fwd.h"

namespace suture {

struct Event {
  std::string time{};  ///< "2026-11-24T10:00:00Z"
  std::string what{};  ///< one of those that suture-history(1) lists: "applied"
  std::uint32_t from =
      0;  ///< levels in the kernel before and after, 0 for none; of other events the one meant
  std::uint32_t to = 0;
  std::string code{};     ///< of a failure: "engine.transition-stalled"
  std::string reason{};   ///< for people; may be empty
  std::string boot_id{};  ///< of what changed the kernel
  std::string engine{};   ///< that brought the level in; empty: none was, or an earlier agent wrote it
  bool operator==(const Event&) const = default;
};

Json to_json(const Event& event);

/// Without times.
std::vector<Event> events_between(const AgentState& before, const AgentState& after);

/// Durably, with the present time. An event that equals the last one but for its time is not written twice:
/// an agent that was killed between this and its state does it again. The agent's caller holds the lock.
Result<void> append_history(const std::filesystem::path& state_folder, const std::vector<Event>& events);

/// Oldest first. None is not an error.
Result<std::vector<Event>> read_history(const std::filesystem::path& state_folder);

inline constexpr std::size_t kMostHistory = 1u << 20;  ///< bytes of each of both files

}  // namespace suture
