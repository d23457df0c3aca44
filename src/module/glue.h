// SPDX-License-Identifier: Apache-2.0
//
// The part of a patch module that is C: the tables which tell an engine what to redirect, authors' callbacks
// and updates of data with the code that runs them (runtime/), and what every module must have. It is
// compiled for each patchset against the target's own headers, for only they know how large `struct module`
// is.
//
// Either engine has tables of its own: livepatch those of <linux/livepatch.h>, the stop-machine engine those
// of kmod/suture_patch.h.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "delta/jump_entry.h"
#include "module/late_tables.h"
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

/// For the stop-machine engine: where a function may be redirected that ftrace cannot reach.
struct GlueEntry {
  std::size_t object = 0;  ///< as for glue_symbol()
  std::size_t function = 0;
  JumpEntry entry;
};

/// What the tables of a module for the stop-machine engine say beside functions.
struct GlueStopMachine {
  std::string build_id;  ///< of the kernel
  std::vector<GlueEntry> entries{};
  LateTables late{};
};

struct GlueInput {
  std::vector<PatchedObject> objects;  ///< functions with name, sympos and module_exit
  std::set<std::string> namespaces;    ///< of exported symbols in use
  std::uint32_t level = 0;
  std::vector<GlueStep> steps{};  ///< of each object in the order to do them
  std::vector<GlueUpdate> updates{};
  std::optional<GlueStopMachine> stop_machine{};  ///< nothing: for livepatch
};

/// Name of the undefined symbol by which the glue refers to the new code of a function: both count from 0.
std::string glue_symbol(std::size_t object, std::size_t function);

/// Of the address of late.symbols[index], and of the place of late.places[index].
std::string glue_address(std::size_t index);
std::string glue_place(std::size_t index);

/// The C source. "module.bad-name" when a name could not stand in it.
Result<std::string> glue_source(const GlueInput& input);

}  // namespace suture
