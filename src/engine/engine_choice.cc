// SPDX-License-Identifier: Apache-2.0
#include "engine/engine_choice.h"

#include <algorithm>

#include "engine/klp.h"
#include "engine/stop_machine.h"

namespace suture {
namespace {

std::vector<std::unique_ptr<NamedEngine>> make_engines(const EngineOptions& options) {
  std::vector<std::unique_ptr<NamedEngine>> engines;
  engines.push_back(std::make_unique<KlpEngine>(
      KlpEngine::Options{.paths = options.paths, .deadline = options.deadline, .stalled = options.stalled}));
  engines.push_back(std::make_unique<StopMachineEngine>(StopMachineEngine::Options{
      .paths = options.paths, .deadline = options.deadline, .stalled = options.stalled}));
  return engines;
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

/// The kernel is as before, and another engine may do better.
bool lets_another_try(const Error& error) {
  return error.code == "engine.transition-stalled" || error.code == "engine.engine-refused";
}

}  // namespace

std::vector<std::string> engine_names() {
  return {std::string(kKlpEngine), std::string(kStopMachineEngine)};
}

EngineChoice::EngineChoice(const EngineOptions& options)
    : EngineChoice(make_engines(options), options.preference) {}

EngineChoice::EngineChoice(std::vector<std::unique_ptr<NamedEngine>> engines,
                           std::vector<std::string> preference)
    : engines_(std::move(engines)), preference_(std::move(preference)) {}

Result<void> EngineChoice::apply(const Patchset& patchset, const PatchsetFiles& files,
                                 const std::function<void()>& under_way) {
  const std::string what = "apply level " + std::to_string(patchset.level);
  NamedEngine* const holds = TRY(holder());
  const std::vector<NamedEngine*> able = candidates(patchset);
  if (able.empty()) {
    return fail("engine.no-module", what,
                "it has no module for an engine that may be used here: " + joined(preference_),
                "`engine` in agent.toml says which may: suture-agent.toml(5).");
  }
  if (std::ranges::find(able, holds) != able.end()) {
    auto applied = holds->apply(patchset, files, under_way);
    if (applied || able.size() == 1 || !lets_another_try(applied.error())) return applied;
    applied.error().hint +=
        " Or let another engine try, for which the level before has to go first: `suture "
        "revert`, and then `suture update`.";
    return applied;
  }

  std::string given_up;
  std::vector<Refusal> refusals;
  for (NamedEngine* const engine : able) {
    if (const auto fits = engine->check(patchset, files); !fits) {
      refusals.push_back({std::string(engine->name()), fits.error()});
      continue;
    }
    if (holds != nullptr && given_up.empty()) {
      given_up = TRY(holds->observe()).module_name;
      TRY_IN(what + " by another engine", holds->revert());
    }
    const auto applied = engine->apply(patchset, files, under_way);
    if (applied) return {};
    refusals.push_back({std::string(engine->name()), applied.error()});
    if (!lets_another_try(applied.error())) break;
  }
  Error error = all_refused(std::move(refusals));
  if (!given_up.empty()) error.why += "; " + given_up + ", which another engine held, was taken out before";
  return std::unexpected(std::move(error));
}

Result<void> EngineChoice::revert() {
  Result<void> all;
  for (const auto& engine : engines_) {
    auto reverted = engine->revert();
    if (all) all = std::move(reverted);
  }
  return all;
}

Result<Applied> EngineChoice::observe() const {
  Applied highest;
  bool transition = false;
  for (const auto& engine : engines_) {
    Applied applied = TRY(engine->observe());
    transition |= applied.transition;
    if (applied.level > highest.level) highest = std::move(applied);
  }
  highest.transition = transition;
  return highest;
}

Result<RunningKernel> EngineChoice::kernel() const {
  return engines_.front()->kernel();
}

/// Nobody, or the one engine that holds a level.
Result<NamedEngine*> EngineChoice::holder() const {
  NamedEngine* holds = nullptr;
  for (const auto& engine : engines_) {
    if (TRY(engine->observe()).level == 0) continue;
    if (holds != nullptr) {
      return fail("engine.two-engines", "see what is applied",
                  std::string(holds->name()) + " and " + std::string(engine->name()) +
                      " hold a level each, which this agent never brings about",
                  "`suture revert` takes both out.");
    }
    holds = engine.get();
  }
  return holds;
}

std::vector<NamedEngine*> EngineChoice::candidates(const Patchset& patchset) const {
  std::vector<NamedEngine*> able;
  for (const std::string& name : preference_) {
    const auto engine = std::ranges::find(engines_, name, [](const auto& one) { return one->name(); });
    if (engine != engines_.end() && patchset.module_for(name) != nullptr) able.push_back(engine->get());
  }
  return able;
}

Error EngineChoice::all_refused(std::vector<Refusal> refusals) {
  Error error = refusals.front().error;
  const bool alike = std::ranges::all_of(refusals, [&](const Refusal& one) {
    return one.error.code == error.code && one.error.why == error.why;
  });
  if (alike) return error;
  error.why.clear();
  for (const Refusal& one : refusals)
    error.why += (error.why.empty() ? "" : "; ") + ("by " + one.engine + ": " + one.error.why);
  return error;
}

}  // namespace suture
