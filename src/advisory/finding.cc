// SPDX-License-Identifier: Apache-2.0
#include "advisory/finding.h"

namespace suture {

std::string_view name_of(Standing standing) {
  switch (standing) {
    case Standing::kAffected:
      return "affected";
    case Standing::kFixed:
      return "fixed";
    case Standing::kNotAffected:
      return "not_affected";
    case Standing::kUnderInvestigation:
      break;
  }
  return "under_investigation";
}

std::string_view name_of(Justification justification) {
  switch (justification) {
    case Justification::kComponentNotPresent:
      return "component_not_present";
    case Justification::kVulnerableCodeNotPresent:
      return "vulnerable_code_not_present";
    case Justification::kVulnerableCodeNotInExecutePath:
      return "vulnerable_code_not_in_execute_path";
    case Justification::kVulnerableCodeCannotBeControlled:
      return "vulnerable_code_cannot_be_controlled_by_adversary";
    case Justification::kInlineMitigationsAlreadyExist:
      return "inline_mitigations_already_exist";
    case Justification::kNone:
      break;
  }
  return {};
}

void take_build(Finding& finding, Patchable patchable) {
  const bool same_code = patchable.code == "build.nothing-changed";
  finding.patchable = std::move(patchable);
  if (!same_code || finding.standing == Standing::kFixed) return;
  finding.standing = Standing::kNotAffected;
  finding.justification = Justification::kVulnerableCodeNotPresent;
  finding.reason = "this kernel's code is the same with the fix and without it";
  finding.evidence.push_back({.kind = Evidence::Kind::kConfiguration,
                              .speaks_for = Standing::kNotAffected,
                              .text = finding.patchable->reason});
}

}  // namespace suture
