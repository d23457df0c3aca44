// SPDX-License-Identifier: Apache-2.0
#include "server/fleet/host_list.h"

#include <array>

#include "server/fleet/conditions.h"

namespace suture::server {
namespace {

/// Where a condition's hosts stand in the order of their ids.
struct Walk {
  const std::string HostQuery::*value;
  const char* table;
  const char* column;
};
// The one that most likely leaves the fewest hosts first.
constexpr std::array kWalks{
    Walk{&HostQuery::group, "group_hosts", "name"},     Walk{&HostQuery::tag, "host_tags", "tag"},
    Walk{&HostQuery::cve, "host_cves", "cve"},          Walk{&HostQuery::build_id, "host_facts", "build_id"},
    Walk{&HostQuery::release, "host_facts", "release"},
};

/// Behind the last letter of Unicode.
constexpr std::string_view kHighest = "\xf4\x8f\xbf\xbf";

/// Which of the conditions is walked; nothing: none of these.
const Walk* walk_of(const HostQuery& query) {
  for (const Walk& walk : kWalks) {
    if (!(query.*walk.value).empty()) return &walk;
  }
  return nullptr;
}

}  // namespace

HostRecord read_host(const sql::Statement& row) {
  return {row.text(0), row.text(1), row.text(2), row.number(3) != 0};
}

// CROSS JOIN keeps SQLite from beginning with another table than the one that has the order.
Conditions host_conditions(const HostQuery& query) {
  Conditions all;
  const bool by_name = !query.name_prefix.empty();
  const Walk* walk = by_name ? nullptr : walk_of(query);
  const std::string table = by_name ? "host_facts" : walk != nullptr ? walk->table : "hosts";
  const std::string from = table == "hosts" ? table : table + " walked CROSS JOIN hosts";
  const std::string id = table == "hosts" ? "hosts.host_id" : "walked.host_id";
  all.append(std::string("SELECT ") + kHostColumns + " FROM " + from +
             " LEFT JOIN host_keys ON host_keys.host_id = hosts.host_id");
  if (by_name) {
    const std::string& begin = query.after.host_id.empty() ? query.name_prefix : query.after.hostname;
    all.add("(walked.hostname, walked.host_id) > (?, ?)", {begin, query.after.host_id});
    all.add("walked.hostname < ?", {query.name_prefix + std::string(kHighest)});
  } else {
    if (walk != nullptr) all.add(std::string("walked.") + walk->column + " = ?", {query.*walk->value});
    if (walk == nullptr && query.state) all.add("hosts.state = ?", {std::string(name_of(*query.state))});
    all.add(id + " > ?", {query.after.host_id});
  }
  if (table != "hosts") {
    all.add("hosts.host_id = walked.host_id", {});
    if (query.state) all.add("hosts.state = ?", {std::string(name_of(*query.state))});
  }
  for (const Walk& other : kWalks) {
    if (&other == walk || (query.*other.value).empty()) continue;
    all.add(std::string("EXISTS (SELECT 1 FROM ") + other.table + " other WHERE other." + other.column +
                " = ? AND other.host_id = " + id + ")",
            {query.*other.value});
  }
  all.append(" ORDER BY " + std::string(by_name ? "walked.hostname, " : "") + id + " LIMIT ?",
             {std::int64_t{query.limit} + 1});
  return all;
}

Result<Page<HostRecord>> find_hosts(sql::Database& database, const HostQuery& query) {
  const Conditions conditions = host_conditions(query);
  auto rows = TRY(database.prepare(conditions.sql()));
  conditions.bind(rows);
  return read_page<HostRecord>(rows, query.limit, read_host);
}

}  // namespace suture::server
