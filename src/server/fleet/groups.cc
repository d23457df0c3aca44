// SPDX-License-Identifier: Apache-2.0
#include "server/fleet/groups.h"

#include <algorithm>
#include <set>

#include "base/json.h"
#include "base/utf8.h"

namespace suture::server {
namespace {

constexpr std::size_t kMostDescription = 1024;
/// Who has it is the only one to change who belongs to a group.
constexpr std::string_view kTurn = "groups";
constexpr const char* kHost = R"sql(
  SELECT hostname, release, coalesce(distribution, '')
  FROM host_facts LEFT JOIN builds ON builds.build_id = host_facts.build_id WHERE host_id = ?1
)sql";
constexpr const char* kHosts = R"sql(
  SELECT hostname, release, coalesce(distribution, ''), host_id
  FROM host_facts LEFT JOIN builds ON builds.build_id = host_facts.build_id
  WHERE host_id > ?1 ORDER BY host_id LIMIT ?2
)sql";
constexpr std::int64_t kHostsAtATime = 1000;
constexpr const char* kGroups = R"sql(
  SELECT host_groups.name, description, rule, changed_at, count(group_hosts.host_id)
  FROM host_groups LEFT JOIN group_hosts ON group_hosts.name = host_groups.name
)sql";
constexpr const char* kPutMember =
    "INSERT INTO group_hosts (name, host_id) VALUES (?1, ?2) ON CONFLICT (name, host_id) DO NOTHING";

Result<std::vector<std::string>> texts(sql::Statement& rows) {
  std::vector<std::string> found;
  while (TRY(rows.step())) found.push_back(rows.text(0));
  return found;
}

GroupedHost read_host(const sql::Statement& row) {
  return {.hostname = row.text(0), .release = row.text(1), .distribution = row.text(2)};
}

/// One that somebody has edited has nobody in it.
std::optional<GroupRule> rule_of(const std::string& text) {
  if (text.empty()) return std::nullopt;
  const auto json = parse_json(text, "a group's rule");
  const auto rule = json ? group_rule_from_json(*json) : std::unexpected(json.error());
  return rule.value_or(GroupRule{.tags = {"="}});
}

Result<std::vector<Group>> read_groups(sql::Statement& rows) {
  std::vector<Group> groups;
  while (TRY(rows.step())) {
    groups.push_back({.name = rows.text(0),
                      .description = rows.text(1),
                      .rule = rule_of(rows.text(2)),
                      .changed_at = rows.text(3),
                      .hosts = rows.number(4)});
  }
  return groups;
}

struct RuledGroup {
  std::string name;
  GroupRule rule;
};

Result<std::vector<RuledGroup>> ruled_groups(sql::Database& database) {
  auto rows = TRY(database.prepare("SELECT name, rule FROM host_groups WHERE rule <> '' ORDER BY name"));
  std::vector<RuledGroup> groups;
  while (TRY(rows.step())) groups.push_back({rows.text(0), *rule_of(rows.text(1))});
  return groups;
}

Result<void> renew(sql::Database& database, const std::vector<RuledGroup>& groups, std::string_view host_id) {
  auto row = TRY(database.prepare(kHost));
  if (!TRY(row.bind(1, host_id).step())) return {};
  GroupedHost host = read_host(row);
  row.reset();
  host.tags = TRY(tags_of_host(database, host_id));
  const auto list = TRY(groups_of_host(database, host_id));
  const std::set<std::string> before(list.begin(), list.end());
  auto put = TRY(database.prepare(kPutMember));
  auto drop = TRY(database.prepare("DELETE FROM group_hosts WHERE name = ?1 AND host_id = ?2"));
  for (const RuledGroup& group : groups) {
    const bool belongs = holds(group.rule, host);
    if (belongs == before.contains(group.name)) continue;
    TRY((belongs ? put : drop).bind(1, group.name).bind(2, host_id).run());
  }
  return {};
}

