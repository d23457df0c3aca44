// SPDX-License-Identifier: Apache-2.0
//
// One update from beginning to end. Every step that leaves a trace is in the journal first; recover.cc says
// what becomes of it when the agent is killed there.
#include "agent/agent.h"
#include "agent/clock.h"
#include "agent/log.h"
#include "agent/unprivileged.h"
#include "base/time.h"

namespace suture {
namespace {

bool is_of_a_quarantine(const ReportedError& error) {
  return error.code == "agent.quarantined" || error.code == "agent.bad-sign";
}

bool changes_kernel(Outcome outcome) {
  return outcome == Outcome::kApplied || outcome == Outcome::kWentBack || outcome == Outcome::kTransition;
}

}  // namespace

Result<Outcome> Agent::update(Asked asked) {
  // The daemon's timer, its socket and a `suture update` without a daemon may meet here.
  const FileLock lock = TRY(FileLock::acquire(lock_file()));
  auto outcome = noted(update_locked(asked), asked);
  // The server hears of failures as well. That it is away is no failure of the update.
  if (const auto sent = send_report(); !sent) log_warning(sent.error().message());
  return outcome;
}

Result<Outcome> Agent::update_locked(Asked asked) {
  // What an earlier run left behind comes first: it may hold the kernel in between two patchsets.
  TRY(recover());

  const RunningKernel kernel = TRY(engine_.kernel());
  TRY(notice_transition(kernel));

  // The server answers with how far this host may go. While it is away, its last word counts.
  if (follows_rollouts(config_)) {
    if (const auto sent = send_report(); !sent) log_warning(sent.error().message());
  }

  const AgentState state = TRY(read_state(state_file()));
  if (state.held && asked == Asked::kByTimer) return Outcome::kHeld;
  if (const Applied now = TRY(engine_.observe()); now.transition) {
    if (!is_above_plan(state, now.level)) return stay_in_transition(kernel, state, now);
    log_warning("the way to level " + std::to_string(now.level) + " ends here: " + text_of(*state.plan));
    TRY(leave(kernel));
  }

  AgentState checked = TRY(read_state(state_file()));
  if (asked == Asked::kByAdministrator) checked.pinned.reset();
  const Answer answer = TRY(ask(kernel, checked, asked));
  const Applied applied = TRY(engine_.observe());
  const auto withdrawn = answer.withdrawn.find(applied.level);
  const bool is_bad = withdrawn != answer.withdrawn.end();
  const auto plan = plan_in(checked);
  const bool above = plan && applied.level > plan->level;
  const std::string named = "level " + std::to_string(applied.level);
  if (is_bad) log_warning(named + " was withdrawn: " + withdrawn->second);
  if (above) log_warning(named + " is not for this host: " + text_of(*plan));
  const bool must_leave = is_bad || above;
  if (answer.offer) {
    const Outcome outcome = TRY(bring_in(*answer.offer, kernel, checked, applied, must_leave));
    const bool waits = outcome == Outcome::kUpToDate && answer.newest > applied.level;
    return waits ? Outcome::kWaiting : outcome;
  }
  if (answer.leave) return leave(kernel);
  if (answer.plan_gone) {
    return fail(
        "plan.level-gone", "go back from " + named,
        "the server lets this host have " + text_of(*plan) + ", and the channel has dropped all such levels",
        "It stays as it is. `suture revert` takes it out.");
  }
  if (answer.newest > applied.level) return Outcome::kWaiting;
  return answer.newest == 0 ? Outcome::kNothingForKernel : Outcome::kUpToDate;
}

/// Refresh, choose and download, in a process that may do nothing else. The trusted metadata which it keeps
/// is replaced file by file, so that this step leaves nothing but the spool to clean. Writes down what it
/// learnt.
Result<Answer> Agent::ask(const RunningKernel& kernel, AgentState& state, Asked asked) {
  const auto now = wall_clock();
  if (asked != Asked::kByAdministrator) TRY(check_clock(now, state.checked_at));
  TRY(journal_.begin({.step = Step::kFetching, .boot_id = kernel.boot_id}));
  const bool have = state.wanted && store_.load(*state.wanted);
  const Applied applied = TRY(engine_.observe());
  auto answer = source_.ask({.kernel = kernel,
                             .applied = applied.level,
                             .known = have ? state.wanted->module_sha256 : "",
                             .asked = asked,
                             .highest = state.pinned,
                             .quarantined = state.quarantined,
                             .plan = plan_in(state)});
  TRY(journal_.end());
  if (!answer) return answer;
  state.checked_at = time_text(wall_clock());
  state.newest = answer->newest;
  state.waits = answer->waits;
  TRY(write_state(state_file(), state));
  return answer;
}

Result<void> Agent::check() {
  const FileLock lock = TRY(FileLock::acquire(lock_file()));
  TRY(recover());
  AgentState state = TRY(read_state(state_file()));
  TRY(ask(TRY(engine_.kernel()), state, Asked::kToKnow));
  // What the repository or the way to it was to blame for is over.
  if (!state.error || !is_worth_a_retry(state.error->code)) return {};
  state.error.reset();
  return write_state(state_file(), state);
}

Result<Outcome> Agent::bring_in(const Offer& offer, const RunningKernel& kernel, AgentState state,
                                const Applied& applied, bool must_leave) {
  const Patchset& patchset = offer.patchset;
  const StoredPatchset stored = offer.known ? *state.wanted : Store::place_for(patchset, offer.manifest);

  const bool same = state.wanted && state.wanted->module_sha256 == stored.module_sha256;
  if (applied.level == stored.level && same && !applied.transition) return Outcome::kUpToDate;
  // Levels are cumulative. A higher one is left only when the channel's owner says that it is bad, or the
  // fleet's that this host is not to have it.
  if (applied.level > stored.level && !must_leave) return Outcome::kUpToDate;

  // Verify: the unprivileged process checked the modules too, but only these bytes, read once, count.
  if (!offer.known) {
    PatchsetFiles files;
    for (const ModuleFile& named : patchset.files())
      files.emplace(named.file, TRY(read_handed_over(offer.folder / named.file, named.size)));
    TRY(journal_.begin({.step = Step::kStoring, .boot_id = kernel.boot_id, .stored = stored}));
    TRY(store_.keep(stored, offer.manifest, patchset, files));
  }
  const Outcome outcome = TRY(apply_stored(stored, kernel, std::move(state), "install"));
  return must_leave && outcome == Outcome::kApplied ? Outcome::kWentBack : outcome;
}

/// Out of a level that was withdrawn, or that a plan does not let this host have, where there is none below
/// it. Nobody holds the host: the next level comes by itself.
Result<Outcome> Agent::leave(const RunningKernel& kernel) {
  TRY(journal_.begin({.step = Step::kReverting, .boot_id = kernel.boot_id, .hold = false}));
  if (const auto reverted = engine_.revert(); !reverted) {
    TRY(journal_.end());
    return std::unexpected(reverted.error());
  }
  TRY(record_revert(TRY(read_state(state_file())), false));
  TRY(store_.sweep(std::nullopt));
  TRY(journal_.end());
  return Outcome::kWentBack;
}

/// Ask, load, wait, record, check. The old patchset stays recorded until the new one is in the kernel.
Result<Outcome> Agent::apply_stored(const StoredPatchset& stored, const RunningKernel& kernel,
                                    AgentState state, const std::string& action) {
  const LoadedPatchset loaded = TRY(store_.load(stored));
  const HookFacts facts = {.action = action,
                           .level = stored.level,
                           .from_level = TRY(engine_.observe()).level,
                           .cves = stored.cves,
                           .kernel = kernel.release};
  if (!TRY(may_install(stored, kernel, state, facts))) return Outcome::kVetoed;

  log_mark_ = end_of_kernel_log();
  TRY(journal_.begin({.step = Step::kApplying, .boot_id = kernel.boot_id, .stored = stored}));
  const auto under_way = [&] {
    // Should it fail, the entry before is still there, which is finished in the same way.
    const auto begun =
        journal_.begin({.step = Step::kTransitioning, .boot_id = kernel.boot_id, .stored = stored});
    if (!begun) log_warning(begun.error().message());
  };
  if (const auto applied = engine_.apply(loaded.patchset, loaded.files, under_way); !applied) {
    TRY(store_.sweep(state.wanted));
    TRY(journal_.end());
    return std::unexpected(applied.error());
  }
  TRY(record_applied(stored, kernel, state));
  TRY(store_.sweep(stored));
  TRY(journal_.end());
  if (!state.transitioning.empty()) return Outcome::kTransition;
  TRY(check_applied(stored, kernel, facts));
  return Outcome::kApplied;
}

/// What the administrator's command says to it. Its no is no failure: it is asked again at the next check.
Result<bool> Agent::may_install(const StoredPatchset& stored, const RunningKernel& kernel, AgentState& state,
                                const HookFacts& facts) {
  if (config_.before_install.empty()) return true;
  TRY(journal_.begin({.step = Step::kAsking, .boot_id = kernel.boot_id, .stored = stored}));
  const auto said = run_hook(config_.before_install, facts, config_.command_timeout);
  if (!said) TRY(store_.sweep(state.wanted));
  TRY(journal_.end());
  if (said) return true;
  if (said.error().code != "agent.command-failed") return std::unexpected(said.error());
  state.waits = said.error().why;
  log_info("level " + std::to_string(stored.level) + " is vetoed: " + state.waits);
  TRY(write_state(state_file(), state));
  return false;
}

/// The kernel has it. A transition that was left under way counts: there is no other way on than to its end,
/// and it is this level that a reboot is to bring back.
Result<void> Agent::record_applied(const StoredPatchset& stored, const RunningKernel& kernel,
                                   AgentState& state) {
  const Applied applied = TRY(engine_.observe());
  const bool under_way = applied.transition;
  state.wanted = stored;
  state.engine = applied.engine;
  state.held = false;
  state.applied_boot_id = kernel.boot_id;
  state.transitioning = under_way ? kernel.boot_id : "";
  state.changed_at = time_text(wall_clock());
  state.error.reset();
  take_into_guard(stored, kernel, state);
  TRY(write_state(state_file(), state));
  if (under_way) log_info("the transition to level " + std::to_string(stored.level) + " is left under way");
  return {};
}

/// The administrator's command looks at what was done.
Result<void> Agent::check_applied(const StoredPatchset& stored, const RunningKernel& kernel,
                                  const HookFacts& facts) {
  if (config_.after_install.empty()) return {};
  TRY(journal_.begin({.step = Step::kChecking, .boot_id = kernel.boot_id, .stored = stored}));
  const auto said = run_hook(config_.after_install, facts, config_.command_timeout);
  TRY(journal_.end());
  if (said) return {};
  return take_back(stored, kernel, config_.after_install.front() + ": " + said.error().why);
}

/// Writes the outcome of an attempt down, for the status and the report.
Result<Outcome> Agent::noted(Result<Outcome> outcome, Asked asked) const {
  AgentState state = TRY(read_state(state_file()));
  const auto before = state.error;
  if (outcome && *outcome == Outcome::kHeld) return outcome;
  // That a level was put into quarantine is not over because a later check went well.
  const bool kept_away = state.error && is_of_a_quarantine(*state.error) && !state.quarantined.empty();
  if (outcome && kept_away && asked == Asked::kByTimer && !changes_kernel(*outcome)) return outcome;
  if (outcome) {
    state.error.reset();
  } else {
    state.error = ReportedError{outcome.error().code, outcome.error().message().substr(0, 4096)};
  }
  if (state.error != before) TRY(write_state(state_file(), state));
  return outcome;
}

}  // namespace suture
