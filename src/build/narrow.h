// SPDX-License-Identifier: Apache-2.0
//
// Of the units that include a changed header, those whose code may differ: all others need not be compiled.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/terminal.h"
#include "build/kbuild.h"
#include "build/patched_tree.h"

namespace suture {

struct Narrowed {
  std::vector<UnitFlags> units;  ///< to compile, in the order given
  std::size_t same = 0;          ///< others: their text is the same …
  std::size_t unused = 0;        ///< … or differs only in what they do not use (text_effect.h)
  /// Those of the others which include a generated header that no package holds. They were judged as if that
  /// was empty: it is the same before and after, but might use what differs.
  std::vector<std::string> in_part;
  std::set<std::string> absent;  ///< such headers
};

/// Preprocesses each unit from the pristine and from the patched tree, several at once, and compares.
/// "build.generated-file-missing" when one that may change cannot be compiled.
Result<Narrowed> narrow(const Kbuild& kbuild, const PatchedTree& tree, std::vector<UnitFlags> units,
                        Progress& progress);

}  // namespace suture
