// SPDX-License-Identifier: Apache-2.0
//
// The proof that a unit was compiled as the kernel was: each function, compiled from the unpatched source,
// against the bytes that are shipped.
//
// Code must be equal outside of fields that relocations fill (code_match.h). Of those, the field as shipped
// tells an address: it must be that of the symbol which the relocation names; two references to one variable
// must agree where it is; and a string must read the same. In passing this tells where each static function
// and variable of the unit really lies, which among several of one name could not be told from names.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "base/error.h"
#include "delta/unit.h"
#include "image/shipped_object.h"
#include "patchset/patchset.h"

namespace suture {

struct Evidence {
  UnitEvidence record;
  std::vector<bool> proven;  ///< by atom of the unit: a function that is as shipped
  std::vector<std::optional<std::uint64_t>> address_of;  ///< by atom: in the shipped object
  std::map<std::string, std::uint64_t> outside;          ///< symbols from elsewhere that the unit refers to
};

/// Weak definitions that lost against another unit's are not compared: they are not there.
Evidence check_against_shipped(const Unit& unit, const ShippedObject& shipped);

/// Where a function that was not proven parts from what is shipped.
struct Difference {
  enum class Kind : std::uint8_t {
    kOverridden,  ///< a weak definition; the kernel has another unit's
    kNotThere,    ///< nothing has that name: it is inlined everywhere, or was taken out by the linker
    kCode,        ///< bytes outside of relocated fields
    kReference,   ///< a field leads elsewhere
    kSeveral,     ///< more than one place fits, or what is there belongs to another function
  };
  Kind kind = Kind::kNotThere;
  std::uint64_t offset = 0;   ///< in the function: of the first byte or instruction, or of the field
  std::uint64_t address = 0;  ///< of the function as shipped; of several, of the one that fits farthest
  std::uint64_t shipped_offset = 0;  ///< in that: of the same
};

/// `function` is an atom of the unit which `evidence` of that unit has not proven.
Difference find_difference(const Unit& unit, const Evidence& evidence, AtomId function,
                           const ShippedObject& shipped);

}  // namespace suture
