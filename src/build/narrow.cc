// SPDX-License-Identifier: Apache-2.0
#include "build/narrow.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <atomic>
#include <mutex>
#include <thread>

#include "build/layout_probe.h"
#include "build/text_effect.h"

namespace suture {
namespace {

struct Judgement {
  TextEffect effect = TextEffect::kPossible;
  std::set<std::string> absent;  ///< headers that the judge did not see
};

class Narrowing {
 public:
  Narrowing(const Kbuild& kbuild, const PatchedTree& tree, LayoutProbe& layouts, const TempDir& folder)
      : kbuild_(kbuild), tree_(tree), layouts_(layouts), folder_(folder) {}

  /// `worker` tells the threads apart.
  Result<Judgement> judge(const UnitFlags& unit, unsigned worker) const {
    const auto scratch = folder_.path() / fmt::format("{}.d", worker);
    Judgement judgement;
    const auto before = TRY(kbuild_.preprocess(unit, tree_.pristine(), scratch, judgement.absent));
    const auto after =
        TRY_IN("with the fixes applied", kbuild_.preprocess(unit, tree_.root(), scratch, judgement.absent));
    TRY(tree_.check_files_read(after.files));
    judgement.effect = text_effect(before.text, after.text, [&](const StructureChange& change) {
      return layouts_.compare(unit, change);
    });
    return judgement;
  }

 private:
  const Kbuild& kbuild_;
  const PatchedTree& tree_;
  LayoutProbe& layouts_;
  const TempDir& folder_;
};

}  // namespace

Result<Narrowed> narrow(const Kbuild& kbuild, const PatchedTree& tree, std::vector<UnitFlags> units,
                        Progress& progress) {
  const TempDir folder = TRY(TempDir::make("suture-texts"));
  LayoutProbe layouts = TRY(LayoutProbe::make(kbuild));
  const Narrowing narrowing(kbuild, tree, layouts, folder);
  std::vector<Result<Judgement>> judgements(units.size());
  std::atomic<std::size_t> next = 0;
  std::size_t done = 0;
  std::mutex report;
  {
    std::vector<std::jthread> workers;
    for (unsigned i = 0; i < std::max(1u, std::thread::hardware_concurrency()); ++i) {
      workers.emplace_back([&, i] {
        for (std::size_t job = next++; job < units.size(); job = next++) {
          judgements[job] = narrowing.judge(units[job], i);
          const std::scoped_lock lock(report);
          progress.step("preprocess " + units[job].unit, ++done, units.size());
        }
      });
    }
  }
  Narrowed narrowed;
  for (std::size_t i = 0; i < units.size(); ++i) {
    const Judgement judgement = TRY(std::move(judgements[i]));
    if (judgement.effect == TextEffect::kPossible) {
      // To compile all others first would only make the refusal late.
      if (!judgement.absent.empty()) {
        return fail("build.generated-file-missing", "compile " + units[i].unit,
                    fmt::format("it may change with the fix, and no package of this kernel holds {}",
                                fmt::join(judgement.absent, ", ")));
      }
      narrowed.units.push_back(std::move(units[i]));
      continue;
    }
    ++(judgement.effect == TextEffect::kNone ? narrowed.same : narrowed.unused);
    if (judgement.absent.empty()) continue;
    narrowed.in_part.push_back(units[i].unit);
    narrowed.absent.insert(judgement.absent.begin(), judgement.absent.end());
  }
  return narrowed;
}

}  // namespace suture