/// Every host, in pieces: a group's rule is new.
Result<void> fill_by_rule(sql::Database& database, const std::string& name, const GroupRule& rule) {
  auto rows = TRY(database.prepare(kHosts));
  auto put = TRY(database.prepare(kPutMember));
  std::string last;
  for (bool more = true; more;) {
    std::vector<std::pair<std::string, GroupedHost>> hosts;
    {
      sql::ResetOnExit reset_on_exit(rows);
      rows.bind(1, last).bind(2, kHostsAtATime);
      while (TRY(rows.step())) hosts.emplace_back(rows.text(3), read_host(rows));
    }
    more = !hosts.empty();
    if (more) last = hosts.back().first;
    for (auto& [host_id, host] : hosts) {
      if (!rule.tags.empty()) host.tags = TRY(tags_of_host(database, host_id));
      if (holds(rule, host)) TRY(put.bind(1, name).bind(2, host_id).run());
    }
  }
  return {};
}

Result<void> fill_by_list(sql::Database& database, const std::string& name,
                          const std::vector<std::string>& hosts) {
  auto known = TRY(database.prepare("SELECT 1 FROM hosts WHERE host_id = ?1"));
  auto put = TRY(database.prepare(kPutMember));
  for (const std::string& host_id : hosts) {
    sql::ResetOnExit reset_on_exit(known);
    if (!TRY(known.bind(1, host_id).step())) {
      return fail("group.host", "put hosts into the group " + name, host_id + " has never reported");
    }
    TRY(put.bind(1, name).bind(2, host_id).run());
  }
  return {};
}

std::unexpected<Error> bad_group(std::string why) {
  return fail("group.schema", "read the group", std::move(why),
              R"(a group is {"description": …, "hosts": [...]} or {"description": …, "rule": {...}})");
}

Result<std::vector<std::string>> hosts_from(const Json& json) {
  if (!json.is_array()) return bad_group("its hosts are not a list");
  std::vector<std::string> hosts;
  for (const Json& each : json) {
    const bool id =
        each.is_string() && each.get_ref<const std::string&>().size() == 32 &&
        each.get_ref<const std::string&>().find_first_not_of("0123456789abcdef") == std::string::npos;
    if (!id) return bad_group("one of its hosts is not a host's id");
    hosts.push_back(each.get<std::string>());
  }
  return hosts;
}

}  // namespace

Result<NewGroup> parse_group(std::string_view text) {
  const Json json = TRY(parse_json(text, "a group"));
  if (!json.is_object()) return bad_group("it is not an object");
  NewGroup group;
  for (const auto& [name, value] : json.items()) {
    if (name == "description") {
      const bool good = value.is_string() && value.get_ref<const std::string&>().size() <= kMostDescription;
      if (!good) return bad_group("its description is not a text of 1024 bytes at most");
      group.description = as_utf8(value.get<std::string>());
    } else if (name == "rule") {
      group.rule = TRY(group_rule_from_json(value));
    } else if (name == "hosts") {
      group.hosts = TRY(hosts_from(value));
    } else {
      return bad_group("a member is none of description, hosts, rule");
    }
  }
  if (json.contains("rule") == json.contains("hosts"))
    return bad_group("it has not just one of hosts and rule");
  return group;
}

Result<std::vector<std::string>> tags_of_host(sql::Database& database, std::string_view host_id) {
  auto rows = TRY(database.prepare("SELECT tag FROM host_tags WHERE host_id = ?1 ORDER BY tag"));
  rows.bind(1, host_id);
  return texts(rows);
}

Result<void> set_tags(sql::Database& database, std::string_view host_id,
                      const std::vector<std::string>& tags) {
  TRY(database.hold(kTurn));
  TRY(TRY(database.prepare("DELETE FROM host_tags WHERE host_id = ?1")).bind(1, host_id).run());
  auto put = TRY(database.prepare("INSERT INTO host_tags (tag, host_id) VALUES (?1, ?2)"));
  for (const std::string& tag : tags) TRY(put.bind(1, tag).bind(2, host_id).run());
  return renew(database, TRY(ruled_groups(database)), host_id);
}

