// SPDX-License-Identifier: Apache-2.0
//
// The agent: keeps the running kernel at the newest patchset of its channel, and remembers what it did.
//
//   update.cc              refresh → choose → download → verify → journal → load → wait → record → report
//   recover.cc             what a killed agent left: finished or undone
//   crash_guard.cc         what becomes of a patchset that brings the machine down
//   hooks.cc               the administrator's commands before and after
//   watch.cc               the time after an apply: transitions left under way, bad signs (health.cc)
//   store.cc               the agent's own copies of patchsets
//   repository_source.cc   the repository, in a process without privileges
//   handed_over.cc         how that process hands over what it fetched, to be verified again
//   report.cc              what the host tells of itself
//   host_key.cc            the key that signs it
//   reporting.cc           what the agent remembers of its reports
//   follow_plan.cc         how far a rollout lets this host go
//
// Folders in the state folder: `repository` (metadata) and `spool` belong to the unprivileged user;
// `trusted` (metadata again), `patchsets`, `host-key.pem`, `reporting.json`, `state.json`, `journal.json` and
// `lock` to root.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "agent/config.h"
#include "agent/hooks.h"
#include "agent/journal.h"
#include "agent/source.h"
#include "agent/state.h"
#include "agent/store.h"
#include "engine/engine.h"
#include "engine/engine_choice.h"
#include "patchset/report.h"
#include "repository/merkle.h"

namespace suture {

enum class Outcome {
  kApplied,           ///< a patchset was brought into the kernel
  kUpToDate,          ///< the newest one is in it already
  kNothingForKernel,  ///< the channel has none for this kernel
  kHeld,              ///< an administrator took it back, and the timer leaves it so
  kReverted,          ///< taken out of the kernel
  kWaiting,           ///< there is a newer one, which the policy does not let in yet
  kWentBack,          ///< from a level that was withdrawn, or is above a plan, to the one below or to none
  kVetoed,            ///< the administrator's command before it said no
  kTransition,        ///< the kernel is still on its way to a level, and left at that by policy
};

std::string_view name_of(Outcome outcome);

struct AgentStatus {
  HostReport report;
  std::string module_name;  ///< in the kernel now; empty: none
  bool transition = false;
  bool held = false;
  std::uint32_t newest = 0;  ///< the level that the channel had for this host at the last check
  std::vector<std::uint32_t> quarantined{};       ///< levels that only an administrator brings back
  std::vector<std::string> quarantine_reasons{};  ///< of each
  bool watched = false;                           ///< `level` is new, and looked after
  std::string waits{};                            ///< why that is not applied, if the policy says so
  std::optional<Plan> plan{};    ///< of a rollout, which this host follows; nothing: none steers it
  std::optional<LogHead> log{};  ///< of the repository's transparency log, as it was checked last
  std::string host_key{};        ///< public half, of the last report; empty: none was sent
  std::optional<ReportedError> report_error{};  ///< why the last report did not arrive
};

class Agent {
 public:
  Agent(AgentConfig config, Engine& engine, Source& source, std::function<void(Step)> watch = {});

  /// At the daemon's start: finishes or undoes what was left, and after a reboot applies the recorded
  /// patchset from the agent's own copy, before any network is needed.
  Result<void> start();
  Result<Outcome> update(Asked asked);
  /// Asks what there is, and changes nothing.
  Result<void> check();
  Result<Outcome> revert();
  /// To this level, and no higher by the timer. "repository.no-level" when the channel has no such good
  /// level, "plan.level-above" when a rollout does not let this host have it.
  Result<Outcome> revert_to(std::uint32_t level);
  /// Changes nothing, and works for any user who may read the state folder.
  Result<AgentStatus> status() const;
  /// What the server is told: the report of the status, with the modules of the kernel.
  Result<HostReport> whole_report() const;
  /// From now on, what is applied counts as unconfirmed until confirm() (crash_guard.cc). For who lives long
  /// enough to call it.
  void guard();
  Result<bool> is_unconfirmed() const;
  Result<void> confirm();
  using Moment = std::chrono::steady_clock::time_point;
  /// The daemon's look, between two checks, at what was applied last: whether a transition that was left
  /// under way has ended, and whether all is well. Does nothing before its time. When to call it again, if
  /// ever.
  std::optional<Moment> watch(Moment now);
  /// Tells the server, if there is one, and keeps the plan that it answers with.
  Result<void> send_report() const;

  const AgentConfig& config() const { return config_; }

 private:
  Result<Outcome> update_locked(Asked asked);
  Result<Answer> ask(const RunningKernel& kernel, AgentState& state, Asked asked);
  Result<Outcome> bring_in(const Offer& offer, const RunningKernel& kernel, AgentState state,
                           const Applied& applied, bool must_leave);
  Result<Outcome> leave(const RunningKernel& kernel);
  std::optional<Plan> plan_in(const AgentState& state) const;
  bool is_above_plan(const AgentState& state, std::uint32_t level) const;
  Result<void> keep_plan(const Json& answered) const;
  Result<Outcome> apply_stored(const StoredPatchset& stored, const RunningKernel& kernel, AgentState state,
                               const std::string& action);
  Result<bool> may_install(const StoredPatchset& stored, const RunningKernel& kernel, AgentState& state,
                           const HookFacts& facts);
  Result<void> record_applied(const StoredPatchset& stored, const RunningKernel& kernel, AgentState& state);
  Result<void> check_applied(const StoredPatchset& stored, const RunningKernel& kernel,
                             const HookFacts& facts);
  Result<Outcome> stay_in_transition(const RunningKernel& kernel, AgentState state, const Applied& applied);
  Result<void> notice_transition(const RunningKernel& kernel);
  std::uint64_t end_of_kernel_log() const;
  Result<void> look_after(Moment now);
  Result<std::optional<std::string>> find_bad_sign(AgentState& state, const RunningKernel& kernel,
                                                   Moment now);
  Result<void> take_back(const StoredPatchset& stored, const RunningKernel& kernel, const std::string& sign);
  Result<void> apply_after_boot();
  Result<void> recover();
  Result<void> judge_last_boot();
  void take_into_guard(const StoredPatchset& stored, const RunningKernel& kernel, AgentState& state) const;
  Result<void> recover_applying(const Entry& entry, const RunningKernel& kernel);
  Result<void> record_revert(AgentState state, bool hold, const std::string& sign = {});
  Result<Outcome> noted(Result<Outcome> outcome, Asked asked = Asked::kByAdministrator) const;
  Result<HostReport> make_report(const AgentState& state, const Applied& applied) const;
  std::filesystem::path state_file() const { return config_.state / "state.json"; }
  std::filesystem::path lock_file() const { return config_.state / "lock"; }

  AgentConfig config_;
  Engine& engine_;
  Source& source_;
  Journal journal_;
  Store store_;
  bool guarded_ = false;
  bool resident_ = false;       ///< lives on, to look after what it applied
  std::uint64_t log_mark_ = 0;  ///< end of the kernel's log before the last apply
  struct Watch {
    std::string module_sha256;
    Moment end, next_look, next_command;
  };
  std::optional<Watch> watch_;
  std::optional<std::uint64_t> unfinished_;  ///< the mark behind which a trace had no end at the last look
};

/// The engines as the configuration wants them.
EngineOptions engine_options(const AgentConfig& config);

/// A host's name for the server, which does not give its machine-id away (machine-id(5)).
Result<std::string> host_id(const AgentConfig& config);

/// What a server says that did not take a report; empty for anything but its JSON. In words that a terminal
/// and a log can show.
ReportedError parse_refusal(std::string_view answer);

}  // namespace suture
