// SPDX-License-Identifier: Apache-2.0
//
// Which word counts when several sources speak of one CVE, the stronger first:
//   1. a level that is in the kernel closes it, and every task runs it: patched
//   2. another level closes it, so its builder found the hole in this kernel's source: open. The
//      distribution's changelog does not outweigh that: one id often has several fixes
//   3. the source has the fix, as a builder found, or the changelog says so: fixed
//   4. the source lacks the code, as a builder found: not affected
#include "agent/verdicts.h"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>

#include "agent/known_catalog.h"
#include "agent/state.h"
#include "agent/store.h"

namespace suture {
namespace {

constexpr const char* kHowToUpdate = "`suture update` brings it";

class Judge {
 public:
  Judge(const HostKnowledge& known, const std::string& cve) : known_(known), cve_(cve) {}

  CveVerdict verdict() const {
    if (const LevelClaims* applied = in_kernel(); applied != nullptr && applied->closes.contains(cve_))
      return known_.transition ? under_way() : patched();
    if (const LevelClaims* level = best_that_closes()) return open(*level);
    if (const auto word = word_of(&LevelClaims::fixed))
      return make(Verdict::kFixed, sentence("the source of this kernel has the fix", *word));
    if (const auto& changelog = known_.changelog; changelog && changelog->named.contains(cve_))
      return make(Verdict::kFixed, changelog_sentence(*changelog));
    if (const auto word = word_of(&LevelClaims::unaffected))
      return make(Verdict::kNotAffected, sentence("this kernel does not have its code", *word));
    return make(Verdict::kUnknown, fmt::format("no level that is known here names it{}",
                                               known_.changelog ? ", nor does the kernel's changelog" : ""));
  }

 private:
  struct Word {
    std::uint32_t level = 0;
    std::string reason;
  };

  CveVerdict make(Verdict verdict, std::string why, std::uint32_t level = 0) const {
    return {.cve = cve_, .verdict = verdict, .why = std::move(why), .level = level};
  }

  const LevelClaims* in_kernel() const {
    const auto found = std::ranges::find(known_.levels, known_.applied, &LevelClaims::level);
    return found == known_.levels.end() ? nullptr : &*found;
  }

  /// The lowest that is not withdrawn, or else that is.
  const LevelClaims* best_that_closes() const {
    const LevelClaims* best = nullptr;
    for (const LevelClaims& level : known_.levels) {
      if (!level.closes.contains(cve_)) continue;
      if (best == nullptr || (best->withdrawn && !level.withdrawn)) best = &level;
    }
    return best;
  }

  CveVerdict patched() const {
    const LevelClaims& lowest = *best_that_closes();
    std::string why = fmt::format("level {} is in the running kernel", known_.applied);
    if (lowest.level >= known_.applied) return make(Verdict::kPatched, why, known_.applied);
    return make(Verdict::kPatched, fmt::format("{}, and level {} closed it", why, lowest.level),
                lowest.level);
  }

  CveVerdict under_way() const {
    return make(Verdict::kOpen,
                fmt::format("level {} closes it, but not every task runs it yet", known_.applied),
                known_.applied);
  }

  CveVerdict open(const LevelClaims& level) const {
    const std::string closes = fmt::format("level {} closes it", level.level);
    std::string why;
    if (level.withdrawn) {
      why = fmt::format("level {} closed it, and was withdrawn: {}", level.level, *level.withdrawn);
    } else if (level.level < known_.applied) {
      why = fmt::format("{}, but level {}, which is in the kernel, does not name it", closes, known_.applied);
    } else {
      why =
          closes + (known_.waits.empty() ? std::string(": ") + kHowToUpdate : ", and waits: " + known_.waits);
    }
    return make(Verdict::kOpen, std::move(why), level.level);
  }

  /// The highest level's that speaks of it: it was built last. A withdrawn one is not believed.
  std::optional<Word> word_of(std::map<std::string, std::string, std::less<>> LevelClaims::*claims) const {
    for (const LevelClaims& level : known_.levels | std::views::reverse) {
      const auto found = (level.*claims).find(cve_);
      if (level.withdrawn || found == (level.*claims).end()) continue;
      return Word{level.level, found->second};
    }
    return std::nullopt;
  }

