// SPDX-License-Identifier: Apache-2.0
//
// Tags, which operators give to hosts, and groups of hosts: a list of hosts, or a rule (group_rule.h). Who
// belongs to a group is kept for both, so that lists and rollouts need not work out rules: it is renewed with
// whatever changes it. All of it within a turn of the store; what changes something, in a transaction.
//
// To renew one host's groups and to change a rule exclude each other, also between servers: else a new host
// and a new rule could miss each other.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "database/database.h"
#include "server/fleet/group_rule.h"

namespace suture::server {

struct Group {
  std::string name{};
  std::string description{};
  std::optional<GroupRule> rule{};  ///< nothing: a list of hosts
  std::string changed_at{};
  std::int64_t hosts = 0;
};

struct NewGroup {
  std::string description{};
  std::optional<GroupRule> rule{};
  std::vector<std::string> hosts{};  ///< without a rule: its members
};

inline constexpr std::int64_t kMostGroups = 256;

/// {"description": …, "hosts": [...]} or {"description": …, "rule": {...}}; "group.schema".
Result<NewGroup> parse_group(std::string_view text);

Result<std::vector<std::string>> tags_of_host(sql::Database& database, std::string_view host_id);
/// The host must exist. Renews the groups that it belongs to.
Result<void> set_tags(sql::Database& database, std::string_view host_id,
                      const std::vector<std::string>& tags);

/// By name, with the number of hosts of each.
Result<std::vector<Group>> all_groups(sql::Database& database);
Result<std::optional<Group>> find_group(sql::Database& database, std::string_view name);
/// Makes or replaces it. "group.host" for a member that is not known, "group.too-many".
Result<void> put_group(sql::Database& database, std::string_view name, const NewGroup& group,
                       std::string_view now);
/// Whether there was one.
Result<bool> remove_group(sql::Database& database, std::string_view name);
Result<std::vector<std::string>> groups_of_host(sql::Database& database, std::string_view host_id);

/// When a host is new or not what it was: its groups by rule.
Result<void> regroup_host(sql::Database& database, std::string_view host_id);
/// Notes which distribution kernels are of, and renews the groups of hosts that run new ones.
Result<void> note_builds(sql::Database& database,
                         const std::vector<std::pair<std::string, std::string>>& builds);

}  // namespace suture::server
