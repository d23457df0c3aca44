// SPDX-License-Identifier: Apache-2.0
//
// What deltas want done beside the replacing of functions, as the glue's tables want it.
#pragma once

#include <vector>

#include "delta/delta.h"
#include "module/glue.h"
#include "module/link.h"

namespace suture {

struct HookSource {
  const Delta* delta = nullptr;  ///< in the order of LinkInput::deltas
  std::size_t object = 0;        ///< index into GlueInput::objects
};

struct Hooks {
  std::vector<GlueStep> steps;
  std::vector<GlueUpdate> updates;
  std::vector<LinkInput::Alias> aliases;
};

/// The first PRE_PATCH of a unit belongs with its first POST_UNPATCH, and so on.
Hooks hooks_of(const std::vector<HookSource>& sources);

/// Data of the kernel may get the address only of what the kernel has. A symbol which no kernel object
/// defines is defined by another unit of the patch: "delta.update-pointer".
Result<void> check_update_pointers(const Delta& delta, const LinkPart& part);

}  // namespace suture