  static std::string sentence(std::string_view fact, const Word& word) {
    if (word.reason.empty()) return fmt::format("{}, as the build of level {} found", fact, word.level);
    return fmt::format("the build of level {} found: {}", word.level, word.reason);
  }

  std::string changelog_sentence(const KernelChangelog& changelog) const {
    return fmt::format("the changelog of the booted kernel ({}) names it for {} ({})", changelog.version,
                       changelog.named.find(cve_)->second, changelog.source);
  }

  const HostKnowledge& known_;
  const std::string& cve_;
};

/// What the manifest says of the level that is in the kernel counts more than the catalog's short form, and
/// is there when the catalog has that level no more.
void put_applied(HostKnowledge& known, const AgentConfig& config, const AgentState& state) {
  if (known.applied == 0 || !state.wanted || state.wanted->level != known.applied) return;
  if (state.wanted->build_id != known.kernel.build_id) return;
  const auto found = std::ranges::lower_bound(known.levels, known.applied, {}, &LevelClaims::level);
  const bool listed = found != known.levels.end() && found->level == known.applied;
  if (const auto manifest = Store(config.store()).manifest(*state.wanted)) {
    LevelClaims claims = claims_of(*manifest);
    if (listed) claims.withdrawn = found->withdrawn;
    if (listed) {
      *found = std::move(claims);
    } else {
      known.levels.insert(found, std::move(claims));
    }
  } else if (!listed) {
    known.levels.insert(found, LevelClaims{.level = known.applied,
                                           .closes = {state.wanted->cves.begin(), state.wanted->cves.end()}});
  }
}

}  // namespace

LevelClaims claims_of(const Patchset& patchset) {
  LevelClaims claims{.level = patchset.level};
  for (auto& [cve, reason] : patchset.fixed_cves()) claims.fixed.emplace(cve, reason);
  for (auto& [cve, reason] : patchset.unaffected_cves()) claims.unaffected.emplace(cve, reason);
  for (const std::string& cve : patchset.cves()) {
    if (!claims.fixed.contains(cve) && !claims.unaffected.contains(cve)) claims.closes.insert(cve);
  }
  return claims;
}

LevelClaims claims_of(const AvailablePatchset& patchset) {
  LevelClaims claims{.level = patchset.level, .closes = {patchset.cves.begin(), patchset.cves.end()}};
  if (patchset.withdrawn) claims.withdrawn = patchset.withdrawn->reason;
  for (const std::string& cve : patchset.fixed) claims.fixed.emplace(cve, "");
  for (const std::string& cve : patchset.unaffected) claims.unaffected.emplace(cve, "");
  for (const auto* unneeded : {&patchset.fixed, &patchset.unaffected}) {
    for (const std::string& cve : *unneeded) claims.closes.erase(cve);
  }
  return claims;
}

Result<HostKnowledge> gather_knowledge(const AgentConfig& config, const Engine& engine) {
  HostKnowledge known{.kernel = TRY(engine.kernel())};
  const Applied applied = TRY(engine.observe());
  known.applied = applied.level;
  known.transition = applied.transition;
  const AgentState state = TRY(read_state(config.state / "state.json"));
  known.waits = state.waits;
  const Catalog catalog = TRY(read_known_catalog(config, known.kernel.build_id));
  for (const AvailablePatchset& level : catalog.levels) known.levels.push_back(claims_of(level));
  put_applied(known, config, state);
  return known;
}

CveVerdict verdict_of(const HostKnowledge& known, const std::string& cve) {
  return Judge(known, cve).verdict();
}

std::vector<CveVerdict> verdicts(const HostKnowledge& known) {
  std::set<std::string, std::less<>> named;
  for (const LevelClaims& level : known.levels) {
    named.insert(level.closes.begin(), level.closes.end());
    for (const auto* claims : {&level.fixed, &level.unaffected}) {
      for (const auto& [cve, reason] : *claims) named.insert(cve);
    }
  }
  if (known.changelog) {
    for (const auto& [cve, entry] : known.changelog->named) named.insert(cve);
  }
  std::vector<CveVerdict> all;
  for (const std::string& cve : named) all.push_back(verdict_of(known, cve));
  return all;
}

}  // namespace suture