Result<std::vector<Group>> all_groups(sql::Database& database) {
  auto rows =
      TRY(database.prepare(std::string(kGroups) + " GROUP BY host_groups.name, description, rule, changed_at"
                                                  " ORDER BY host_groups.name"));
  return read_groups(rows);
}

Result<std::optional<Group>> find_group(sql::Database& database, std::string_view name) {
  auto rows = TRY(database.prepare(std::string(kGroups) +
                                   " WHERE host_groups.name = ?1"
                                   " GROUP BY host_groups.name, description, rule, changed_at"));
  rows.bind(1, name);
  auto groups = TRY(read_groups(rows));
  if (groups.empty()) return std::nullopt;
  return std::move(groups.front());
}

Result<void> put_group(sql::Database& database, std::string_view name, const NewGroup& group,
                       std::string_view now) {
  TRY(database.hold(kTurn));
  const bool known = TRY(find_group(database, name)).has_value();
  if (!known && TRY(database.integer("SELECT count(*) FROM host_groups")) >= kMostGroups) {
    return fail("group.too-many", "make a group", "there are " + std::to_string(kMostGroups) + " already");
  }
  auto put = TRY(database.prepare(R"sql(
    INSERT INTO host_groups (name, description, rule, changed_at) VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT (name) DO UPDATE SET description = excluded.description, rule = excluded.rule,
      changed_at = excluded.changed_at
  )sql"));
  const std::string rule = group.rule ? to_json(*group.rule).dump() : "";
  TRY(put.bind(1, name).bind(2, group.description).bind(3, rule).bind(4, now).run());
  TRY(TRY(database.prepare("DELETE FROM group_hosts WHERE name = ?1")).bind(1, name).run());
  const std::string text(name);
  return group.rule ? fill_by_rule(database, text, *group.rule) : fill_by_list(database, text, group.hosts);
}

Result<bool> remove_group(sql::Database& database, std::string_view name) {
  TRY(database.hold(kTurn));
  TRY(TRY(database.prepare("DELETE FROM host_groups WHERE name = ?1")).bind(1, name).run());
  return database.rows_changed() > 0;
}

Result<std::vector<std::string>> groups_of_host(sql::Database& database, std::string_view host_id) {
  auto rows = TRY(database.prepare("SELECT name FROM group_hosts WHERE host_id = ?1 ORDER BY name"));
  rows.bind(1, host_id);
  return texts(rows);
}

Result<void> regroup_host(sql::Database& database, std::string_view host_id) {
  TRY(database.hold(kTurn));
  const auto groups = TRY(ruled_groups(database));
  return groups.empty() ? Result<void>() : renew(database, groups, host_id);
}

Result<void> note_builds(sql::Database& database,
                         const std::vector<std::pair<std::string, std::string>>& builds) {
  TRY(database.hold(kTurn));
  auto find = TRY(database.prepare("SELECT distribution FROM builds WHERE build_id = ?1"));
  auto put = TRY(database.prepare(R"sql(
    INSERT INTO builds (build_id, distribution) VALUES (?1, ?2)
    ON CONFLICT (build_id) DO UPDATE SET distribution = excluded.distribution
  )sql"));
  auto hosts = TRY(database.prepare("SELECT host_id FROM host_facts WHERE build_id = ?1 ORDER BY host_id"));
  std::vector<RuledGroup> groups = TRY(ruled_groups(database));
  std::erase_if(groups, [](const RuledGroup& group) { return group.rule.distribution.empty(); });
  for (const auto& [build_id, distribution] : builds) {
    {
      sql::ResetOnExit reset_on_exit(find);
      if (TRY(find.bind(1, build_id).step()) && find.text(0) == distribution) continue;
    }
    TRY(put.bind(1, build_id).bind(2, distribution).run());
    if (groups.empty()) continue;
    std::vector<std::string> there;
    {
      sql::ResetOnExit reset_on_exit(hosts);
      hosts.bind(1, build_id);
      there = TRY(texts(hosts));
    }
    for (const std::string& host_id : there) TRY(renew(database, groups, host_id));
  }
  return {};
}

}  // namespace suture::server
