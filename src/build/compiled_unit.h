// SPDX-License-Identifier: Apache-2.0
//
// One unit, compiled from the source as it was and with the fixes in it.
#pragma once

#include <filesystem>
#include <vector>

#include "base/error.h"
#include "base/terminal.h"
#include "build/kbuild.h"
#include "build/patched_tree.h"
#include "delta/debug_info.h"
#include "elf/object.h"

namespace suture {

struct CompiledUnit {
  UnitFlags flags;
  elf::Object original;
  elf::Object patched;
  DebugInfo original_debug;
  DebugInfo patched_debug;
};

/// Writes the object that the unpatched source gives, or the one with the fixes in it.
Result<void> compile_original(const Kbuild& kbuild, const PatchedTree& tree, const UnitFlags& unit,
                              const std::filesystem::path& object);
Result<void> compile_patched(const Kbuild& kbuild, const PatchedTree& tree, const UnitFlags& unit,
                             const std::filesystem::path& object);

/// Reads a pair of objects that the two wrote, now or in an earlier run.
Result<CompiledUnit> read_compiled(const UnitFlags& unit, const std::filesystem::path& original,
                                   const std::filesystem::path& patched);

/// Compiles and reads all of them, `jobs` at once, in the order given.
Result<std::vector<CompiledUnit>> compile_units(const Kbuild& kbuild, const PatchedTree& tree,
                                                const std::vector<UnitFlags>& units, unsigned jobs,
                                                Progress& progress);

}  // namespace suture
