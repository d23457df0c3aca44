// SPDX-License-Identifier: Apache-2.0
//
// The part of a patch module that is C: the tables which tell the kernel's livepatch what to redirect, and
// what every module must have. It is compiled for each patchset against the target's own headers, for only
// they know how large `struct module` is.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "patchset/patchset.h"

namespace suture {

struct GlueInput {
  std::vector<PatchedObject> objects;  ///< functions with name and sympos
  std::set<std::string> namespaces;    ///< of exported symbols in use
  std::uint32_t level = 0;
};

/// Name of the undefined symbol by which the glue refers to the new code of a function: both count from 0.
std::string glue_symbol(std::size_t object, std::size_t function);

/// The C source. "module.bad-name" when a name could not stand in it.
Result<std::string> glue_source(const GlueInput& input);

}  // namespace suture
