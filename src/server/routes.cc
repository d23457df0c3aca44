// SPDX-License-Identifier: Apache-2.0
#include "server/routes.h"

#include <array>

namespace suture::server {
namespace {

// A wait is open because its answer tells nothing that the repository's files do not, which are open, too.
constexpr std::array kRoutes{
    Route{"GET", "/healthz", Action::kHealth},
    Route{"GET", "/repository/PATH", Action::kRepositoryFile},
    Route{"GET", "/api/v1/wake", Action::kWait},
    Route{"POST", "/api/v1/wake", Action::kCall, Scope::kWake},
    Route{"POST", "/api/v1/reports", Action::kTakeReport, Scope::kReportsWrite},
    Route{"GET", "/api/v1/hosts", Action::kListHosts, Scope::kHostsRead},
    Route{"GET", "/api/v1/hosts/ID", Action::kShowHost, Scope::kHostsRead},
    Route{"GET", "/api/v1/hosts/ID/reports", Action::kListReports, Scope::kHostsRead},
    Route{"DELETE", "/api/v1/hosts/ID/key", Action::kForgetHostKey, Scope::kHostsWrite},
    Route{"GET", "/api/v1/summary", Action::kShowSummary, Scope::kHostsRead},
    Route{"GET", "/api/v1/tokens", Action::kListTokens, Scope::kTokensManage},
    Route{"POST", "/api/v1/tokens", Action::kAddToken, Scope::kTokensManage},
    Route{"DELETE", "/api/v1/tokens/ID", Action::kRevokeToken, Scope::kTokensManage},
    Route{"GET", "/api/v1/audit", Action::kShowAudit, Scope::kAuditRead},
};

/// Walks both segment by segment.
std::optional<std::string> matched(std::string_view pattern, std::string_view path) {
  std::string id;
  while (!pattern.empty() && !path.empty()) {
    pattern.remove_prefix(1);
    path.remove_prefix(1);
    const auto wanted = pattern.substr(0, pattern.find('/'));
    const auto given = path.substr(0, path.find('/'));
    if (wanted == "PATH") return id;
    if (wanted == "ID" && !given.empty()) {
      id = given;
    } else if (wanted != given) {
      return std::nullopt;
    }
    pattern.remove_prefix(wanted.size());
    path.remove_prefix(given.size());
  }
  if (!pattern.empty() || !path.empty()) return std::nullopt;
  return id;
}

}  // namespace

std::span<const Route> routes() {
  return kRoutes;
}

bool takes_head(const Route& route) {
  return route.method == "GET" && route.action != Action::kWait;
}

RouteMatch find_route(std::string_view method, std::string_view path) {
  RouteMatch match;
  const auto allow = [&](std::string_view name) {
    match.allowed.append(match.allowed.empty() ? "" : ", ").append(name);
  };
  for (const Route& route : kRoutes) {
    auto id = matched(route.path, path);
    if (!id) continue;
    if (route.method == method || (method == "HEAD" && takes_head(route))) {
      return {.route = &route, .id = *std::move(id)};
    }
    allow(route.method);
    if (takes_head(route)) allow("HEAD");
  }
  return match;
}

}  // namespace suture::server
