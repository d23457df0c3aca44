// SPDX-License-Identifier: Apache-2.0
#include "server/fleet/exposure.h"

#include <algorithm>
#include <array>

namespace suture::server {
namespace {

constexpr std::array kStatuses{CveStatus::kOpen,   CveStatus::kAffected, CveStatus::kUnderInvestigation,
                               CveStatus::kClosed, CveStatus::kFixed,    CveStatus::kNotAffected,
                               CveStatus::kUnknown};

const KernelVerdicts* verdicts_of(const Knowledge& knowledge, const HostKind& kind) {
  const auto found = knowledge.verdicts.find(kind.build_id);
  return found == knowledge.verdicts.end() ? nullptr : &found->second;
}

bool is_unpatchable(const HostKind& kind) {
  return kind.silent || kind.state == HostState::kUnsupported;
}

/// Whether it is known what the host's level closes.
bool is_known_level(const OfferedTarget* target, std::uint32_t level) {
  return level == 0 || (target != nullptr && target->closed.contains(level));
}

bool closes(const OfferedTarget* target, std::uint32_t level, const std::string& cve) {
  if (target == nullptr || level == 0) return false;
  const auto found = target->closed.find(level);
  return found != target->closed.end() && found->second.contains(cve);
}

CveAnswer answer_of(const KernelVerdict& verdict) {
  CveAnswer answer{.why = verdict.why, .justification = verdict.justification};
  switch (verdict.standing) {
    case Standing::kAffected:
      answer.status = CveStatus::kAffected;
      break;
    case Standing::kFixed:
      answer.status = CveStatus::kFixed;
      break;
    case Standing::kNotAffected:
      answer.status = CveStatus::kNotAffected;
      break;
    case Standing::kUnderInvestigation:
      answer.status = CveStatus::kUnderInvestigation;
      break;
  }
  return answer;
}

/// For a host that is heard of.
std::optional<CveAnswer> judge(const OfferedTarget* target, const KernelVerdicts* verdicts,
                               const HostKind& kind, const std::string& cve) {
  const CveFix* fix = nullptr;
  if (target != nullptr) {
    if (const auto found = target->cves.find(cve); found != target->cves.end()) fix = &found->second;
  }
  const KernelVerdict* verdict = nullptr;
  if (verdicts != nullptr) {
    if (const auto found = verdicts->find(cve); found != verdicts->end()) verdict = &found->second;
  }
  if (fix == nullptr && verdict == nullptr) return std::nullopt;
  const std::uint32_t level = fix == nullptr ? 0 : fix->level;
  // Whoever built a level for this kernel has looked closer than any verdict.
  if (fix != nullptr && fix->fixed) return CveAnswer{.status = CveStatus::kFixed};
  if (fix != nullptr && fix->unaffected) return CveAnswer{.status = CveStatus::kNotAffected};
  if (closes(target, kind.level, cve)) return CveAnswer{.status = CveStatus::kClosed, .level = level};
  if (level != 0) return CveAnswer{.status = CveStatus::kOpen, .level = level};
  if (verdict != nullptr) return answer_of(*verdict);
  // The only levels that closed it were withdrawn.
  return CveAnswer{.status = CveStatus::kAffected, .why = "the level that closed it was withdrawn"};
}

}  // namespace

std::string_view name_of(Exposure exposure) {
  switch (exposure) {
    case Exposure::kSafe:
      return "safe";
    case Exposure::kExposed:
      return "exposed";
    case Exposure::kUnknown:
      return "unknown";
  }
  return "";
}

std::string_view name_of(CveStatus status) {
  switch (status) {
    case CveStatus::kOpen:
      return "open";
    case CveStatus::kAffected:
      return "affected";
    case CveStatus::kUnderInvestigation:
      return "under_investigation";
    case CveStatus::kClosed:
      return "closed";
    case CveStatus::kFixed:
      return "fixed";
    case CveStatus::kNotAffected:
      return "not_affected";
    case CveStatus::kUnknown:
      return "unknown";
  }
  return "";
}

Result<CveStatus> cve_status_from_name(std::string_view name) {
  for (const CveStatus status : kStatuses) {
    if (name == name_of(status)) return status;
  }
  return fail("request.parameter", "read the parameter \"status\"",
              "it is none of open, affected, under_investigation, closed, fixed, not_affected, unknown");
}

std::optional<CveAnswer> status_of(const Knowledge& knowledge, const HostKind& kind, const std::string& cve) {
  const OfferedTarget* target = knowledge.targets.find(kind.build_id, kind.channel);
  auto answer = judge(target, verdicts_of(knowledge, kind), kind, cve);
  if (!answer) return std::nullopt;
  const bool settled = answer->status == CveStatus::kFixed || answer->status == CveStatus::kNotAffected;
  if (!settled && (is_unpatchable(kind) || !is_known_level(target, kind.level))) {
    answer->status = CveStatus::kUnknown;
  }
  return answer;
}

Exposure exposure_of(const Knowledge& knowledge, const HostKind& kind) {
  if (is_unpatchable(kind)) return Exposure::kUnknown;
  const OfferedTarget* target = knowledge.targets.find(kind.build_id, kind.channel);
  const KernelVerdicts* verdicts = verdicts_of(knowledge, kind);
  if (!is_known_level(target, kind.level)) return Exposure::kUnknown;
  const auto is_open = [&](const std::string& cve) {
    const auto answer = judge(target, verdicts, kind, cve);
    return answer && (answer->status == CveStatus::kOpen || answer->status == CveStatus::kAffected);
  };
  if (std::ranges::any_of(holes_of(knowledge, kind), is_open)) return Exposure::kExposed;
  return target == nullptr ? Exposure::kUnknown : Exposure::kSafe;
}

void find_holes(Knowledge& knowledge) {
  std::set<TargetKey> keys;
  for (const auto& [key, target] : knowledge.targets.offered) keys.insert(key);
  for (const auto& [build_id, verdicts] : knowledge.verdicts) keys.insert({build_id, ""});
  knowledge.holes.clear();
  for (const TargetKey& key : keys) {
    const HostKind booted{.build_id = key.first, .channel = key.second};
    std::vector<std::string>& holes = knowledge.holes[key];
    for (std::string& cve : cves_of(knowledge, booted)) {
      const CveStatus status = status_of(knowledge, booted, cve)->status;
      if (status != CveStatus::kFixed && status != CveStatus::kNotAffected) holes.push_back(std::move(cve));
    }
  }
}

const std::vector<std::string>& holes_of(const Knowledge& knowledge, const HostKind& kind) {
  static const std::vector<std::string> kNone;
  auto found = knowledge.holes.find({kind.build_id, kind.channel});
  if (found == knowledge.holes.end()) found = knowledge.holes.find({kind.build_id, ""});
  return found == knowledge.holes.end() ? kNone : found->second;
}

std::vector<std::string> cves_of(const Knowledge& knowledge, const HostKind& kind) {
  std::set<std::string> names;
  if (const OfferedTarget* target = knowledge.targets.find(kind.build_id, kind.channel)) {
    for (const auto& [cve, fix] : target->cves) names.insert(cve);
  }
  if (const KernelVerdicts* verdicts = verdicts_of(knowledge, kind)) {
    for (const auto& [cve, verdict] : *verdicts) names.insert(cve);
  }
  return {names.begin(), names.end()};
}

}  // namespace suture::server
