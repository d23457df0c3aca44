// SPDX-License-Identifier: Apache-2.0
//
// Which line of the source an instruction was made from: DWARF 5, section 6.2; versions 2 to 4 differ in how
// they list files. A library which sorts all lines of the unit first, and joins the names of all its files,
// takes longer over one question than all other passes take together.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "delta/debug_entries.h"

namespace suture {

class DebugLines {
 public:
  struct Place {
    std::uint64_t file = 0;  ///< its number in the table
    int line = 0;
  };

  DebugLines() = default;
  /// The table at `offset` of `lines`, which is .debug_line, relocated. Empty when it is broken.
  DebugLines(ByteView lines, std::uint64_t offset, const DebugSections& texts);

  std::optional<Place> at(std::uint64_t address) const;
  /// As the compiler was told it. `folder` is where it was started: files before DWARF 5 may be relative to
  /// it.
  std::optional<std::string> file(std::uint64_t number, std::string_view folder) const;

 private:
  /// Code from `begin` up to `end`.
  struct Row {
    std::uint64_t begin;
    std::uint64_t end;
    Place place;
  };
  struct File {
    const char* name;
    std::uint64_t folder;
  };
  friend class LineReader;

  std::vector<Row> rows_;
  std::vector<const char*> folders_;
  std::vector<File> files_;
};

}  // namespace suture
