// SPDX-License-Identifier: Apache-2.0
//
// An engine made of several, of which the administrator says which ones may be used, and in what order.
//
// What is applied is replaced by the engine that holds it, in one step, when the patchset has a module for
// that engine. Else, or when that engine may not be used any more, it is taken out and another one applies
// the new level: for a moment the kernel runs unpatched. Where nothing is applied, the first engine does it
// for which the patchset has a module and which finds nothing in its way. When that one's transition stalls,
// so that it is taken back, or when suture.ko does not run here, the next one is tried. A level is never
// given up for the sake of such a second try.
//
// Two engines do not hold levels at once. Were it found so, nothing is applied before revert() has taken both
// out.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "engine/engine.h"

namespace suture {

struct EngineOptions {
  HostPaths paths{};
  std::vector<std::string> preference = {"klp", "stopmachine"};  ///< known names, each once; at least one
  std::chrono::milliseconds deadline{60'000};                    ///< as of the engines
  Stalled stalled = Stalled::kRevert;
};

/// All engines that there are, whether they may be used or not.
std::vector<std::string> engine_names();

class EngineChoice : public Engine {
 public:
  explicit EngineChoice(const EngineOptions& options);
  /// `engines`: all that may hold a level.
  EngineChoice(std::vector<std::unique_ptr<NamedEngine>> engines, std::vector<std::string> preference);

  /// Refusals: engine.no-module (the patchset has none for an engine that may be used), engine.two-engines,
  /// and those of the engines. When several refused it, the error is the first one's, and tells of all.
  Result<void> apply(const Patchset& patchset, const PatchsetFiles& files,
                     const std::function<void()>& under_way) override;
  using Engine::apply;
  Result<void> revert() override;
  Result<Applied> observe() const override;
  Result<RunningKernel> kernel() const override;

 private:
  struct Refusal {
    std::string engine;
    Error error;
  };
  Result<NamedEngine*> holder() const;
  std::vector<NamedEngine*> candidates(const Patchset& patchset) const;
  static Error all_refused(std::vector<Refusal> refusals);

  std::vector<std::unique_ptr<NamedEngine>> engines_;
  std::vector<std::string> preference_;
};

}  // namespace suture
