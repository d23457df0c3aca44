// SPDX-License-Identifier: Apache-2.0
//
// The part of a patch module that is C: the tables which tell the kernel's livepatch what to redirect,
// authors' callbacks and updates of data with the code that runs them (runtime/), and what every module must
// have. It is compiled for each patchset against the target's own headers, for only they know how large
// `struct module` is.
#pragma once

#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "patchset/patchset.h"

namespace suture {

/// Callbacks of one author that belong together, by CallbackKind: names of undefined symbols; empty: none.
struct GlueStep {
  std::size_t object = 0;  ///< index into GlueInput::objects
  std::string name;        ///< the next level knows by it what it takes over
  std::array<std::string, 4> callbacks;
};

/// A variable to be changed in place.
struct GlueUpdate {
  std::size_t object = 0;
  std::string variable;
  std::string symbol;  ///< undefined: a struct suture_update (runtime/suture.h)
};

struct GlueInput {
  std::vector<PatchedObject> objects;  ///< functions with name, sympos and module_exit
  std::set<std::string> namespaces;    ///< of exported symbols in use
  std::uint32_t level = 0;
  std::vector<GlueStep> steps{};  ///< of each object in the order to do them
  std::vector<GlueUpdate> updates{};
};

/// Name of the undefined symbol by which the glue refers to the new code of a function: both count from 0.
std::string glue_symbol(std::size_t object, std::size_t function);

/// The C source. "module.bad-name" when a name could not stand in it.
Result<std::string> glue_source(const GlueInput& input);

}  // namespace suture
