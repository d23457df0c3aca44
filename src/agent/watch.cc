// SPDX-License-Identifier: Apache-2.0
//
// The time after an apply.
//
// A transition that the policy leaves under way ends when it ends: each look and each check see whether it
// has, and nothing else is begun before. And for a while after each apply the daemon looks for bad signs. One
// that speaks of the patch takes the level back, if the policy wants it: a complaint of the kernel whose
// trace has a function of the patch's module, or a command of the administrator's that fails. The level is
// then in quarantine on this host. What else the kernel complains of is only told: it would have come without
// the patch, for all that is known, and to go back would not mend it.
#include <limits>

#include "agent/agent.h"
#include "agent/health.h"
#include "agent/log.h"
#include "base/time.h"

namespace suture {
namespace {

using std::chrono::seconds;

constexpr seconds kBetweenLooks{5};
constexpr seconds kBetweenCommands{60};
/// Of a log that could not be read when the level was applied: none of it is judged.
constexpr std::uint64_t kNoLog = std::numeric_limits<std::int64_t>::max();
constexpr std::size_t kLineLimit = 300;

std::string named(std::uint32_t level) {
  return "level " + std::to_string(level);
}

HookFacts facts_of(const StoredPatchset& stored, const RunningKernel& kernel, const std::string& action) {
  return {.action = action, .level = stored.level, .cves = stored.cves, .kernel = kernel.release};
}

}  // namespace

std::optional<Agent::Moment> Agent::watch(Moment now) {
  const auto state = read_state(state_file());
  const bool watched = state && resident_ && state->watched;
  if (!watched && (!state || state->transitioning.empty())) {
    watch_.reset();
    return std::nullopt;
  }
  const std::string module = watched ? state->watched->module_sha256 : "";
  if (!watch_ || watch_->module_sha256 != module) {
    watch_ = Watch{
        .module_sha256 = module, .end = now + config_.health_window, .next_look = now, .next_command = now};
  }
  if (now < watch_->next_look) return watch_->next_look;
  const Moment next = now + kBetweenLooks;
  watch_->next_look = next;
  if (const auto looked = look_after(now); !looked) log_warning(looked.error().message());
  return next;
}

/// A bad sign is written down and reported; after a level was taken back, the next good one comes at once.
Result<void> Agent::look_after(Moment now) {
  const FileLock lock = TRY(FileLock::acquire(lock_file()));
  const RunningKernel kernel = TRY(engine_.kernel());
  const auto looked = [&]() -> Result<void> {
    TRY(notice_transition(kernel));
    const AgentState before = TRY(read_state(state_file()));
    if (!before.watched) return {};
    AgentState state = before;
    const bool same = state.watched->boot_id == kernel.boot_id && state.wanted &&
                      state.wanted->module_sha256 == state.watched->module_sha256;
    if (!same) state.watched.reset();
    const auto sign = same ? TRY(find_bad_sign(state, kernel, now)) : std::nullopt;
    if (same && !sign && watch_ && now >= watch_->end && state.transitioning.empty()) {
      log_info("no bad sign of " + named(state.watched->level));
      state.watched.reset();
    }
    if (state != before) TRY(write_state(state_file(), state));
    if (sign) return take_back(*state.wanted, kernel, *sign);
    return {};
  }();
  if (looked) return {};
  if (const auto written = noted(std::unexpected(looked.error()));
      written.error().code != looked.error().code) {
    log_warning(written.error().message());
  }
  if (const auto sent = send_report(); !sent) log_warning(sent.error().message());
  if (looked.error().code == "agent.bad-sign" && !TRY(read_state(state_file())).wanted) {
    log_warning(looked.error().message());
    TRY(noted(update_locked(Asked::kByTimer), Asked::kByTimer));
    return send_report();
  }
  return looked;
}

/// The sign for which a level is to go. What only has to be told is an error, "agent.bad-sign". Moves the
/// mark of what was judged on.
Result<std::optional<std::string>> Agent::find_bad_sign(AgentState& state, const RunningKernel& kernel,
                                                        Moment now) {
  Watched& watched = *state.watched;
  const auto after = watched.after;
  const auto records =
      after == kNoLog ? std::vector<KernelRecord>{} : TRY(read_kernel_records(config_.kernel_log, after));
  const auto signs = bad_signs(records, TRY(engine_.observe()).module_name);
  // A trace that is just being printed is read at the next look. One that has no end is read twice.
  const bool whole = signs.empty() || signs.back().whole || unfinished_ == after;
  unfinished_ = whole ? std::nullopt : std::optional(after);
  if (whole && !records.empty()) watched.after = records.back().sequence;
  const BadSign* worst = nullptr;
  for (const BadSign& sign : signs) {
    if (whole && (worst == nullptr || (sign.ours && !worst->ours))) worst = &sign;
  }
  if (worst != nullptr) {
    std::string text = "the kernel's log (" + worst->kind + "): " + worst->line.substr(0, kLineLimit);
    if (worst->ours) return text;
    TRY(write_state(state_file(), state));
    return fail("agent.bad-sign", "look after " + named(watched.level), text,
                "Nothing of the patch is named there, so the level stays.");
  }
  if (config_.health_command.empty() || !watch_ || now < watch_->next_command) return std::nullopt;
  watch_->next_command = now + kBetweenCommands;
  const auto said =
      run_hook(config_.health_command, facts_of(*state.wanted, kernel, "watch"), config_.command_timeout);
  if (said) return std::nullopt;
  if (said.error().code != "agent.command-failed") return std::unexpected(said.error());
  return config_.health_command.front() + ": " + said.error().why;
}

/// Always an error: "agent.bad-sign", or why it could not be taken back.
Result<void> Agent::take_back(const StoredPatchset& stored, const RunningKernel& kernel,
                              const std::string& sign) {
  const std::string what = "keep " + named(stored.level);
  if (!config_.bad_sign_reverts) {
    return fail("agent.bad-sign", what, sign, "It stays applied, since `bad_sign` is \"report\".");
  }
  TRY(journal_.begin({.step = Step::kReverting, .boot_id = kernel.boot_id, .hold = false, .sign = sign}));
  const auto reverted = engine_.revert();
  // Also when it could not be taken out: it is not to come back.
  TRY(record_revert(TRY(read_state(state_file())), false, sign));
  TRY(journal_.end());
  TRY(store_.sweep(std::nullopt));
  if (!reverted) return reverted;
  return fail("agent.bad-sign", what, sign,
              "It is taken back, and stays away until an administrator says so: `suture update`.");
}

/// Whether a transition that was left under way is over, and what follows from it.
Result<void> Agent::notice_transition(const RunningKernel& kernel) {
  AgentState state = TRY(read_state(state_file()));
  if (state.transitioning.empty()) return {};
  const Applied applied = TRY(engine_.observe());
  const bool same_boot = state.transitioning == kernel.boot_id;
  if (same_boot && applied.transition) return {};
  state.transitioning.clear();
  if (!same_boot || !state.wanted || applied.level != state.wanted->level) {
    if (same_boot) log_warning("the transition was taken back, and not by this agent");
    return write_state(state_file(), state);
  }
  log_info(named(state.wanted->level) + " is applied: its transition has ended");
  state.changed_at = time_text(wall_clock());
  if (!config_.after_install.empty()) {
    TRY(journal_.begin({.step = Step::kChecking, .boot_id = kernel.boot_id, .stored = state.wanted}));
  }
  TRY(write_state(state_file(), state));
  watch_.reset();
  // Applied already: all that is left is to unload the module that it replaced.
  if (const auto loaded = store_.load(*state.wanted)) {
    const auto unloaded = engine_.apply(loaded->patchset, loaded->files, [] {});
    if (!unloaded) log_warning(unloaded.error().message());
  }
  return check_applied(*state.wanted, kernel, facts_of(*state.wanted, kernel, "install"));
}

/// A check while the kernel is on its way: it tells what there is, and begins nothing. Only a level that its
/// owner has withdrawn is left.
Result<Outcome> Agent::stay_in_transition(const RunningKernel& kernel, AgentState state,
                                          const Applied& applied) {
  const Answer answer = TRY(ask(kernel, state, Asked::kToKnow));
  const auto withdrawn = answer.withdrawn.find(applied.level);
  if (withdrawn == answer.withdrawn.end()) return Outcome::kTransition;
  log_warning(named(applied.level) + " was withdrawn: " + withdrawn->second);
  return leave(kernel);
}

std::uint64_t Agent::end_of_kernel_log() const {
  if (!resident_ || config_.health_window.count() == 0) return kNoLog;
  const auto last = last_kernel_record(config_.kernel_log);
  if (!last) log_warning(last.error().message());
  return last.value_or(kNoLog);
}

}  // namespace suture
