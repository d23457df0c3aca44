// SPDX-License-Identifier: Apache-2.0
#include "build/compiled_unit.h"

#include <fmt/format.h>

#include <atomic>
#include <mutex>
#include <thread>

namespace suture {

namespace fs = std::filesystem;

Result<void> compile_original(const Kbuild& kbuild, const PatchedTree& tree, const UnitFlags& unit,
                              const fs::path& object) {
  TRY(kbuild.compile(unit, tree.pristine(), tree.pristine() / unit.unit, object));
  return {};
}

Result<void> compile_patched(const Kbuild& kbuild, const PatchedTree& tree, const UnitFlags& unit,
                             const fs::path& object) {
  const auto files =
      TRY_IN("with the fixes applied", kbuild.compile(unit, tree.root(), tree.root() / unit.unit, object));
  TRY_IN("compile " + unit.unit, tree.check_files_read(files));
  return {};
}

namespace {

Result<DebugInfo> read_debug_info(const fs::path& object) {
  DebugInfo debug = TRY(DebugInfo::read(object));
  if (!debug.empty()) return debug;
  return fail("build.no-debug-info", "read the types of " + object.filename().string(),
              "the compiler wrote no debug information",
              "without it nobody can tell whether the fix changes the layout of data in use");
}

}  // namespace

Result<CompiledUnit> read_compiled(const UnitFlags& unit, const fs::path& original, const fs::path& patched) {
  return CompiledUnit{.flags = unit,
                      .original = TRY(elf::read_object(original)),
                      .patched = TRY(elf::read_object(patched)),
                      .original_debug = TRY(read_debug_info(original)),
                      .patched_debug = TRY(read_debug_info(patched))};
}

Result<std::vector<CompiledUnit>> compile_units(const Kbuild& kbuild, const PatchedTree& tree,
                                                const std::vector<UnitFlags>& units, unsigned at_once,
                                                Progress& progress) {
  const TempDir folder = TRY(TempDir::make("suture-units"));
  const auto object = [&](std::size_t job) { return folder.path() / fmt::format("{}.o", job); };
  // Two jobs for each unit: even ones compile the original, odd ones the patched source.
  const std::size_t jobs = units.size() * 2;
  std::vector<Result<void>> results(jobs);
  std::atomic<std::size_t> next = 0;
  std::size_t done = 0;
  std::mutex report;
  {
    std::vector<std::jthread> workers;
    for (unsigned i = 0; i < std::min<std::size_t>(jobs, std::max(1u, at_once)); ++i) {
      workers.emplace_back([&] {
        for (std::size_t job = next++; job < jobs; job = next++) {
          const auto compile = job % 2 == 0 ? compile_original : compile_patched;
          results[job] = compile(kbuild, tree, units[job / 2], object(job));
          const std::scoped_lock lock(report);
          progress.step("compile " + units[job / 2].unit, ++done, jobs);
        }
      });
    }
  }
  std::vector<CompiledUnit> compiled;
  for (std::size_t i = 0; i < units.size(); ++i) {
    TRY(results[2 * i]);
    TRY(results[2 * i + 1]);
    compiled.push_back(TRY(read_compiled(units[i], object(2 * i), object(2 * i + 1))));
  }
  return compiled;
}

}  // namespace suture
