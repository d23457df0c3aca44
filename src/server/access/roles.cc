// SPDX-License-Identifier: Apache-2.0
#include "server/access/roles.h"

#include <algorithm>

namespace suture::server {
namespace {

template <class Names>
std::string list_of(const Names& names) {
  std::string list;
  for (const auto each : names) list.append(list.empty() ? "" : ", ").append(name_of(each));
  return list;
}

}  // namespace

std::string_view name_of(Role role) {
  switch (role) {
    case Role::kViewer:
      return "viewer";
    case Role::kOperator:
      return "operator";
    case Role::kApprover:
      return "approver";
    case Role::kAdmin:
      return "admin";
  }
  return "";
}

std::string_view name_of(Scope scope) {
  switch (scope) {
    case Scope::kHostsRead:
      return "hosts:read";
    case Scope::kRolloutsRead:
      return "rollouts:read";
    case Scope::kReportsWrite:
      return "reports:write";
    case Scope::kWake:
      return "wake";
    case Scope::kHostsWrite:
      return "hosts:write";
    case Scope::kRolloutsWrite:
      return "rollouts:write";
    case Scope::kRolloutsApprove:
      return "rollouts:approve";
    case Scope::kTokensManage:
      return "tokens:manage";
    case Scope::kUsersManage:
      return "users:manage";
    case Scope::kAuditRead:
      return "audit:read";
    case Scope::kMetricsRead:
      return "metrics:read";
    case Scope::kNotificationsManage:
      return "notifications:manage";
  }
  return "";
}

Role least_role(Scope scope) {
  switch (scope) {
    case Scope::kHostsRead:
    case Scope::kMetricsRead:
    case Scope::kRolloutsRead:
      return Role::kViewer;
    // Whoever writes reports decides what the fleet looks like to everybody else.
    case Scope::kReportsWrite:
    case Scope::kWake:
    case Scope::kHostsWrite:
    case Scope::kRolloutsWrite:
      return Role::kOperator;
    case Scope::kRolloutsApprove:
      return Role::kApprover;
    case Scope::kTokensManage:
    case Scope::kUsersManage:
    case Scope::kAuditRead:
    case Scope::kNotificationsManage:
      return Role::kAdmin;
  }
  return Role::kAdmin;
}

Result<Role> role_from_name(std::string_view name) {
  for (const Role role : kRoles) {
    if (name_of(role) == name) return role;
  }
  return fail("token.role", "read a role", "it is none of: " + list_of(kRoles));
}

Result<Scope> scope_from_name(std::string_view name) {
  for (const Scope scope : kScopes) {
    if (name_of(scope) == name) return scope;
  }
  return fail("token.scopes", "read a scope", "it is none of: " + list_of(kScopes));
}

std::string scopes_text(const Scopes& scopes) {
  std::string text;
  if (!scopes) return text;
  for (const Scope scope : *scopes) text.append(text.empty() ? "" : " ").append(name_of(scope));
  return text;
}

Scopes scopes_from_text(std::string_view text) {
  if (text.empty()) return std::nullopt;
  Scopes scopes(std::in_place);
  while (!text.empty()) {
    const auto word = text.substr(0, text.find(' '));
    if (const auto scope = scope_from_name(word)) scopes->push_back(*scope);
    text.remove_prefix(std::min(text.size(), word.size() + 1));
  }
  return scopes;
}

bool allows(Role role, const Scopes& scopes, Scope wanted) {
  if (role < least_role(wanted)) return false;
  return !scopes || std::ranges::find(*scopes, wanted) != scopes->end();
}

std::optional<Scope> beyond(const std::optional<Rights>& maker, const Rights& wanted) {
  for (const Scope scope : kScopes) {
    if (!allows(wanted.role, wanted.scopes, scope)) continue;
    if (!maker || !allows(maker->role, maker->scopes, scope)) return scope;
  }
  return std::nullopt;
}

}  // namespace suture::server
