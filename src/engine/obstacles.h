// SPDX-License-Identifier: Apache-2.0
//
// What on this host stands in the way of a live patch, or would make it silently useless: other patchers,
// switches of the kernel, probes on the functions to be replaced. Found before anything is loaded, so that
// nothing is half applied and nobody's patch is fought over.
#pragma once

#include <string>
#include <vector>

#include "engine/host.h"
#include "patchset/patchset.h"

namespace suture {

struct Obstacle {
  std::string code;     ///< as of an Error: "engine.foreign-livepatch"
  bool blocks = false;  ///< nothing is applied while it lasts; else it is for people to know
  std::string text;     ///< what is the matter
  std::string hint;     ///< what to do about it
};

/// Of a patchset that one of `engines` is to apply, or of the host as such (null). What cannot be read is
/// taken for not being there: an ordinary user sees less than root.
std::vector<Obstacle> find_obstacles(const HostPaths& paths, const Patchset* patchset,
                                     const std::vector<std::string>& engines);

}  // namespace suture
