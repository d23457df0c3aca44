// SPDX-License-Identifier: Apache-2.0
#include "delta/delta.h"

#include "delta/callbacks.h"
#include "delta/check.h"
#include "delta/compare.h"
#include "delta/correlate.h"
#include "delta/data_update.h"
#include "delta/emit.h"
#include "delta/layout.h"
#include "delta/risk.h"
#include "delta/select.h"
#include "delta/unit_pair.h"

namespace suture {

Result<Delta> make_delta(const elf::Object& original_object, const elf::Object& patched_object,
                         const std::string& name, const DeltaOptions& options) {
  // Cut both objects into functions, variables and strings, and make references between those of relocations.
  InstructionFields decoded;
  Unit original = TRY(Unit::cut(original_object, name, decoded));
  Unit patched = TRY(Unit::cut(patched_object, name, decoded));

  // Find the entries of the kernel's tables (alternatives, WARNs, faulting instructions) that each function
  // has.
  SpecialEntries original_entries = TRY(SpecialEntries::read(original, options));
  SpecialEntries patched_entries = TRY(SpecialEntries::read(patched, options));
  const UnitPair units{.object = options.object,
                       .jumps = options.jumps,
                       .original = std::move(original),
                       .patched = std::move(patched),
                       .original_entries = std::move(original_entries),
                       .patched_entries = std::move(patched_entries)};

  // Find for each function and variable the one that it was before.
  const Correlation correlation = correlate(units.original, units.patched);

  // Compare each with what it was.
  std::vector<AtomId> changed = changed_atoms(units, correlation);

  // What the author declared or added for the patch's own sake: data to write into the running kernel,
  // functions to call when the patch comes and goes.
  const std::vector<DataUpdate> updates = TRY(take_data_updates(units, correlation, options, changed));
  const std::vector<CallbackAtom> callbacks = TRY(read_callbacks(units.patched, correlation));
  for (const CallbackAtom& callback : callbacks) changed.push_back(callback.function);

  // Add what the changed functions need and the kernel lacks, and the callers of those it cannot redirect.
  Selection selection = TRY(select_shipped(units, correlation, changed));

  // Refuse what the kernel could not patch, and tell what is left out.
  TRY(check_shippable(units, correlation, selection));

  // Refuse code that sees data in another form than the kernel's.
  LayoutFindings layouts;
  if (options.original_debug != nullptr && options.patched_debug != nullptr) {
    layouts = TRY(check_layouts(units.patched, selection, *options.original_debug, *options.patched_debug,
                                options.accepted_layouts));
  }

  // Tell whoever signs it what to look at.
  std::vector<RiskFact> risks = std::move(layouts.risks);
  for (RiskFact& fact : assess_risks({.units = units,
                        .correlation = correlation,
                        .selection = selection,
                        .debug = options.patched_debug}))
    risks.push_back(std::move(fact));

  // Write it down as an object of its own.
  Delta delta = emit_delta(units, correlation, std::move(selection));
  add_data_updates(updates, units, correlation, delta);
  add_callbacks(callbacks, units.patched, delta);
  delta.notes.insert(delta.notes.end(), layouts.notes.begin(), layouts.notes.end());
  delta.risks = std::move(risks);
  return delta;
}

}  // namespace suture
