// SPDX-License-Identifier: Apache-2.0
//
// Functions that an author wants called when the patch comes and goes. The macros of include/suture/patch.h
// leave a pointer to each in a section ".suture.KIND" of the patched object. The pointers say which functions
// to ship; the sections themselves are not shipped, since the module's glue calls the functions by name.
#pragma once

#include <vector>

#include "delta/correlate.h"
#include "delta/delta.h"
#include "delta/unit.h"

namespace suture {

struct CallbackAtom {
  CallbackKind kind = CallbackKind::kPrePatch;
  AtomId function = kNoAtom;  ///< of the patched unit
};

/// In the order of the source. "delta.callback-unknown" (a section of no kind that we know),
/// "delta.callback-not-added" (not a function that comes with the fix), "delta.callbacks-unpaired" (several
/// of PRE_PATCH and POST_UNPATCH, and it cannot be told which undoes which).
Result<std::vector<CallbackAtom>> read_callbacks(const Unit& patched, const Correlation& correlation);

/// Names them in the delta, which has shipped their functions.
void add_callbacks(const std::vector<CallbackAtom>& callbacks, const Unit& patched, Delta& delta);

/// Whether an object's section is one of the author's, which no kernel knows.
bool is_author_section(std::string_view name);

}  // namespace suture
