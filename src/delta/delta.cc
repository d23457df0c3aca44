// SPDX-License-Identifier: Apache-2.0
#include "delta/delta.h"

#include "delta/check.h"
#include "delta/compare.h"
#include "delta/correlate.h"
#include "delta/emit.h"
#include "delta/select.h"
#include "delta/special_sections.h"
#include "delta/unit.h"

namespace suture {

Result<Delta> make_delta(const elf::Object& original_object, const elf::Object& patched_object,
                         std::string name, const DeltaOptions& options) {
  // Cut both objects into functions, variables and strings, and make references between those of relocations.
  const Unit original = TRY(Unit::cut(original_object, name));
  const Unit patched = TRY(Unit::cut(patched_object, name));

  // Find the entries of the kernel's tables (alternatives, WARNs, faulting instructions) that each function
  // has.
  const SpecialEntries original_entries = TRY(SpecialEntries::read(original, options));
  const SpecialEntries patched_entries = TRY(SpecialEntries::read(patched, options));

  // Find for each function and variable the one that it was before.
  const Correlation correlation = correlate(original, patched);

  // Compare each with what it was.
  const std::vector<AtomId> changed =
      changed_atoms(original, original_entries, patched, patched_entries, correlation);

  // Add what the changed functions need and the kernel lacks.
  const Selection selection = TRY(select_shipped(original, patched, patched_entries, correlation, changed));

  // Refuse what the kernel could not patch.
  TRY(check_shippable(original, original_entries, patched, correlation, selection));

  // Write it down as an object of its own.
  return emit_delta(original, patched, patched_entries, correlation, selection);
}

}  // namespace suture
