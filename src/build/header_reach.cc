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
#include "build/name_reach.h"
#include "build/unit_text.h"

namespace suture {
namespace {

namespace fs = std::filesystem;

Result<bool> may_change(const Kbuild& kbuild, const PatchedTree& tree, const UnitFlags& unit,
                        std::span<const StructChange> structs, const fs::path& output) {
  const std::string before =
      TRY(kbuild.preprocess(unit, tree.pristine(), tree.pristine() / unit.unit, output));
  const std::string after =
      TRY_IN("with the fixes applied", kbuild.preprocess(unit, tree.root(), tree.root() / unit.unit, output));
  return code_may_differ(before, after, structs);
}

/// Which of them may change; stops when more do than may be.
Result<std::vector<UnitFlags>> narrowed(const Kbuild& kbuild, const PatchedTree& tree,
                                        const std::vector<UnitFlags>& units,
                                        std::span<const StructChange> structs,
                                        const HeaderReachLimits& limits, Progress& progress) {
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
          answers[unit] =
              may_change(kbuild, tree, units[unit], structs, folder.path() / fmt::format("{}", i));
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

/// The structures whose members are all that differs in the headers; nothing when something else does.
Result<std::vector<std::string>> only_structs_changed(const PatchedTree& tree,
                                                      const std::set<std::string>& headers) {
  std::vector<std::string> tags;
  for (const std::string& header : headers) {
    // One that a fix adds or removes is there on one side only.
    std::error_code error;
    if (!fs::exists(tree.pristine() / header, error) || !fs::exists(tree.root() / header, error))
      return std::vector<std::string>{};
    const std::string before = TRY(read_text_file(tree.pristine() / header));
    const std::string after = TRY(read_text_file(tree.root() / header));
    std::optional<std::string> tag = only_struct_changed(before, after);
    if (!tag) return std::vector<std::string>{};
    tags.push_back(std::move(*tag));
  }
  return tags;
}

/// By which members units can tell, as one of the fixes' own units shows; nothing when none does, or when
/// more changes than members.
Result<std::vector<StructChange>> struct_changes(const PatchedTree& tree,
                                                 const std::set<std::string>& headers,
                                                 std::span<const CompiledUnit> own) {
  const std::vector<std::string> tags = TRY(only_structs_changed(tree, headers));
  if (tags.empty()) return std::vector<StructChange>{};
  for (const CompiledUnit& unit : own) {
    TRY(unit.original_debug.load());
    TRY(unit.patched_debug.load());
    const Types before(unit.original_debug);
    const Types after(unit.patched_debug);
    std::vector<StructChange> changes;
    for (const std::string& tag : tags) {
      if (std::optional<StructChange> change = struct_change(tag, before, after))
        changes.push_back(std::move(*change));
    }
    if (changes.size() == tags.size()) return changes;
  }
  return std::vector<StructChange>{};
}

/// Leaves out the units that cannot name a member by which they could tell.
Result<void> keep_naming(const PatchedTree& tree, const IncludeGraph& graph,
                         const std::vector<StructChange>& structs, std::vector<std::string>& units) {
  Names names;
  for (const StructChange& change : structs) names.insert(change.members.begin(), change.members.end());
  if (auto naming = TRY(units_that_name(tree.pristine(), graph, std::move(names), units)))
    units = std::move(*naming);
  return {};
}

}  // namespace

Result<HeaderReach> units_reached_by_headers(const Kbuild& kbuild, const PatchedTree& tree,
                                             const TouchedFiles& touched, std::span<const CompiledUnit> own,
                                             const HeaderReachLimits& limits, Progress& progress) {
  progress.step("look for what includes the changed headers");
  const IncludeGraph graph =
      TRY(IncludeGraph::read(tree.pristine(), kbuild.cache(), kbuild.target().id.build_id));
  std::vector<std::string> names = graph.units_that_include(touched.headers);
  std::erase_if(names, [&](const std::string& name) {
    return touched.units.contains(name) || !image_beside_kernel(name).empty();
  });
  HeaderReach reach{
      .units = {}, .including = names.size(), .structs = TRY(struct_changes(tree, touched.headers, own))};
  if (!reach.structs.empty()) TRY(keep_naming(tree, graph, reach.structs, names));
  reach.naming = names.size();
  progress.step(fmt::format("ask kbuild about {} units", names.size()));
  std::vector<UnitFlags> built;
  for (Result<UnitFlags>& answer : kbuild.flags(names)) {
    // What is not built needs no patch; what another unit includes is compiled with that.
    const bool none = !answer && (answer.error().code == "build.unit-not-built" ||
                                  answer.error().code == "build.unit-included");
    if (!none) built.push_back(TRY(std::move(answer)));
  }
  reach.built = built.size();
  reach.units = TRY(narrowed(kbuild, tree, built, reach.structs, limits, progress));
  if (reach.units.size() <= limits.most_units) return reach;
  return fail("build.header-changed", "find the units of the fixes",
              fmt::format("of {} units that include {}, more than {} may change", built.size(),
                          fmt::join(touched.headers, ", "), limits.most_units),
              "compiling them takes long; --header-units says how many may be tried");
}

}  // namespace suture
