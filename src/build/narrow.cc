// SPDX-License-Identifier: Apache-2.0
#include "build/narrow.h"

#include <fmt/format.h>

#include <atomic>
#include <mutex>
#include <thread>

#include "build/layout_probe.h"
#include "build/text_effect.h"

namespace suture {
namespace {

class Narrowing {
 public:
  Narrowing(const Kbuild& kbuild, const PatchedTree& tree, LayoutProbe& layouts, const TempDir& folder)
      : kbuild_(kbuild), tree_(tree), layouts_(layouts), folder_(folder) {}

  /// `worker` tells the threads apart.
  Result<TextEffect> effect_on(const UnitFlags& unit, unsigned worker) const {
    const auto scratch = folder_.path() / fmt::format("{}.d", worker);
    const auto before = TRY(kbuild_.preprocess(unit, tree_.pristine(), scratch));
    const auto after = TRY_IN("with the fixes applied", kbuild_.preprocess(unit, tree_.root(), scratch));
    TRY(tree_.check_files_read(after.files));
    return text_effect(before.text, after.text,
                       [&](const StructureChange& change) { return layouts_.compare(unit, change); });
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
  std::vector<Result<TextEffect>> effects(units.size(), TextEffect::kPossible);
  std::atomic<std::size_t> next = 0;
  std::size_t done = 0;
  std::mutex report;
  {
    std::vector<std::jthread> workers;
    for (unsigned i = 0; i < std::max(1u, std::thread::hardware_concurrency()); ++i) {
      workers.emplace_back([&, i] {
        for (std::size_t job = next++; job < units.size(); job = next++) {
          effects[job] = narrowing.effect_on(units[job], i);
          const std::scoped_lock lock(report);
          progress.step("preprocess " + units[job].unit, ++done, units.size());
        }
      });
    }
  }
  Narrowed narrowed;
  for (std::size_t i = 0; i < units.size(); ++i) {
    switch (TRY(std::move(effects[i]))) {
      case TextEffect::kNone:
        ++narrowed.same;
        break;
      case TextEffect::kUnused:
        ++narrowed.unused;
        break;
      case TextEffect::kPossible:
        narrowed.units.push_back(std::move(units[i]));
    }
  }
  return narrowed;
}

}  // namespace suture
