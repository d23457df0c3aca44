// SPDX-License-Identifier: Apache-2.0
#include "build/compiled_unit.h"

#include <fmt/format.h>

#include <atomic>
#include <mutex>
#include <optional>
#include <thread>

namespace suture {
namespace {

struct Compiled {
  elf::Object object;
  Layouts layouts;
};

Result<Compiled> read_compiled(const std::filesystem::path& output) {
  return Compiled{.object = TRY(elf::read_object(output)), .layouts = TRY(read_layouts(output))};
}

Result<Compiled> compile_original(const Kbuild& kbuild, const PatchedTree& tree, const UnitFlags& unit,
                                  const TempDir& objects) {
  const auto output = objects.path() / "original.o";
  TRY(kbuild.compile(unit, tree.pristine(), tree.pristine() / unit.unit, output));
  return read_compiled(output);
}

Result<Compiled> compile_patched(const Kbuild& kbuild, const PatchedTree& tree, const UnitFlags& unit,
                                 const TempDir& objects) {
  const auto output = objects.path() / "patched.o";
  const auto files =
      TRY_IN("with the fixes applied", kbuild.compile(unit, tree.root(), tree.root() / unit.unit, output));
  TRY(tree.check_files_read(files));
  return read_compiled(output);
}

}  // namespace

Result<std::vector<CompiledUnit>> compile_units(const Kbuild& kbuild, const PatchedTree& tree,
                                                const std::vector<UnitFlags>& units, Progress& progress) {
  // Two jobs for each unit: even ones compile the original, odd ones the patched source.
  const std::size_t jobs = units.size() * 2;
  std::vector<std::optional<Result<Compiled>>> objects(jobs);
  std::atomic<std::size_t> next = 0;
  std::size_t done = 0;
  std::mutex report;
  const auto work = [&](std::size_t job) -> Result<Compiled> {
    const TempDir folder = TRY(TempDir::make("suture-unit"));
    const UnitFlags& unit = units[job / 2];
    return job % 2 == 0 ? compile_original(kbuild, tree, unit, folder)
                        : compile_patched(kbuild, tree, unit, folder);
  };
  {
    std::vector<std::jthread> workers;
    for (unsigned i = 0; i < std::min<std::size_t>(jobs, std::max(1u, std::thread::hardware_concurrency()));
         ++i) {
      workers.emplace_back([&] {
        for (std::size_t job = next++; job < jobs; job = next++) {
          objects[job] = work(job);
          const std::scoped_lock lock(report);
          progress.step("compile " + units[job / 2].unit, ++done, jobs);
        }
      });
    }
  }
  std::vector<CompiledUnit> compiled;
  for (std::size_t i = 0; i < units.size(); ++i) {
    Compiled original = TRY(std::move(*objects[2 * i]));
    Compiled patched = TRY(std::move(*objects[2 * i + 1]));
    compiled.push_back({.flags = units[i],
                        .original = std::move(original.object),
                        .patched = std::move(patched.object),
                        .original_layouts = std::move(original.layouts),
                        .patched_layouts = std::move(patched.layouts)});
  }
  return compiled;
}

}  // namespace suture
