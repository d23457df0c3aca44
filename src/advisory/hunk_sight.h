// SPDX-License-Identifier: Apache-2.0
//
// Does a source hold the lines that a fix takes away, or those that it brings?
//
// Versions of one file differ around a fix, so its lines are looked for together with as many of the lines
// around them as can be found, fewer and fewer. Both forms are looked for at each step: the one that is found
// with more around it is there. What is found in neither form is not judged here.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "advisory/code_change.h"
#include "advisory/source_text.h"

namespace suture {

enum class Sight : std::uint8_t {
  kBefore,       ///< as it was before the fix
  kAfter,        ///< as it is with the fix
  kItemMissing,  ///< none of what the lines may be in is there
  kUnclear,
  kNothing,  ///< the hunk changes comments and blanks only
};

struct HunkSight {
  Sight sight = Sight::kUnclear;
  std::uint32_t line = 0;  ///< in the file that was looked at; 0: nowhere
  std::string item{};      ///< what is there at that line
  /// Lines that go were found, not just a place at which lines are missing.
  bool removed_found = false;
  bool added_missing = false;  ///< of kUnclear: not one of the new lines is in the item
};

/// `items`: the names of what the fix changes in this file; empty: anything.
HunkSight look_for(const ChangedLines& hunk, const std::vector<std::string>& items, const SourceText& text);

/// All changes of a file, in order. Changes with only a few lines between them are looked for as one: two
/// statements that change places are, each by itself, in both forms.
std::vector<HunkSight> look_for_all(const std::vector<ChangedLines>& changes,
                                    const std::vector<std::string>& items, const SourceText& text);

}  // namespace suture
