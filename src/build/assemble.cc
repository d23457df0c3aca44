// SPDX-License-Identifier: Apache-2.0
#include "build/assemble.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/hash.h"
#include "build/difference_text.h"
#include "build/resolve.h"
#include "module/late_entries.h"

namespace suture {
namespace {

RiskFact risk_of(const SilentTracepoint& tracepoint) {
  return {.code = "risk.tracepoint-off",
          .function = tracepoint.function,
          .place = fmt::format("{}+{:#x}", tracepoint.function, tracepoint.offset),
          .text = fmt::format("the tracepoint {} tells nothing while the patch is applied: it is of a module "
                              "that may be loaded later than the patch",
                              tracepoint.name)};
}

}  // namespace

Patchset empty_patchset(const Target& target, std::uint32_t level) {
  Patchset patchset;
  patchset.target = target.id;
  patchset.level = level;
  patchset.tool = "suture " SUTURE_VERSION;
  return patchset;
}

std::string module_name(std::string_view engine, std::uint32_t level) {
  return fmt::format("{}{}", engine == kStopMachineEngine ? "suture_stop_" : "suture_", level);
}

Result<Delta> compare_unit(const CompiledUnit& unit, const DeltaOptions& declared) {
  DeltaOptions options = declared;
  options.object = unit.flags.object;
  options.original_debug = &unit.original_debug;
  options.patched_debug = &unit.patched_debug;
  return make_delta(unit.original, unit.patched, unit.flags.unit, options);
}

Result<void> Assembly::expose(const CompiledUnit& unit, const Delta& delta) {
  if (delta.exposed.empty()) return {};
  const ShippedObject& home = *TRY(shipped_.object(unit.flags.object));
  const Unit original = TRY(Unit::cut(unit.original, unit.flags.unit));
  const Evidence evidence = check_against_shipped(original, home);
  for (const std::uint32_t symbol : delta.exposed) {
    const AtomId id = original.atom_of(symbol);
    const std::string& name = original.atom(id).name;
    const std::optional<std::uint64_t>& address = evidence.address_of[id];
    // What was inlined everywhere is nowhere; whoever needs it is told.
    if (!address) continue;
    exposed_.emplace(name, TRY(source_at(home, name, *address)));
  }
  return {};
}

Result<void> Assembly::add(const CompiledUnit& unit, Delta delta) {
  const ShippedObject& home = *TRY(shipped_.object(unit.flags.object));
  const Unit original = TRY(Unit::cut(unit.original, unit.flags.unit));
  const Evidence evidence = check_against_shipped(original, home);
  PatchedObject& object = object_named(unit.flags.object);
  object.evidence.push_back(evidence.record);
  TRY(prove(delta, original, evidence, home));
  auto kept = std::make_unique<Delta>(std::move(delta));
  LinkPart part = TRY(resolve_needs(
      *kept, original, evidence,
      {.home = home, .kernel = shipped_.kernel(), .exports = shipped_.exports(), .exposed = exposed_},
      namespaces_));
  TRY(check_update_pointers(*kept, part));
  for (const SilentTracepoint& tracepoint : drop_late_entries(kept->object, part.sources))
    patchset_.risks.push_back(risk_of(tracepoint));
  patches_.push_back({.object = unit.flags.object, .delta = std::move(kept), .part = std::move(part)});
  return {};
}

/// Replaced functions are of the kernel that runs, byte for byte, and the engine must find just them.
Result<void> Assembly::prove(const Delta& delta, const Unit& original, const Evidence& evidence,
                             const ShippedObject& home) {
  for (const DeltaFunction& function : delta.functions) {
    const AtomId id = original.atom_of(function.original_symbol);
    if (!evidence.proven[id]) {
      return fail(
          "build.not-as-shipped", fmt::format("check {} against {}", original.name(), home.name()),
          fmt::format("{}, compiled from the unpatched source, is not what the kernel has: {}", function.name,
                      difference_text(original, id, find_difference(original, evidence, id, home), home)),
          "source, configuration or compiler are not those of this kernel; nothing was built");
    }
    const std::uint64_t address = *evidence.address_of[id];
    if (function.entry) TRY(take_entry(function, address, home));
    object_named(home.name())
        .functions.push_back({.name = function.name,
                              .sympos = TRY(sympos_of(home, function.name, address)),
                              .old_size = function.old_size,
                              .new_size = function.new_size,
                              .module_exit = function.module_exit});
  }
  return {};
}

/// Where the code lies has a say in the length of jumps, so it may begin otherwise than as compiled here.
Result<void> Assembly::take_entry(const DeltaFunction& function, std::uint64_t address,
                                  const ShippedObject& home) {
  JumpEntry entry = *function.entry;
  const std::optional<ByteView> shipped = home.bytes(address, entry.length);
  bool same = shipped.has_value();
  for (std::size_t i = 0; same && i < entry.length; ++i)
    same = (((*shipped)[i] ^ entry.bytes[i]) & entry.mask[i]) == 0;
  if (!same) {
    return fail("build.entry-differs", fmt::format("find room for a jump in {}", home.name()),
                fmt::format("{} has no ftrace entry, and begins with other instructions than compiled here",
                            function.name),
                "express the change in a function that calls it");
  }
  std::ranges::copy(*shipped, entry.bytes.begin());
  const std::size_t index = object_named(home.name()).functions.size();
  entries_.push_back({.object = index_of(home.name()), .function = index, .entry = entry});
  return {};
}

PatchedObject& Assembly::object_named(const std::string& name) {
  auto& objects = patchset_.objects;
  const auto found = std::ranges::find(objects, name, &PatchedObject::name);
  if (found != objects.end()) return *found;
  return objects.emplace_back(PatchedObject{.name = name, .functions = {}, .evidence = {}});
}

std::size_t Assembly::index_of(const std::string& object) const {
  const auto found = std::ranges::find(patchset_.objects, object, &PatchedObject::name);
  return static_cast<std::size_t>(found - patchset_.objects.begin());
}

Hooks Assembly::find_hooks() const {
  std::vector<HookSource> sources;
  for (const Patch& patch : patches_)
    sources.push_back({.delta = patch.delta.get(), .object = index_of(patch.object)});
  return hooks_of(sources);
}

LinkInput Assembly::link_input(const Hooks& hooks) const {
  LinkInput input{.glue = {},
                  .deltas = {},
                  .aliases = hooks.aliases,
                  .module_layout_crc = shipped_.module_layout_version()};
  std::map<std::string, std::size_t> seen;  // functions of each object so far, in the manifest's order
  for (const Patch& patch : patches_) {
    for (const DeltaFunction& function : patch.delta->functions) {
      input.aliases.push_back({.name = glue_symbol(index_of(patch.object), seen[patch.object]++),
                               .part = input.deltas.size(),
                               .symbol = function.symbol,
                               .replaces = true});
    }
    input.deltas.push_back(patch.part);
  }
  return input;
}

Result<Bytes> Assembly::link(GlueCompiler& glue_compiler, std::string_view engine) {
  const bool stop_machine = engine == kStopMachineEngine;
  const std::string name = module_name(engine, patchset_.level);
  const Hooks hooks = find_hooks();
  LinkInput input = link_input(hooks);
  GlueInput tables{.objects = patchset_.objects,
                   .namespaces = namespaces_,
                   .level = patchset_.level,
                   .steps = hooks.steps,
                   .updates = hooks.updates};
  LateTables late;
  if (stop_machine) {
    input.anchor = TRY(find_anchor());
    late = late_tables(input.deltas);
    for (std::size_t i = 0; i < late.places.size(); ++i) {
      const LatePlace& place = late.places[i];
      input.places.push_back({glue_place(i), place.part, place.section, place.offset});
    }
    tables.stop_machine =
        GlueStopMachine{.build_id = patchset_.target.build_id, .entries = entries_, .late = late};
  }
  const elf::Object glue = TRY(glue_compiler.compile(tables, name));
  input.glue = {.object = &glue, .patches = "vmlinux", .sources = TRY(glue_sources(glue, late))};
  Bytes module = TRY(elf::serialize(TRY(link_module(input))));
  patchset_.modules.push_back({.engine = std::string(engine),
                               .name = name,
                               .file = name + ".ko",
                               .sha256 = sha256_hex(module),
                               .size = module.size()});
  return module;
}

/// Any would do which is there once and moves with the kernel.
Result<Anchor> Assembly::find_anchor() const {
  for (const char* name : {"schedule", "_printk", "printk", "kfree"}) {
    const auto entry = shipped_.exports().find(name);
    const std::vector<std::uint64_t> places = shipped_.kernel().addresses_of(name);
    const bool fits = entry != shipped_.exports().end() && entry->second.home == "vmlinux" &&
                      entry->second.symbol_namespace.empty() && places.size() == 1;
    if (fits) return Anchor{.name = name, .crc = entry->second.crc, .address = places.front()};
  }
  return fail("build.no-anchor", "make a module for the stop-machine engine",
              "this kernel exports neither schedule() nor printk() nor kfree()");
}

/// All that the glue calls is exported. Else it names where symbols are that the engine looks up.
Result<std::vector<std::optional<SymbolSource>>> Assembly::glue_sources(const elf::Object& glue,
                                                                        const LateTables& late) const {
  std::map<std::string, SymbolSource> addresses;
  for (std::size_t i = 0; i < late.sources.size(); ++i) addresses.emplace(glue_address(i), late.sources[i]);
  std::vector<std::optional<SymbolSource>> sources(glue.symbols.size());
  for (std::size_t i = 0; i < glue.symbols.size(); ++i) {
    const elf::Symbol& symbol = glue.symbols[i];
    if (symbol.section != elf::kUndefined) continue;
    if (const auto found = addresses.find(symbol.name); found != addresses.end()) {
      sources[i] = found->second;
    } else if (shipped_.exports().contains(symbol.name)) {
      sources[i] = SymbolSource{.exported_crc = TRY(shipped_.version_of(symbol.name))};
    }
  }
  return sources;
}

}  // namespace suture
