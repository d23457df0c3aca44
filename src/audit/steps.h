// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "audit/audit.h"

namespace suture {

/// What removes findings, in the order in which it removes most (cover.h). Findings without any step stay: no
/// fixed version is known, or it is not certain that they are there. `kinds`: of the packages in each root.
std::vector<AuditStep> steps_of(const Audit& audit, const std::vector<PackageKind>& kinds);

/// What a person does to have it run the new code: "systemctl restart nginx.service".
std::string how_to_restart(const ProcessOwner& owner, const std::vector<std::int64_t>& pids);

}  // namespace suture
