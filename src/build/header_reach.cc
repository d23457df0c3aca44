// SPDX-License-Identifier: Apache-2.0
#include "build/header_reach.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

#include "base/file.h"
#include "build/include_graph.h"
#include "build/unit_text.h"

namespace suture {
namespace {

namespace fs = std::filesystem;

Result<bool> may_change(const Kbuild& kbuild, const PatchedTree& tree, const UnitFlags& unit,
                        const fs::path& output) {
  const std::string before =
      TRY(kbuild.preprocess(unit, tree.pristine(), tree.pristine() / unit.unit, output));
  const std::string after =
      TRY_IN("with the fixes applied", kbuild.preprocess(unit, tree.root(), tree.root() / unit.unit, output));
  return code_may_differ(before, after);
}

/// Which of them may change; stops when more do than may be.
Result<std::vector<UnitFlags>> narrowed(const Kbuild& kbuild, const PatchedTree& tree,
                                        const std::vector<UnitFlags>& units, const HeaderReachLimits& limits,
                                        Progress& progress) {
  const TempDir folder = TRY(TempDir::make("suture-texts"));
  std::vector<Result<bool>> answers(units.size(), false);
  std::atomic<std::size_t> next = 0;
  std::atomic<std::size_t> left = 0;
  std::size_t done = 0;
  std::mutex report;
  {
    std::vector<std::jthread> workers;
    for (std::size_t i = 0; i < std::min<std::size_t>(units.size(), std::max(1u, limits.jobs)); ++i) {
      workers.emplace_back([&, i] {
        for (std::size_t unit = next++; unit < units.size() && left <= limits.most_units; unit = next++) {
          answers[unit] = may_change(kbuild, tree, units[unit], folder.path() / fmt::format("{}", i));
          if (!answers[unit] || *answers[unit]) ++left;
          const std::scoped_lock lock(report);
          progress.step("preprocess " + units[unit].unit, ++done, units.size());
        }
      });
    }
  }
  std::vector<UnitFlags> result;
  for (std::size_t i = 0; i < units.size(); ++i) {
    if (TRY(std::move(answers[i]))) result.push_back(units[i]);
  }
  return result;
}

}  // namespace

Result<HeaderReach> units_reached_by_headers(const Kbuild& kbuild, const PatchedTree& tree,
                                             const TouchedFiles& touched, const HeaderReachLimits& limits,
                                             Progress& progress) {
  progress.step("look for what includes the changed headers");
  const IncludeGraph graph =
      TRY(IncludeGraph::read(tree.pristine(), kbuild.cache(), kbuild.target().id.build_id));
  std::vector<std::string> names = graph.units_that_include(touched.headers);
  std::erase_if(names, [&](const std::string& name) { return touched.units.contains(name); });
  progress.step(fmt::format("ask kbuild about {} units", names.size()));
  std::vector<UnitFlags> built;
  for (Result<UnitFlags>& answer : kbuild.flags(names)) {
    // What is not built needs no patch; what another unit includes is compiled with that.
    const bool none = !answer && (answer.error().code == "build.unit-not-built" ||
                                  answer.error().code == "build.unit-included");
    if (!none) built.push_back(TRY(std::move(answer)));
  }
  HeaderReach reach{.units = TRY(narrowed(kbuild, tree, built, limits, progress)),
                    .including = names.size(),
                    .built = built.size()};
  if (reach.units.size() <= limits.most_units) return reach;
  return fail("build.header-changed", "find the units of the fixes",
              fmt::format("of {} units that include {}, more than {} may change", built.size(),
                          fmt::join(touched.headers, ", "), limits.most_units),
              "compiling them takes long; --header-units says how many may be tried");
}

}  // namespace suture
