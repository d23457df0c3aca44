// SPDX-License-Identifier: Apache-2.0
#include "agent/scanned_here.h"

#include "agent/kernel_changelog.h"
#include "agent/verdicts.h"
#include "base/time.h"

namespace suture {

Result<ScannedHost> read_scanned_host(const Agent& agent, const Engine& engine) {
  constexpr std::size_t kLimit = 4096;
  const AgentStatus status = TRY(agent.status());
  HostKnowledge known = TRY(gather_knowledge(agent.config(), engine));
  known.changelog = read_kernel_changelog({}, known.kernel.release);
  const std::string words = read_text_file("/proc/version", kLimit).value_or("");
  return ScannedHost{.distribution = TRY(distribution_of(agent.config())),
                     .release = known.kernel.release,
                     .version = debian_version_of(words).value_or(""),
                     .architecture = known.kernel.architecture,
                     .build_id = known.kernel.build_id,
                     .hostname = status.report.hostname,
                     .level = status.report.level,
                     .module_name = status.module_name,
                     .tool = SUTURE_VERSION,
                     .time = time_text(wall_clock()),
                     .verdicts = verdicts(known)};
}

}  // namespace suture
