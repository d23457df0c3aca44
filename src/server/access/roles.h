// SPDX-License-Identifier: Apache-2.0
//
// Who may do what, in words: a role says how far somebody is trusted, a scope names one thing to be done. A
// scope belongs to a least role; a token may be limited to some of the scopes of its role, never given more.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace suture::server {

/// Each may do what those before it may.
enum class Role { kViewer, kOperator, kApprover, kAdmin };

enum class Scope {
  kHostsRead,
  kRolloutsRead,
  kReportsWrite,
  kWake,
  kHostsWrite,
  kRolloutsWrite,
  kRolloutsApprove,
  kTokensManage,
  kUsersManage,
  kAuditRead,
  kMetricsRead,
  kNotificationsManage,
};

inline constexpr std::array kRoles{Role::kViewer, Role::kOperator, Role::kApprover, Role::kAdmin};
inline constexpr std::array kScopes{
    Scope::kHostsRead,   Scope::kRolloutsRead,  Scope::kReportsWrite,    Scope::kWake,
    Scope::kHostsWrite,  Scope::kRolloutsWrite, Scope::kRolloutsApprove, Scope::kTokensManage,
    Scope::kUsersManage, Scope::kAuditRead,     Scope::kMetricsRead,     Scope::kNotificationsManage};

std::string_view name_of(Role role);
std::string_view name_of(Scope scope);  ///< "hosts:read"
Role least_role(Scope scope);

/// "token.role", "token.scopes"; both say which there are.
Result<Role> role_from_name(std::string_view name);
Result<Scope> scope_from_name(std::string_view name);

/// Nothing: all that the role may.
using Scopes = std::optional<std::vector<Scope>>;

/// One space between two; empty for no limit.
std::string scopes_text(const Scopes& scopes);
/// The other way round; a scope that this program does not know allows nothing.
Scopes scopes_from_text(std::string_view text);

bool allows(Role role, const Scopes& scopes, Scope wanted);

struct Rights {
  Role role = Role::kViewer;
  Scopes scopes{};
};
/// The first scope of what is to be handed on that its maker does not have: nobody hands on more than they
/// hold. A maker without rights holds none.
std::optional<Scope> beyond(const std::optional<Rights>& maker, const Rights& wanted);

}  // namespace suture::server
