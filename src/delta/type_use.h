// SPDX-License-Identifier: Apache-2.0
//
// Which types code of a unit uses, as far as debug information tells.
#pragma once

#include <map>
#include <span>
#include <string_view>
#include <vector>

#include "delta/type_layout.h"
#include "delta/unit.h"

namespace suture {

/// How far to follow: kDirect stops where a member is a pointer, kReachable goes on.
enum class Reach : std::uint8_t { kDirect, kReachable };

class TypeUse {
 public:
  TypeUse(const Unit& unit, const Types& types, const DebugInfo& debug);

  /// By entry: types which these functions and variables use. Of a function that debug information does not
  /// know, nothing can be told: then `unknown` is set.
  std::vector<bool> of(std::span<const AtomId> atoms, Reach reach, bool* unknown = nullptr) const;
  /// By entry: what functions and variables of the unit lead to.
  std::vector<bool> of_all() const;
  /// The function's entry; kNoEntry for data, and code that was written in assembly.
  EntryId function_of(AtomId id) const;

 private:
  const Unit& unit_;
  const Types& types_;
  const DebugInfo& debug_;
  std::map<std::string_view, EntryId> named_;  ///< functions and variables of the file's own scope
};

}  // namespace suture
