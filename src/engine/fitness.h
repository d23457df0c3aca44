// SPDX-License-Identifier: Apache-2.0
//
// What every engine asks before it touches the kernel: is this patchset for this kernel, are these its bytes,
// and does nothing on this host stand in the way.
#pragma once

#include <string_view>

#include "engine/engine.h"

namespace suture {

/// The patchset's module for `engine`. Refusals: engine.not-root, engine.no-module, engine.wrong-kernel,
/// engine.wrong-module (its name, or the bytes that `files` has), and what blocks in engine/obstacles.h.
Result<PatchModule> fitting_module(const HostPaths& paths, const Patchset& patchset,
                                   const PatchsetFiles& files, std::string_view engine);

}  // namespace suture
