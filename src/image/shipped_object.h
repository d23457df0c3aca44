// SPDX-License-Identifier: Apache-2.0
//
// What was shipped of one kernel object, vmlinux or a module, in one tongue: symbols, bytes, and what a field
// of code points to. A built kernel holds final addresses; a module holds relocations. Both answer here in
// addresses, those of a module being made up (each section, and each symbol of another object, has a range to
// itself).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"

namespace suture {

struct ShippedSymbol {
  std::uint64_t address = 0;
  bool global = false;
  bool weak = false;  ///< a weak definition, no other one having replaced it
};

class ShippedObject {
 public:
  virtual ~ShippedObject() = default;

  /// "vmlinux", or a module as in /proc/modules.
  virtual const std::string& name() const = 0;
  /// All symbols of that name which the object defines, in the order in which livepatch counts them.
  virtual std::vector<ShippedSymbol> find(std::string_view name) const = 0;
  /// Also those which it takes from elsewhere.
  virtual std::vector<std::uint64_t> addresses_of(std::string_view name) const = 0;
  /// Nothing when some of the bytes are not in the file.
  virtual std::optional<ByteView> bytes(std::uint64_t address, std::size_t size) const = 0;
  /// What the field at `address` holds: symbol plus addend of its relocation, before a place is subtracted.
  /// `width` in bytes; `relative`: the field holds the distance from itself; `is_signed`: a short absolute
  /// field is sign-extended.
  virtual std::optional<std::uint64_t> field(std::uint64_t address, std::size_t width, bool relative,
                                             bool is_signed) const = 0;
};

}  // namespace suture
