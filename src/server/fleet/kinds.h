// SPDX-License-Identifier: Apache-2.0
//
// The fleet counted by what decides about a host (exposure.h), and the hosts of some kinds page by page. Both
// walk one index. Within a turn of the store.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "database/database.h"
#include "server/fleet/exposure.h"

namespace suture::server {

struct CountedKind {
  HostKind kind{};
  std::int64_t hosts = 0;
};

/// In the order of build-id, channel, level, state and silence.
Result<std::vector<CountedKind>> count_kinds(sql::Database& database);
/// Only hosts of this group.
Result<std::vector<CountedKind>> count_kinds(sql::Database& database, const std::string& group);
/// Only hosts with this kernel.
Result<std::vector<CountedKind>> count_kinds_of_build(sql::Database& database, const std::string& build_id);
/// Nothing when the host is not known.
Result<std::optional<HostKind>> kind_of_host(sql::Database& database, const std::string& host_id);

struct KindHost {
  HostKind kind{};
  std::string host_id{};
  std::string hostname{};
  std::string release{};
};

struct KindPage {
  std::vector<KindHost> items{};
  std::string next{};  ///< what the next page begins behind; empty: there is none
};

/// `kinds` in the order of count_kinds(). `after` is empty, or what a page before gave: "request.parameter"
/// for anything else. Kinds may have come and gone in between.
Result<KindPage> hosts_of_kinds(sql::Database& database, const std::vector<HostKind>& kinds,
                                const std::string& after, std::uint32_t limit);

/// Of safe, exposed and unknown hosts, in this order.
using ExposureCounts = std::array<std::int64_t, 3>;
ExposureCounts count_exposures(const Knowledge& knowledge, const std::vector<CountedKind>& kinds);

}  // namespace suture::server
