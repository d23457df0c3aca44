// SPDX-License-Identifier: Apache-2.0
//
// Policies, and which channels they govern.
#include <fmt/format.h>

#include "base/json.h"
#include "server/rollout/rollout_row.h"
#include "server/rollout/rollout_store.h"

namespace suture::server {

Result<std::vector<Policy>> RolloutStore::policies() {
  const std::lock_guard lock(*turn_);
  auto row = TRY(database_.prepare("SELECT name, body FROM rollout_policies ORDER BY name"));
  std::vector<Policy> all;
  while (TRY(row.step())) {
    auto policy = parse_policy(row.text(1), row.text(0));
    if (!policy) return bad_rollout_row(policy.error().why);
    all.push_back(*std::move(policy));
  }
  return all;
}

Result<std::optional<Policy>> RolloutStore::policy(std::string_view name) {
  const std::lock_guard lock(*turn_);
  auto row = TRY(database_.prepare("SELECT body FROM rollout_policies WHERE name = ?1"));
  if (!TRY(row.bind(1, name).step())) return std::nullopt;
  auto policy = parse_policy(row.text(0), name);
  if (!policy) return bad_rollout_row(policy.error().why);
  return *std::move(policy);
}

Result<void> RolloutStore::put_policy(const Policy& policy, const TargetLevels& levels, const Actor& actor,
                                      Time now) {
  const std::string body = to_json(policy).dump();
  const std::string time = time_text(now);
  const std::lock_guard lock(*turn_);
  auto transaction = TRY(sql::Transaction::begin(database_));
  auto put = TRY(database_.prepare(
      "INSERT INTO rollout_policies (name, channel, body, changed_by, changed_at) VALUES (?1, ?2, ?3, ?4, ?5)"
      " ON CONFLICT (name) DO UPDATE SET channel = excluded.channel, body = excluded.body,"
      " changed_by = excluded.changed_by, changed_at = excluded.changed_at"));
  TRY(put.bind(1, policy.name).bind(2, policy.channel).bind(3, body).bind(4, actor.who).bind(5, time).run());
  if (TRY(govern(policy.channel, now))) {
    for (const auto& [build_id, level] : levels) {
      TRY(put_floor(policy.channel, build_id, level.level, 0));
    }
  }
  TRY(tell(actor, "policy", fmt::format("policy {} for {}", policy.name, policy.channel), now));
  TRY(next_generation());
  return transaction.commit();
}

Result<bool> RolloutStore::remove_policy(std::string_view name, const Actor& actor, Time now) {
  const std::lock_guard lock(*turn_);
  auto transaction = TRY(sql::Transaction::begin(database_));
  std::string channel;
  {
    auto row = TRY(database_.prepare("SELECT channel FROM rollout_policies WHERE name = ?1"));
    if (!TRY(row.bind(1, name).step())) return false;
    channel = row.text(0);
  }
  TRY(TRY(database_.prepare("DELETE FROM rollout_policies WHERE name = ?1")).bind(1, name).run());
  const bool governed = TRY(any("SELECT 1 FROM rollouts WHERE channel = ?1 LIMIT 1", channel)) ||
                        TRY(any("SELECT 1 FROM rollout_policies WHERE channel = ?1 LIMIT 1", channel));
  if (!governed) {
    TRY(TRY(database_.prepare("DELETE FROM rollout_floor WHERE channel = ?1")).bind(1, channel).run());
    TRY(TRY(database_.prepare("DELETE FROM rollout_channels WHERE channel = ?1")).bind(1, channel).run());
  }
  TRY(tell(actor, "policy-remove", fmt::format("policy {} for {}", name, channel), now));
  TRY(next_generation());
  TRY(transaction.commit());
  return true;
}

}  // namespace suture::server
