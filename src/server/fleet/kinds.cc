// SPDX-License-Identifier: Apache-2.0
#include "server/fleet/kinds.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <tuple>

namespace suture::server {
namespace {

constexpr const char* kColumns = "SELECT build_id, channel, level, state, silent, count(*) FROM ";
constexpr const char* kGrouped =
    " GROUP BY build_id, channel, level, state, silent ORDER BY build_id, channel, level, state, silent";
constexpr const char* kHosts = R"sql(
  SELECT host_id, hostname, release FROM host_facts
  WHERE build_id = ?1 AND channel = ?2 AND level = ?3 AND state = ?4 AND silent = ?5 AND host_id > ?6
  ORDER BY host_id LIMIT ?7
)sql";

HostKind read_kind(const sql::Statement& row) {
  return {.build_id = row.text(0),
          .channel = row.text(1),
          .level = static_cast<std::uint32_t>(row.number(2)),
          .state = host_state_from_name(row.text(3)).value_or(HostState::kUnsupported),
          .silent = row.number(4) != 0};
}

Result<std::vector<CountedKind>> read_kinds(sql::Statement& rows) {
  std::vector<CountedKind> kinds;
  while (TRY(rows.step())) kinds.push_back({read_kind(rows), rows.number(5)});
  return kinds;
}

auto order_of(const HostKind& kind) {
  return std::tuple(std::string_view(kind.build_id), std::string_view(kind.channel), kind.level,
                    name_of(kind.state), kind.silent);
}

struct Place {
  HostKind kind{};
  std::string host_id{};
};

// The channel is what a host says, so it comes last: it may hold whatever divides the others.
std::string text_of(const Place& place) {
  return fmt::format("{}.{}.{}.{:d}.{}.{}", place.kind.build_id, place.kind.level, name_of(place.kind.state),
                     place.kind.silent, place.host_id, place.kind.channel);
}

Result<Place> place_of(std::string_view text) {
  const auto wrong = fail("request.parameter", "read the parameter \"after\"",
                          "it is not what the last answer to this question gave as next");
  std::array<std::string_view, 5> words{};
  for (auto& word : words) {
    const auto dot = text.find('.');
    if (dot == std::string_view::npos) return wrong;
    word = text.substr(0, dot);
    text.remove_prefix(dot + 1);
  }
  Place place{.kind = {.build_id = std::string(words[0]), .channel = std::string(text)},
              .host_id = std::string(words[4])};
  const auto [end, problem] =
      std::from_chars(words[1].data(), words[1].data() + words[1].size(), place.kind.level);
  const auto state = host_state_from_name(words[2]);
  if (problem != std::errc{} || end != words[1].data() + words[1].size() || !state) return wrong;
  if (words[3] != "0" && words[3] != "1") return wrong;
  place.kind.state = *state;
  place.kind.silent = words[3] == "1";
  return place;
}

}  // namespace

Result<std::vector<CountedKind>> count_kinds(sql::Database& database) {
  auto rows = TRY(database.prepare(std::string(kColumns) + "host_facts" + kGrouped));
  return read_kinds(rows);
}

Result<std::vector<CountedKind>> count_kinds(sql::Database& database, const std::string& group) {
  auto rows =
      TRY(database.prepare(std::string(kColumns) +
                           "group_hosts CROSS JOIN host_facts"
                           " WHERE group_hosts.name = ?1 AND host_facts.host_id = group_hosts.host_id" +
                           kGrouped));
  rows.bind(1, group);
  return read_kinds(rows);
}

Result<std::vector<CountedKind>> count_kinds_of_build(sql::Database& database, const std::string& build_id) {
  auto rows = TRY(database.prepare(std::string(kColumns) + "host_facts WHERE build_id = ?1" + kGrouped));
  rows.bind(1, build_id);
  return read_kinds(rows);
}

Result<std::optional<HostKind>> kind_of_host(sql::Database& database, const std::string& host_id) {
  auto row = TRY(
      database.prepare("SELECT build_id, channel, level, state, silent FROM host_facts WHERE host_id = ?1"));
  if (!TRY(row.bind(1, host_id).step())) return std::nullopt;
  return read_kind(row);
}

Result<KindPage> hosts_of_kinds(sql::Database& database, const std::vector<HostKind>& kinds,
                                const std::string& after, std::uint32_t limit) {
  const Place begin = after.empty() ? Place{} : TRY(place_of(after));
  auto rows = TRY(database.prepare(kHosts));
  KindPage page;
  for (const HostKind& kind : kinds) {
    if (!after.empty() && order_of(kind) < order_of(begin.kind)) continue;
    sql::ResetOnExit reset_on_exit(rows);
    rows.bind(1, kind.build_id)
        .bind(2, kind.channel)
        .bind(3, kind.level)
        .bind(4, name_of(kind.state))
        .bind(5, kind.silent ? 1 : 0)
        .bind(6, !after.empty() && kind == begin.kind ? begin.host_id : std::string_view())
        .bind(7, std::int64_t{limit} + 1);
    while (TRY(rows.step())) {
      if (page.items.size() == limit) {
        page.next = text_of({page.items.back().kind, page.items.back().host_id});
        return page;
      }
      page.items.push_back({kind, rows.text(0), rows.text(1), rows.text(2)});
    }
  }
  return page;
}

ExposureCounts count_exposures(const Knowledge& knowledge, const std::vector<CountedKind>& kinds) {
  ExposureCounts counts{};
  for (const CountedKind& each : kinds) {
    counts.at(static_cast<std::size_t>(exposure_of(knowledge, each.kind))) += each.hosts;
  }
  return counts;
}

}  // namespace suture::server
