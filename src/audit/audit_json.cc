// SPDX-License-Identifier: Apache-2.0
#include "audit/audit_json.h"

#include <algorithm>

#include "audit/steps.h"
#include "base/json.h"

namespace suture {
namespace {

Json text_or_null(const std::string& text) {
  return text.empty() ? Json() : Json(text);
}

Json to_json(const ProcessOwner& owner) {
  return {
      {"kind", name_of(owner.kind)}, {"name", text_or_null(owner.name)}, {"user", text_or_null(owner.user)}};
}

Json to_json(const AuditedRoot& root) {
  return {{"name", root.name},
          {"distribution", text_or_null(root.distribution.name)},
          {"packages", root.packages},
          {"problem", text_or_null(root.problem)}};
}

Json to_json(const AuditStep& step) {
  return {{"action", name_of(step.kind)},
          {"root", step.root},
          {"subject", step.subject},
          {"version", text_or_null(step.version)},
          {"how", step.how},
          {"closes", step.closes},
          {"so_far", step.so_far},
          {"exploited", step.exploited},
          {"score", step.score}};
}

Json to_json(const Restart& restart) {
  return {{"owner", to_json(restart.owner)},
          {"root", restart.root},
          {"pids", restart.pids},
          {"names", restart.names},
          {"outdated", restart.outdated},
          {"closes", restart.closes},
          {"how", how_to_restart(restart.owner, restart.pids)}};
}

Json to_json(const SoftwareFinding& finding) {
  const bool running = finding.kind == SoftwareFinding::Kind::kRunning;
  return {{"cve", finding.cve},
          {"kind", name_of(finding.kind)},
          {"root", finding.root},
          {"subject", finding.subject},
          {"version", finding.version},
          {"path", text_or_null(finding.path)},
          {"runs", finding.runs},
          {"standing", name_of(finding.judgement.standing)},
          {"fixed", text_or_null(finding.judgement.fixed)},
          {"reason", finding.judgement.reason},
          {"by", finding.judgement.by},
          {"score", finding.urgency.score},
          {"epss", finding.urgency.epss},
          {"exploited", finding.urgency.exploited},
          {"owner", running ? to_json(finding.owner) : Json()}};
}

Json to_json(const AuditedFile& file) {
  Json libraries = Json::array();
  for (const EmbeddedLibrary& one : file.file.embedded) {
    libraries.push_back(
        {{"library", one.library}, {"version", text_or_null(one.version)}, {"seen", one.seen}});
  }
  return {{"root", file.file.root},
          {"path", file.file.path},
          {"state", name_of(file.file.state)},
          {"package", text_or_null(file.package)},
          {"build_id", text_or_null(file.file.build_id)},
          {"current_build_id", text_or_null(file.file.current_build_id)},
          {"libraries", std::move(libraries)},
          {"same_as", text_or_null(file.same_as)},
          {"processes", file.file.processes.size()}};
}

Json to_json(const AuditedKernel& kernel) {
  return {{"release", kernel.state.release},
          {"package", kernel.package},
          {"version", text_or_null(kernel.state.package_version)},
          {"effective_version", text_or_null(kernel.state.effective_version)},
          {"newest_installed", text_or_null(kernel.newest)},
          {"closed_live", kernel.closed_live},
          {"closed_by_reboot", kernel.closed_reboot}};
}

template <typename T>
Json list_of(const std::vector<T>& values) {
  Json list = Json::array();
  for (const T& value : values) list.push_back(to_json(value));
  return list;
}

}  // namespace

std::size_t count(const Audit& audit, Standing standing) {
  return static_cast<std::size_t>(std::ranges::count_if(
      audit.findings, [&](const SoftwareFinding& one) { return one.judgement.standing == standing; }));
}

Json to_json(const Audit& audit) {
  return {{"roots", list_of(audit.roots)},
          {"kernel", audit.kernel ? to_json(*audit.kernel) : Json()},
          {"processes", audit.processes},
          {"hidden_processes", audit.hidden},
          {"mapped_files", audit.mapped_files},
          {"left_out_files", audit.left_out},
          {"searched_files", audit.searched},
          {"advisories", audit.advisories},
          {"affected", count(audit, Standing::kAffected)},
          {"under_investigation", count(audit, Standing::kUnderInvestigation)},
          {"steps", list_of(audit.steps)},
          {"restarts", list_of(audit.restarts)},
          {"findings", list_of(audit.findings)},
          {"files", list_of(audit.files)}};
}

}  // namespace suture
