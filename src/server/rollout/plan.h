// SPDX-License-Identifier: Apache-2.0
//
// Which level a host may have, as all rollouts stand. An index that never changes: it is made anew when
// something does, and each report looks into the one that is there, without asking the database.
//
// A channel is governed once there is a policy or a rollout for it; in others the server steers nobody. What
// a host may have is the highest of
//   - the floor: what hosts could have before the channel was governed, and what finished rollouts brought;
//   - what rollouts bring whose waves have begun for this host;
//   - what it has already, where a rollout that was not reverted brings that, too: one that was halted takes
//     nothing away.
// A host whose kernel neither the floor nor a rollout names keeps what it has, and gets nothing: whatever
// the repository has for it was reviewed by nobody.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "patchset/plan.h"
#include "server/rollout/waves.h"

namespace suture::server {

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};
template <class Value>
using ByText = std::unordered_map<std::string, Value, TextHash, std::equal_to<>>;

/// What finished rollouts brought to a target, or what it had before there was any (0).
struct Floor {
  std::uint32_t level = 0;
  std::int64_t rollout = 0;
};

/// A rollout that is neither finished nor reverted.
struct OpenRollout {
  Rollout rollout;
  TargetLevels levels;
};

struct Governed {
  ByText<Floor> floor;
  std::vector<OpenRollout> open;
};

/// The host's side of the question.
struct PlanFor {
  std::string_view host_id;
  std::string_view channel;
  std::string_view build_id;
  std::uint32_t level = 0;  ///< that it has
};

/// Whose words decided it, for explain.h.
struct ExplainedPlan {
  Plan plan;
  enum class By { kFloor, kWave, kKept, kUnknownTarget } by = By::kFloor;
  const OpenRollout* open = nullptr;  ///< of kWave and kKept
  std::size_t wave = 0;               ///< of kWave: the first that the host is in
};

class PlanIndex {
 public:
  PlanIndex() = default;
  /// `member` answers for as long as the index lives.
  PlanIndex(ByText<Governed> channels, Membership member)
      : channels_(std::move(channels)), member_(std::move(member)) {}

  const Governed* channel(std::string_view name) const;
  /// Nothing: nobody steers this host.
  std::optional<ExplainedPlan> explained(const PlanFor& host) const;
  std::optional<Plan> plan(const PlanFor& host) const;
  const Membership& membership() const { return member_; }

 private:
  ByText<Governed> channels_{};
  Membership member_ = [](const Selector&, std::string_view) { return false; };
};

}  // namespace suture::server
