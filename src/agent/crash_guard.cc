// SPDX-License-Identifier: Apache-2.0
//
// The crash guard. A patchset that brings the machine down is applied again at the next boot, and so on. So
// whatever the daemon applies is unconfirmed at first: it is confirmed when the machine has run with it for
// the configured time, or when the daemon ends in an orderly way. A boot that finds an unconfirmed patchset
// of another boot puts it into quarantine on this host, until an administrator says otherwise.
#include "agent/agent.h"
#include "agent/log.h"

namespace suture {

void Agent::guard() {
  guarded_ = config_.crash_window.count() > 0;
  resident_ = true;
}

Result<bool> Agent::is_unconfirmed() const {
  return TRY(read_state(state_file())).unconfirmed.has_value();
}

Result<void> Agent::confirm() {
  const FileLock lock = TRY(FileLock::acquire(lock_file()));
  AgentState state = TRY(read_state(state_file()));
  if (!state.unconfirmed) return {};
  log_info("level " + std::to_string(state.unconfirmed->level) + " is confirmed");
  state.unconfirmed.reset();
  return write_state(state_file(), state);
}

Result<void> Agent::judge_last_boot() {
  AgentState state = TRY(read_state(state_file()));
  if (!state.unconfirmed || state.unconfirmed->boot_id == TRY(engine_.kernel()).boot_id) return {};
  const Unconfirmed fresh = *state.unconfirmed;
  state.unconfirmed.reset();
  state.quarantined[fresh.module_sha256] = fresh.level;
  state.quarantine_reasons.erase(fresh.module_sha256);
  state.error =
      ReportedError{"agent.quarantined",
                    "the machine went down soon after level " + std::to_string(fresh.level) +
                        " was applied; it stays away until an administrator says so (`suture update`)"};
  log_warning(state.error->message);
  return write_state(state_file(), state);
}

/// Marks what was just applied; what an administrator brought back is out of quarantine.
void Agent::take_into_guard(const StoredPatchset& stored, const RunningKernel& kernel,
                            AgentState& state) const {
  state.quarantined.erase(stored.module_sha256);
  state.quarantine_reasons.erase(stored.module_sha256);
  state.unconfirmed.reset();
  state.watched.reset();
  if (resident_ && config_.health_window.count() > 0) {
    state.watched = Watched{stored.level, stored.module_sha256, kernel.boot_id, log_mark_};
  }
  if (guarded_) state.unconfirmed = Unconfirmed{stored.level, stored.module_sha256, kernel.boot_id};
}

}  // namespace suture
