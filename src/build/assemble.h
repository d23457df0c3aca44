// SPDX-License-Identifier: Apache-2.0
//
// From compiled units to the modules of a patchset and what the manifest tells of them: compare, prove, link.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "build/compiled_unit.h"
#include "build/evidence.h"
#include "build/glue_compiler.h"
#include "build/hooks.h"
#include "build/shipped_target.h"
#include "delta/delta.h"
#include "module/late_tables.h"
#include "module/link.h"
#include "patchset/patchset.h"

namespace suture {

/// What is said of every patchset of this level for this target, its content still to come.
Patchset empty_patchset(const Target& target, std::uint32_t level);

/// As in /proc/modules: "suture_1", "suture_stop_1".
std::string module_name(std::string_view engine, std::uint32_t level);

/// What changed between the two objects; empty when they do the same. `declared`: by the fixes; the object is
/// the unit's. Refuses what must not be shipped: "delta.…".
Result<Delta> compare_unit(const CompiledUnit& unit, const DeltaOptions& declared = {});

/// Collects the units of a patch, then links a module of it for each engine.
class Assembly {
 public:
  /// Fills in objects and modules of `patchset`, which empty_patchset() made. Both must outlive it.
  Assembly(ShippedTarget& shipped, Patchset& patchset) : shipped_(shipped), patchset_(patchset) {}

  /// Learns where the functions and variables are that the unit kept to itself and the fix shows to others.
  /// To be called for all units that do before the first add().
  Result<void> expose(const CompiledUnit& unit, const Delta& delta);

  /// Proves that what the unit's delta replaces is what the kernel has, and finds all that it refers to.
  /// "build.not-as-shipped", "build.entry-differs", "build.symbol-ambiguous", "build.symbol-unknown",
  /// "delta.update-pointer".
  Result<void> add(const CompiledUnit& unit, Delta delta);

  /// The bytes of the module for an engine, kKlpEngine or kStopMachineEngine. "module.…".
  Result<Bytes> link(GlueCompiler& glue, std::string_view engine);

 private:
  /// A unit that changes. The part points into the delta.
  struct Patch {
    std::string object;
    std::unique_ptr<Delta> delta;
    LinkPart part;
  };

  Result<void> prove(const Delta& delta, const Unit& original, const Evidence& evidence,
                     const ShippedObject& home);
  Result<void> take_entry(const DeltaFunction& function, std::uint64_t address, const ShippedObject& home);
  PatchedObject& object_named(const std::string& name);
  std::size_t index_of(const std::string& object) const;
  Hooks find_hooks() const;
  LinkInput link_input(const Hooks& hooks) const;
  Result<Anchor> find_anchor() const;
  Result<std::vector<std::optional<SymbolSource>>> glue_sources(const elf::Object& glue,
                                                                const LateTables& late) const;

  ShippedTarget& shipped_;
  Patchset& patchset_;
  std::vector<Patch> patches_;
  std::vector<GlueEntry> entries_;
  std::map<std::string, SymbolSource> exposed_;
  std::set<std::string> namespaces_;
};

}  // namespace suture
