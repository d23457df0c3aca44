// SPDX-License-Identifier: Apache-2.0
//
// Rollouts, policies and what they leave behind, on a connection of their own to the fleet's database.
// Whatever changes one goes into the audit log in the same transaction. Safe to call from several threads;
// other servers may work on the same database: a change is refused, or not made, where the rollout is no
// longer the one that it was decided on.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "server/fleet/store.h"
#include "server/rollout/plan.h"
#include "server/rollout/rollout.h"
#include "server/rollout/rollout_json.h"
#include "server/rollout/transitions.h"

namespace suture::server {

struct RolloutQuery {
  std::string channel{};  ///< empty: all
  std::optional<RolloutState> state{};
  std::int64_t before = INT64_MAX;  ///< newest first, those with a lower id
  std::uint32_t limit = 100;
};

/// A rollout to be made, with everything that it takes.
struct RolloutOrder {
  std::string channel{};
  std::string policy{};  ///< its name; may be empty
  Course course{};
  bool again = false;      ///< levels that were taken back, too
  bool automatic = false;  ///< only if there is a level that no rollout of the channel has brought yet
  /// The repository's, of the channel: the newest level, and the one that was the newest before.
  TargetLevels levels{};
};

/// Where all rollouts stand.
struct RolloutMoment {
  std::int64_t generation = 0;  ///< rises with everything that can move a host's plan
  std::int64_t calls = 0;       ///< rises when hosts are to hear of that at once
  bool operator==(const RolloutMoment&) const = default;
};

class RolloutStore {
 public:
  /// As Store::open().
  static Result<RolloutStore> open(const FleetDatabase& where, StoreLimits limits = {});

  Result<std::vector<Policy>> policies();
  Result<std::optional<Policy>> policy(std::string_view name);
  /// The first one of a channel governs it: its hosts may have `levels`, the repository's, and what comes
  /// later is brought by rollouts.
  Result<void> put_policy(const Policy& policy, const TargetLevels& levels, const Actor& actor, Time now);
  /// Whether there was one. A channel without policies and rollouts is governed no longer.
  Result<bool> remove_policy(std::string_view name, const Actor& actor, Time now);

  /// "rollout.nothing-new", "rollout.too-many". Nothing: an automatic one has nothing to bring.
  Result<std::optional<Rollout>> make(const RolloutOrder& order, const Actor& actor, Time now);
  Result<Page<Rollout>> rollouts(const RolloutQuery& query);
  Result<std::optional<Rollout>> rollout(std::int64_t id);
  Result<TargetLevels> levels(std::int64_t id);
  Result<std::vector<Approval>> approvals(std::int64_t id);

  /// What obey() and check_approval() say; nothing when there is no such rollout.
  Result<std::optional<Rollout>> command(std::int64_t id, RolloutCommand command, const Actor& actor,
                                         Time now);
  Result<std::optional<Rollout>> approve(std::int64_t id, bool urgent, const Actor& actor, Time now);

  /// Those whose waves may go on.
  Result<std::vector<Rollout>> active();
  /// True: nobody has examined it since `now - every`, and others will not before `now + every`.
  Result<bool> claim(std::int64_t id, Time now, std::chrono::seconds every);
  /// Writes what became of a rollout since it was read. False: somebody else has changed it meanwhile, and
  /// nothing is written. With `told`, in the audit log, too.
  Result<bool> save(const Rollout& changed, RolloutState before, bool told, Time now);

  Result<RolloutMoment> moment();
  /// All at one moment, which it sets.
  Result<ByText<Governed>> governed(RolloutMoment& moment);
  /// Of the groups and tags that the waves of open rollouts name, as their members are now. It keeps what it
  /// needs.
  Result<Membership> membership(const ByText<Governed>& channels);
  /// Of the channel, that took a level of this kernel back; the last first, at most 10.
  Result<std::vector<std::pair<Rollout, TargetLevel>>> reverted(std::string_view channel,
                                                                std::string_view build_id);

 private:
  explicit RolloutStore(sql::Database database) : database_(std::move(database)) {}
  Result<Rollout> read_rollout(const sql::Statement& row) const;
  Result<std::optional<Rollout>> find(std::int64_t id);
  Result<std::vector<Rollout>> select(std::string_view rest, const std::vector<std::string>& texts = {});
  Result<bool> write(Rollout& rollout, RolloutState before);
  Result<void> raise_floor(const Rollout& rollout);
  Result<void> lower_floor(const Rollout& rollout);
  Result<void> put_floor(std::string_view channel, std::string_view build_id, std::uint32_t level,
                         std::int64_t rollout);
  Result<ByText<Floor>> floor_of(std::string_view channel);
  Result<bool> govern(std::string_view channel, Time now);
  Result<bool> any(std::string_view sql, std::string_view text);
  Result<TargetLevels> brought(const RolloutOrder& order, bool newly_governed);
  Result<bool> has_unbrought(const RolloutOrder& order, const TargetLevels& levels);
  Result<void> put_levels(std::int64_t id, const TargetLevels& levels);
  Result<TargetLevels> levels_of(std::int64_t id);
  Result<std::vector<Approval>> approvals_of(std::int64_t id);
  Result<void> next_generation(bool call = false);
  Result<RolloutMoment> read_moment();
  Result<void> tell(const Actor& actor, std::string_view action, std::string object, Time now);
  Result<void> tell_fleet(const Rollout& rollout, Time now);

  std::unique_ptr<std::mutex> turn_ = std::make_unique<std::mutex>();
  sql::Database database_;
};

}  // namespace suture::server
