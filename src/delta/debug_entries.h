// SPDX-License-Identifier: Apache-2.0
//
// Reads the entries (DIEs) of .debug_info in one pass from front to back, and keeps of each what matters to
// patches. DWARF 5, sections 2 and 7; versions 2 to 4 differ in headers and numbers of forms only. A library
// that looks up each entry on request takes longer for the tens of thousands in a unit than all other passes
// together.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/file.h"

namespace suture {

using EntryId = std::uint32_t;
inline constexpr EntryId kNoEntry = 0xffffffff;

/// A text in one of the sections, which lives as long as that. Most are only compared, or not looked at, so
/// the length is counted by whoever asks.
class DebugName {
 public:
  DebugName() = default;
  /// A zero byte must follow.
  explicit DebugName(const char* text) : text_(text) {}
  bool empty() const { return *text_ == 0; }
  operator std::string_view() const { return text_; }
  bool operator==(const DebugName& other) const { return std::strcmp(text_, other.text_) == 0; }
  friend bool operator==(const DebugName& name, std::string_view text) {
    return std::string_view(name) == text;
  }

 private:
  const char* text_ = "";
};

struct DebugEntry {
  std::uint16_t tag = 0;       ///< DW_TAG_*
  std::uint16_t bit_size = 0;  ///< of bit-fields
  bool declaration = false;    ///< what it declares is defined elsewhere
  EntryId parent = kNoEntry;   ///< the entries below it follow it directly, up to `end`
  EntryId end = 0;
  EntryId type = kNoEntry;    ///< kNoEntry: void, or it has none
  EntryId origin = kNoEntry;  ///< the entry that this one completes: of an inlined call, the function
  DebugName name{};
  std::uint64_t size = 0;  ///< bytes
  std::int64_t value = 0;  ///< of members the offset in bits; of enumerators the value; of bounds the
                           ///< number of elements, -1 when open; of base types the encoding
};

/// Where the code of a function is: from `low` to `high`, or in several places.
struct DebugCode {
  EntryId function = kNoEntry;
  std::uint32_t offset = 0;  ///< of the entry, in .debug_info
  bool scattered = false;    ///< DW_AT_ranges tells
  std::uint64_t low = 0;
  std::uint64_t high = 0;
};

/// Uncompressed and relocated; those that are not there are empty.
struct DebugSections {
  ByteView info;
  ByteView abbreviations;
  ByteView strings;       ///< .debug_str
  ByteView line_strings;  ///< .debug_line_str
};

struct DebugEntries {
  std::vector<DebugEntry> entries;  ///< each before those below it; without the parameters of calls
  std::vector<DebugCode> code;      ///< of functions that have any
  std::vector<EntryId> naming;      ///< what gives types names: they, typedefs and variables, that have one
};

/// "delta.debug-info" when the sections are broken, or of a form that compilers of kernels do not write
/// (64-bit DWARF, indirect strings, types in sections of their own).
Result<DebugEntries> read_debug_entries(const DebugSections& sections);

}  // namespace suture
