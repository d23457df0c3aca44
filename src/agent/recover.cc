// SPDX-License-Identifier: Apache-2.0
//
// What the agent does about steps that it did not live to finish, about reboots, and about reverts.
#include "agent/agent.h"
#include "agent/log.h"
#include "base/time.h"
#include "base/unfinished.h"

namespace suture {
namespace fs = std::filesystem;

Result<void> Agent::start() {
  const FileLock lock = TRY(FileLock::acquire(lock_file()));
  const auto started = [&]() -> Result<Outcome> {
    TRY(recover());
    TRY(judge_last_boot());
    TRY(apply_after_boot());
    return Outcome::kUpToDate;
  }();
  if (started) return {};
  // The daemon goes on: the next update may mend it, and the server hears of it.
  log_warning(started.error().message());
  if (const auto written = noted(started); !written && written.error().code != started.error().code) {
    log_warning(written.error().message());
  }
  return {};
}

Result<void> Agent::recover() {
  remove_unfinished(config_.state);
  remove_unfinished(config_.state / "trusted");
  const auto entry = TRY_IN("finish what the agent was doing when it ended", journal_.pending());
  if (!entry) return {};
  const RunningKernel kernel = TRY(engine_.kernel());
  const bool applying = entry->step == Step::kApplying || entry->step == Step::kTransitioning;
  if (applying || entry->step == Step::kChecking) TRY(recover_applying(*entry, kernel));
  if (entry->step == Step::kReverting) {
    // After a reboot the patchset is gone from the kernel by itself; the administrator's wish stays.
    if (entry->boot_id == kernel.boot_id) TRY(engine_.revert());
    TRY(record_revert(TRY(read_state(state_file())), entry->hold, entry->sign));
  }
  std::error_code ignored;
  fs::remove_all(config_.spool(), ignored);
  TRY(store_.sweep(TRY(read_state(state_file())).wanted));
  return journal_.end();
}

Result<void> Agent::recover_applying(const Entry& entry, const RunningKernel& kernel) {
  AgentState state = TRY(read_state(state_file()));
  if (!entry.stored) return fail("agent.journal", "finish applying", "the journal names no patchset");
  // All of it was done, other than to say so here, and the command that comes after.
  const bool recorded = state.wanted == entry.stored && state.applied_boot_id == entry.boot_id;
  if (entry.boot_id != kernel.boot_id) {
    // What the machine was doing with it is the crash guard's to judge.
    if (recorded || entry.step == Step::kChecking) return {};
    // The machine went down in this step. If the patchset did that, it would again at each boot.
    state.held = true;
    state.error = ReportedError{
        "agent.went-down",
        "the machine went down while level " + std::to_string(entry.stored->level) +
            " was being applied; nothing is applied until an administrator says so (`suture update`)"};
    return write_state(state_file(), state);
  }
  const auto loaded = store_.load(*entry.stored);
  if (!loaded) return {};
  // Not in the kernel: the agent died before it was loaded, and nothing has happened yet.
  if (!loaded->patchset.has_module(TRY(engine_.observe()).module_name)) return {};
  if (entry.step != Step::kChecking && !recorded) {
    // One that may be left under way is not waited for again.
    const bool wait = config_.stalled == Stalled::kRevert || !TRY(engine_.observe()).transition;
    if (wait) TRY(engine_.apply(loaded->patchset, loaded->files, [] {}));
    log_mark_ = end_of_kernel_log();
    TRY(record_applied(*entry.stored, kernel, state));
    if (!state.transitioning.empty()) return {};
  }
  return check_applied(*entry.stored, kernel,
                       {.action = "install",
                        .level = entry.stored->level,
                        .cves = entry.stored->cves,
                        .kernel = kernel.release});
}

Result<void> Agent::apply_after_boot() {
  const AgentState state = TRY(read_state(state_file()));
  if (!state.wanted || state.held || state.quarantined.contains(state.wanted->module_sha256)) return {};
  // The next check goes to the level that it may have.
  if (is_above_plan(state, state.wanted->level)) return {};
  const RunningKernel kernel = TRY(engine_.kernel());
  if (state.applied_boot_id == kernel.boot_id) return {};
  // Another kernel was booted: what there is for it, the next update finds out.
  if (state.wanted->build_id != kernel.build_id) return {};
  TRY(apply_stored(*state.wanted, kernel, state, "boot"));
  return {};
}

Result<Outcome> Agent::revert() {
  const FileLock lock = TRY(FileLock::acquire(lock_file()));
  auto outcome = noted([&]() -> Result<Outcome> {
    TRY(recover());
    const RunningKernel kernel = TRY(engine_.kernel());
    TRY(journal_.begin({.step = Step::kReverting, .boot_id = kernel.boot_id}));
    if (const auto reverted = engine_.revert(); !reverted) {
      TRY(journal_.end());
      return std::unexpected(reverted.error());
    }
    TRY(record_revert(TRY(read_state(state_file())), true));
    TRY(journal_.end());
    return Outcome::kReverted;
  }());
  if (const auto sent = send_report(); !sent) log_warning(sent.error().message());
  return outcome;
}

Result<Outcome> Agent::revert_to(std::uint32_t level) {
  const FileLock lock = TRY(FileLock::acquire(lock_file()));
  auto outcome = noted([&]() -> Result<Outcome> {
    TRY(recover());
    const RunningKernel kernel = TRY(engine_.kernel());
    const AgentState before = TRY(read_state(state_file()));
    if (const auto plan = plan_in(before); plan && level > plan->level) {
      return fail("plan.level-above", "go back to level " + std::to_string(level),
                  "the server lets this host have " + text_of(*plan),
                  "`suture config set rollouts false` takes the host out of rollouts.");
    }
    AgentState state = before;
    state.pinned = level;
    const Answer answer = TRY(ask(kernel, state, Asked::kByAdministrator));
    if (answer.newest != level || !answer.offer) {
      // Nothing is pinned to a level that there is not.
      state.pinned = before.pinned;
      TRY(write_state(state_file(), state));
      return fail("repository.no-level", "go back to level " + std::to_string(level),
                  "the channel has no such level for this kernel, or it was withdrawn",
                  "`suture list` shows those that it has.");
    }
    TRY(bring_in(*answer.offer, kernel, state, TRY(engine_.observe()), true));
    return Outcome::kReverted;
  }());
  if (const auto sent = send_report(); !sent) log_warning(sent.error().message());
  return outcome;
}

/// `hold`: an administrator wants it so, until told otherwise. Else the level was bad, and is forgotten; for
/// a bad `sign` on this host it goes into quarantine.
Result<void> Agent::record_revert(AgentState state, bool hold, const std::string& sign) {
  state.held = hold;
  state.error.reset();
  if (!sign.empty() && state.wanted) {
    state.quarantined[state.wanted->module_sha256] = state.wanted->level;
    state.quarantine_reasons[state.wanted->module_sha256] = sign;
    state.error =
        ReportedError{"agent.bad-sign", "level " + std::to_string(state.wanted->level) +
                                            " is taken back, and stays away until an administrator says so "
                                            "(`suture update`): " +
                                            sign};
  }
  if (!hold) state.wanted.reset();
  state.applied_boot_id.clear();
  state.unconfirmed.reset();
  state.watched.reset();
  state.transitioning.clear();
  state.changed_at = time_text(wall_clock());
  return write_state(state_file(), state);
}

}  // namespace suture
