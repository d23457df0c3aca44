// SPDX-License-Identifier: Apache-2.0
//
// What entries of debug information are made of: their kinds are told once, in .debug_abbrev, and each entry
// names its kind by number. DWARF 5, section 7.5.3.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/file.h"

namespace suture {

/// Not a form of DWARF: bytes that nobody looks at.
inline constexpr std::uint16_t kSkipped = 0xffff;

struct Attribute {
  std::uint16_t name = 0;
  std::uint16_t form = 0;
  std::int64_t implicit = 0;  ///< of DW_FORM_implicit_const the value; of kSkipped the number of bytes
};

struct Abbreviation {
  std::uint16_t tag = 0;  ///< 0: there is none of this number
  bool has_children = false;
  std::vector<Attribute> attributes;
};

/// By their number.
using Abbreviations = std::vector<Abbreviation>;

/// The table at `offset` of .debug_abbrev; nothing when it is broken.
std::optional<Abbreviations> read_abbreviations(ByteView bytes, std::uint64_t offset,
                                                std::size_t address_size);

}  // namespace suture
