// SPDX-License-Identifier: Apache-2.0
//
// How structures lie in memory, read from a unit's debug information.
//
// A fix that adds a member compiles, links and loads, and then corrupts memory: objects which were allocated
// before have the old size, and nobody set the new member. Code alone does not show that, debug information
// does.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>

#include "base/error.h"

namespace suture {

/// By name ("struct eventpoll"): each layout that the unit knows under it, written out.
using Layouts = std::map<std::string, std::set<std::string>>;

/// "build.no-debug-info" when the object has none.
Result<Layouts> read_layouts(const std::filesystem::path& object);

/// "build.layout-changed" names the first structure that both know and know differently.
Result<void> check_layouts(const Layouts& original, const Layouts& patched, const std::string& unit);

}  // namespace suture
