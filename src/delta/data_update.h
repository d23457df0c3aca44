// SPDX-License-Identifier: Apache-2.0
//
// A changed initial value of a variable that exists says nothing to the running kernel: its copy has been in
// use since boot. Where an author declares that the running copy shall change, too, this pass finds out what
// to write where. One aligned word is written in one piece, so every reader sees the old or the new value.
// Two are not, and no machine can tell whether readers cope with one of each: that wants an author's
// callback.
//
// The word is the smallest that holds the values which differ, each as a whole (debug information tells where
// they begin): the kernel's is checked and replaced as a whole, and what lies beside it, and may have changed
// since boot, is left alone.
#pragma once

#include <vector>

#include "delta/correlate.h"
#include "delta/delta.h"
#include "delta/unit_pair.h"

namespace suture {

/// A word of a variable, with its old and new content.
struct DataUpdate {
  AtomId original = kNoAtom;
  AtomId patched = kNoAtom;
  std::uint64_t offset = 0;  ///< in the variable
  std::uint64_t width = 0;   ///< bytes: 1, 2, 4, 8
};

/// Takes the variables of DeltaOptions::updated_data out of `changed`. "delta.update-not-atomic" (more than
/// one word, or another size), "delta.update-pointer" (the value is the address of something that comes with
/// the patch or has no name in the kernel), "delta.update-unknown-type" (no debug information).
Result<std::vector<DataUpdate>> take_data_updates(const UnitPair& units, const Correlation& correlation,
                                                  const DeltaOptions& options, std::vector<AtomId>& changed);

/// Adds a `struct suture_update` (module/runtime/suture.h) for each to the delta, and the note
/// "delta.copied-at-run-time" for each function that seems to copy such a variable.
void add_data_updates(const std::vector<DataUpdate>& updates, const UnitPair& units,
                      const Correlation& correlation, Delta& delta);

}  // namespace suture
