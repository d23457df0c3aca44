// SPDX-License-Identifier: Apache-2.0
//
// What a compiled unit says of its source: types, the functions that use them, and lines.
//
// An object is not linked, so the fields of its debug sections which relocations fill are empty. They are
// filled in here, in a private copy: an address becomes the section's index in its upper half and the offset
// in the section in its lower one. So every function has an address of its own, and the section can be read
// off it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "delta/debug_entries.h"

namespace suture {

struct SourceLine {
  std::string file;  ///< from the root of the source tree, as far as that can be told: "fs/eventpoll.c"
  int line = 0;
};

/// Move-only; not for use by two threads at once. A file that it reads itself may go once it was read, but
/// not be written over.
class DebugInfo {
 public:
  /// An object without debug information gives an empty one. "delta.debug-info" when it is no object.
  static Result<DebugInfo> read(const std::filesystem::path& path);
  /// The same from a copy, which it keeps, and writes to; `what` names it in errors.
  static Result<DebugInfo> read(FileCopy file, const std::string& what);

  DebugInfo(DebugInfo&&) noexcept;
  DebugInfo& operator=(DebugInfo&&) noexcept;
  ~DebugInfo();

  bool empty() const;
  /// Reads what the others need; of units that do not differ nobody asks. "delta.debug-info" when it is
  /// broken.
  Result<void> load() const;
  /// All entries, each before those below it; none before load().
  const std::vector<DebugEntry>& entries() const;
  /// Those with a name that types may go by: types, typedefs and variables.
  const std::vector<EntryId>& naming_entries() const;
  /// The function whose code holds this place; kNoEntry when that is not known.
  EntryId function_at(std::string_view section, std::uint64_t offset) const;
  /// The line of the function there that the instruction at this place was made from: of code from an inlined
  /// function, the line that calls it.
  std::optional<SourceLine> line_at(std::string_view section, std::uint64_t offset) const;

 private:
  class Session;
  explicit DebugInfo(std::unique_ptr<Session> session);
  std::unique_ptr<Session> session_;
};

}  // namespace suture
