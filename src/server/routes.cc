// SPDX-License-Identifier: Apache-2.0
#include "server/routes.h"

#include <array>

#include "server/access/access_api.h"
#include "server/access/oidc_api.h"
#include "server/access/session_api.h"
#include "server/access/totp_api.h"
#include "server/access/user_api.h"
#include "server/fleet/cve_api.h"
#include "server/fleet/event_api.h"
#include "server/fleet/group_api.h"
#include "server/fleet/host_api.h"
#include "server/fleet/host_key_api.h"
#include "server/fleet/report_api.h"
#include "server/fleet/target_api.h"
#include "server/fleet/wake_api.h"
#include "server/health_api.h"
#include "server/notify/metrics_api.h"
#include "server/notify/receiver_api.h"
#include "server/openapi_api.h"
#include "server/page/page.h"
#include "server/rollout/policy_api.h"
#include "server/rollout/rollout_api.h"

namespace suture::server {
namespace {

/// The wire serves the repository's files; without one, nothing is there.
Response serve_no_repository(const Call&) {
  return no_path();
}

// A wait is open because its answer tells nothing that the repository's files do not, which are open, too.
constexpr std::array kRoutes{
    Route{"GET", "/", serve_page},
    Route{"GET", "/assets/PATH", serve_page},
    Route{"GET", "/healthz", show_health},
    Route{"GET", "/repository/PATH", serve_no_repository},
    Route{"GET", "/metrics", show_metrics, Scope::kMetricsRead},
    Route{"GET", "/api/v1/openapi.json", show_openapi},
    Route{"GET", "/api/v1/wake", show_word},
    Route{"POST", "/api/v1/wake", call_all, Scope::kWake},
    Route{"POST", "/api/v1/reports", take_report, Scope::kReportsWrite},
    Route{"GET", "/api/v1/hosts", list_hosts, Scope::kHostsRead},
    Route{"GET", "/api/v1/hosts/ID", show_host, Scope::kHostsRead},
    Route{"GET", "/api/v1/hosts/ID/reports", list_reports, Scope::kHostsRead},
    Route{"DELETE", "/api/v1/hosts/ID", remove_host, Scope::kHostsWrite},
    Route{"GET", "/api/v1/hosts/ID/advisories", list_advisories, Scope::kHostsRead},
    Route{"PUT", "/api/v1/hosts/ID/tags", put_tags, Scope::kHostsWrite},
    Route{"DELETE", "/api/v1/hosts/ID/key", forget_host_key, Scope::kHostsWrite},
    Route{"GET", "/api/v1/groups", list_groups, Scope::kHostsRead},
    Route{"GET", "/api/v1/groups/ID", show_group, Scope::kHostsRead},
    Route{"PUT", "/api/v1/groups/ID", put_group, Scope::kHostsWrite},
    Route{"DELETE", "/api/v1/groups/ID", remove_group, Scope::kHostsWrite},
    Route{"GET", "/api/v1/summary", show_summary, Scope::kHostsRead},
    Route{"GET", "/api/v1/targets", list_targets, Scope::kHostsRead},
    Route{"GET", "/api/v1/targets/ID", show_target, Scope::kHostsRead},
    Route{"GET", "/api/v1/patchsets", list_patchsets, Scope::kHostsRead},
    Route{"GET", "/api/v1/cves", list_cves, Scope::kHostsRead},
    Route{"GET", "/api/v1/cves/ID", show_cve, Scope::kHostsRead},
    Route{"GET", "/api/v1/history", show_history, Scope::kHostsRead},
    Route{"GET", "/api/v1/events", list_events, Scope::kHostsRead},
    Route{"GET", "/api/v1/hosts/ID/explain", explain_host, Scope::kRolloutsRead},
    Route{"GET", "/api/v1/rollouts", list_rollouts, Scope::kRolloutsRead},
    Route{"POST", "/api/v1/rollouts", start_rollout, Scope::kRolloutsWrite},
    Route{"GET", "/api/v1/rollouts/ID", show_rollout, Scope::kRolloutsRead},
    Route{"POST", "/api/v1/rollouts/ID/approve", approve_rollout, Scope::kRolloutsApprove},
    Route{"POST", "/api/v1/rollouts/ID/halt", halt_rollout, Scope::kRolloutsWrite},
    Route{"POST", "/api/v1/rollouts/ID/resume", resume_rollout, Scope::kRolloutsWrite},
    Route{"POST", "/api/v1/rollouts/ID/revert", revert_rollout, Scope::kRolloutsWrite},
    Route{"POST", "/api/v1/rollouts/ID/cancel", cancel_rollout, Scope::kRolloutsWrite},
    Route{"POST", "/api/v1/rollouts/ID/urgent", hurry_rollout, Scope::kRolloutsWrite},
    Route{"GET", "/api/v1/rollout-policies", list_policies, Scope::kRolloutsRead},
    Route{"GET", "/api/v1/rollout-policies/ID", show_policy, Scope::kRolloutsRead},
    Route{"PUT", "/api/v1/rollout-policies/ID", put_policy, Scope::kRolloutsWrite},
    Route{"DELETE", "/api/v1/rollout-policies/ID", remove_policy, Scope::kRolloutsWrite},
    Route{"GET", "/api/v1/tokens", list_tokens, Scope::kTokensManage},
    Route{"POST", "/api/v1/tokens", add_token, Scope::kTokensManage},
    Route{"DELETE", "/api/v1/tokens/ID", revoke_token, Scope::kTokensManage},
    Route{"GET", "/api/v1/users", list_users, Scope::kUsersManage},
    Route{"POST", "/api/v1/users", add_user, Scope::kUsersManage, Route::kSlow},
    Route{"PATCH", "/api/v1/users/ID", change_user, Scope::kUsersManage, Route::kSlow},
    Route{"DELETE", "/api/v1/users/ID", remove_user, Scope::kUsersManage},
    Route{"DELETE", "/api/v1/users/ID/sessions", end_sessions_of_user, Scope::kUsersManage},
    Route{"GET", "/api/v1/login-ways", show_login_ways},
    Route{"GET", "/api/v1/oidc/login", begin_sign_on, {}, Route::kSlow},
    Route{"GET", "/api/v1/oidc/callback", finish_sign_on, {}, Route::kSlow},
    Route{"POST", "/api/v1/session", log_in, {}, Route::kSlow},
    Route{"GET", "/api/v1/session", show_session, {}, Route::kOfSession},
    Route{"DELETE", "/api/v1/session", log_out, {}, Route::kOfSession},
    Route{"POST", "/api/v1/session/password", change_own_password, {}, Route::kOfSession | Route::kSlow},
    Route{"POST", "/api/v1/session/totp", offer_totp, {}, Route::kOfSession | Route::kSlow},
    Route{"PUT", "/api/v1/session/totp", confirm_totp, {}, Route::kOfSession},
    Route{"DELETE", "/api/v1/session/totp", drop_totp, {}, Route::kOfSession | Route::kSlow},
    Route{"GET", "/api/v1/audit", show_audit, Scope::kAuditRead},
    Route{"GET", "/api/v1/notifications", list_receivers, Scope::kNotificationsManage},
    Route{"POST", "/api/v1/notifications", add_receiver, Scope::kNotificationsManage},
    Route{"GET", "/api/v1/notifications/ID", show_receiver, Scope::kNotificationsManage},
    Route{"DELETE", "/api/v1/notifications/ID", remove_receiver, Scope::kNotificationsManage},
    Route{"POST", "/api/v1/notifications/ID/test", test_receiver, Scope::kNotificationsManage},
    Route{"GET", "/api/v1/notifications/ID/messages", list_messages, Scope::kNotificationsManage},
    Route{"POST", "/api/v1/notifications/ID/retry", retry_messages, Scope::kNotificationsManage},
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
  return route.method == "GET" && route.handler != show_word;
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
