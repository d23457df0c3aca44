// SPDX-License-Identifier: Apache-2.0
//
// Hosts page by page. One condition chooses the index that is walked in the order of the answer; the others
// are looked at host by host. So a page costs as much in a large fleet as in a small one, as long as the
// conditions together do not leave out most hosts of the first.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "database/database.h"
#include "patchset/report.h"

namespace suture::server {

struct HostRecord {
  std::string first_seen_at;  ///< RFC 3339 in UTC, by the server's clock
  std::string received_at;
  std::string report;          ///< JSON text of the last report
  bool authenticated = false;  ///< a key is known: the report was signed by it
};

/// Behind which host a page begins. By ids, `hostname` is empty.
struct HostPlace {
  std::string host_id{};
  std::string hostname{};
};

/// Empty conditions hold for all. Host ids rise from page to page; with `name_prefix`, host names do.
struct HostQuery {
  std::optional<HostState> state{};
  std::string cve{};  ///< only hosts whose running patchset closes it
  std::string tag{};
  std::string group{};
  std::string build_id{};
  std::string release{};
  std::string name_prefix{};
  HostPlace after{};
  std::uint32_t limit = 100;
};

template <class T>
struct Page {
  std::vector<T> items;
  bool more = false;
};

/// Reports come from many hands: a page stays small even when each of them is as long as a report may be.
inline constexpr std::size_t kPageBytes = 4u << 20;

/// Reads rows until the page is full; one row more than asked for tells whether another page follows.
template <class T, class Read>
Result<Page<T>> read_page(sql::Statement& statement, std::uint32_t limit, Read read) {
  Page<T> page;
  std::size_t bytes = 0;
  while (TRY(statement.step())) {
    if (page.items.size() == limit || bytes > kPageBytes) {
      page.more = true;
      break;
    }
    page.items.push_back(read(statement));
    bytes += page.items.back().report.size();
  }
  return page;
}

/// The columns of a HostRecord, from hosts and host_keys.
inline constexpr const char* kHostColumns =
    "hosts.first_seen_at, hosts.received_at, hosts.report, host_keys.key IS NOT NULL";
HostRecord read_host(const sql::Statement& row);

/// SQL and its values; for find_hosts() and for a test that looks at how it is carried out.
class Conditions;
Conditions host_conditions(const HostQuery& query);
/// Within a turn of the store.
Result<Page<HostRecord>> find_hosts(sql::Database& database, const HostQuery& query);

}  // namespace suture::server
