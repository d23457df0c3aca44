// SPDX-License-Identifier: Apache-2.0
#include "audit/steps.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "audit/cover.h"
#include "base/debian_version.h"
#include "base/rpm_version.h"

namespace suture {
namespace {

using Kind = AuditStep::Kind;

struct Candidate {
  AuditStep step{};
  std::vector<std::size_t> findings{};
};

using Key = std::tuple<Kind, std::size_t, std::string>;

std::string higher(PackageKind kind, const std::string& a, const std::string& b) {
  if (a.empty() || b.empty()) return a.empty() ? b : a;
  const auto order =
      kind == PackageKind::kDebian ? compare_debian_versions(a, b) : compare_rpm_versions(a, b);
  return order < 0 ? b : a;
}

std::string owner_text(const ProcessOwner& owner) {
  return owner.user.empty() ? owner.name : fmt::format("{} of user {}", owner.name, owner.user);
}

class Planner {
 public:
  Planner(const Audit& audit, const std::vector<PackageKind>& kinds) : audit_(audit), kinds_(kinds) {}

  std::vector<AuditStep> run() {
    for (std::size_t i = 0; i < audit_.findings.size(); ++i) {
      if (audit_.findings[i].judgement.standing == Standing::kAffected) place(i);
    }
    std::vector<Candidate> candidates;
    for (auto& [key, candidate] : candidates_) candidates.push_back(std::move(candidate));
    std::vector<std::vector<std::size_t>> sets;
    for (const Candidate& candidate : candidates) sets.push_back(candidate.findings);
    std::vector<AuditStep> steps;
    for (const Covered& covered : greedy_cover(sets, std::vector<std::size_t>(audit_.findings.size(), 1))) {
      steps.push_back(finished(candidates[covered.choice], covered));
    }
    return steps;
  }

 private:
  Candidate& candidate(Kind kind, std::size_t root, const std::string& subject) {
    Candidate& one = candidates_[{kind, root, subject}];
    one.step.kind = kind;
    one.step.root = root;
    one.step.subject = subject;
    return one;
  }

  void place(std::size_t index) {
    const SoftwareFinding& finding = audit_.findings[index];
    switch (finding.kind) {
      case SoftwareFinding::Kind::kPackage: {
        if (finding.judgement.fixed.empty()) return;
        Candidate& one = candidate(Kind::kUpdate, finding.root, finding.subject);
        one.step.version = higher(kinds_[finding.root], one.step.version, finding.judgement.fixed);
        one.findings.push_back(index);
        return;
      }
      // Whoever brought the copy has to bring a newer one.
      case SoftwareFinding::Kind::kCopy:
        candidate(Kind::kReplace, finding.root, finding.path).findings.push_back(index);
        return;
      case SoftwareFinding::Kind::kRunning:
        candidate(Kind::kRestart, finding.root, owner_text(finding.owner)).findings.push_back(index);
        return;
      case SoftwareFinding::Kind::kKernel:
        place_kernel(index);
        return;
    }
  }

  /// What the newest installed kernel closes, the next boot does; an update closes that as well.
  void place_kernel(std::size_t index) {
    const SoftwareFinding& finding = audit_.findings[index];
    if (finding.judgement.fixed.empty() || !audit_.kernel) return;
    Candidate& update = candidate(Kind::kUpdateKernel, finding.root, finding.subject);
    update.step.version = higher(kinds_[0], update.step.version, finding.judgement.fixed);
    update.findings.push_back(index);
    if (higher(kinds_[0], audit_.kernel->newest, finding.judgement.fixed) != audit_.kernel->newest) return;
    Candidate& reboot = candidate(Kind::kReboot, finding.root, finding.subject);
    reboot.step.version = audit_.kernel->newest;
    reboot.findings.push_back(index);
  }

  AuditStep finished(const Candidate& candidate, const Covered& covered) const {
    AuditStep step = candidate.step;
    step.closes = covered.newly;
    step.so_far = covered.total;
    for (const std::size_t index : candidate.findings) {
      const Urgency& urgency = audit_.findings[index].urgency;
      step.exploited += urgency.exploited ? 1 : 0;
      step.score = std::max(step.score, urgency.score);
    }
    const std::string where =
        step.root == 0 || step.root >= audit_.roots.size() ? "" : " in " + audit_.roots[step.root].name;
    switch (step.kind) {
      case Kind::kUpdate:
        step.how = fmt::format("update {} to {}{}", step.subject, step.version, where);
        break;
      case Kind::kReplace:
        step.how = replace_text(candidate, where);
        break;
      case Kind::kRestart:
        step.how = restart_text(candidate) + where;
        break;
      case Kind::kReboot:
        step.how = fmt::format("boot {} {}, which is installed", step.subject, step.version);
        break;
      case Kind::kUpdateKernel:
        step.how = fmt::format("update {} to {} and boot it, or patch it live", step.subject, step.version);
        break;
    }
    return step;
  }

  std::string replace_text(const Candidate& candidate, const std::string& where) const {
    const SoftwareFinding& finding = audit_.findings[candidate.findings.front()];
    const auto file = std::ranges::find_if(audit_.files, [&](const AuditedFile& one) {
      return one.file.root == finding.root && one.file.path == finding.path;
    });
    const std::string of = file == audit_.files.end() || file->package.empty() ? "" : " of " + file->package;
    return fmt::format("replace {}{}, which has {} {} in it{}{}", finding.path, of, finding.subject,
                       finding.version, finding.runs ? "" : " (on disk, not running)", where);
  }

  std::string restart_text(const Candidate& candidate) const {
    const SoftwareFinding& finding = audit_.findings[candidate.findings.front()];
    std::vector<std::int64_t> pids;
    for (const Restart& restart : audit_.restarts) {
      if (restart.root == finding.root && restart.owner == finding.owner)
        pids.insert(pids.end(), restart.pids.begin(), restart.pids.end());
    }
    return how_to_restart(finding.owner, pids);
  }

  const Audit& audit_;
  const std::vector<PackageKind>& kinds_;
  std::map<Key, Candidate> candidates_;
};

}  // namespace

std::vector<AuditStep> steps_of(const Audit& audit, const std::vector<PackageKind>& kinds) {
  return Planner(audit, kinds).run();
}

std::string how_to_restart(const ProcessOwner& owner, const std::vector<std::int64_t>& pids) {
  switch (owner.kind) {
    case ProcessOwner::Kind::kManager:
      return "systemctl daemon-reexec";
    case ProcessOwner::Kind::kService:
      return "systemctl restart " + owner.name;
    case ProcessOwner::Kind::kUserService:
      return fmt::format("systemctl --user --machine={}@ restart {}", owner.user, owner.name);
    case ProcessOwner::Kind::kSession:
      return fmt::format("user {} logs out ({})", owner.user, owner.name);
    case ProcessOwner::Kind::kContainer:
      return "restart the container " + owner.name;
    case ProcessOwner::Kind::kNone:
      break;
  }
  std::string text = "start anew:";
  for (const std::int64_t pid : pids) text += fmt::format(" {}", pid);
  return text;
}

}  // namespace suture
