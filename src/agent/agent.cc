// SPDX-License-Identifier: Apache-2.0
#include "agent/agent.h"

#include <array>
#include <utility>

namespace suture {

std::string_view name_of(Outcome outcome) {
  static constexpr std::array<std::pair<Outcome, std::string_view>, 9> kNames = {{
      {Outcome::kApplied, "applied"},
      {Outcome::kUpToDate, "up-to-date"},
      {Outcome::kNothingForKernel, "nothing-for-kernel"},
      {Outcome::kHeld, "held"},
      {Outcome::kReverted, "reverted"},
      {Outcome::kWaiting, "waiting"},
      {Outcome::kWentBack, "went-back"},
      {Outcome::kVetoed, "vetoed"},
      {Outcome::kTransition, "transition"},
  }};
  for (const auto& [value, name] : kNames) {
    if (value == outcome) return name;
  }
  return "unknown";
}

Agent::Agent(AgentConfig config, Engine& engine, Source& source, std::function<void(Step)> watch)
    : config_(std::move(config)),
      engine_(engine),
      source_(source),
      journal_(config_.state / "journal.json", std::move(watch)),
      store_(config_.store()) {}

EngineOptions engine_options(const AgentConfig& config) {
  EngineOptions options;
  options.preference = config.engines;
  options.deadline = config.transition_timeout;
  options.stalled = config.stalled;
  return options;
}

}  // namespace suture
