// SPDX-License-Identifier: Apache-2.0
//
// Where the values of a variable begin and end. A change from 0 to 7 differs in one byte of a long; but what
// the kernel holds there is right or wrong as a whole, and is replaced as a whole.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "delta/type_layout.h"

namespace suture {

/// Offsets in a variable, in bytes; `behind` is the first that is no part of it.
struct ByteRange {
  std::uint64_t first = 0;
  std::uint64_t behind = 0;

  bool operator==(const ByteRange&) const = default;
};

/// The range, widened so that it cuts through no integer, pointer or enumeration; of a union, through none of
/// either form. Nothing when `types` knows no variable of that name and size (bytes). Of several with one
/// name, static ones in functions, all are obeyed.
std::optional<ByteRange> whole_values(const Types& types, std::string_view variable, std::uint64_t size,
                                      ByteRange range);

}  // namespace suture
