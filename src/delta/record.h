// SPDX-License-Identifier: Apache-2.0
//
// What a delta's object is for, kept inside of it: which function of which object each shipped one replaces.
// An object of its own travels without the two that it was made of, and must still say how to link it. The
// record is JSON in the section `.suture.delta`, which is not allocated: no linker ships it by mistake.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/json_fwd.h"
#include "delta/delta.h"
#include "elf/object.h"

namespace suture {

inline constexpr std::string_view kDeltaRecordSection = ".suture.delta";

struct DeltaRecord {
  struct Function {
    std::string name;    ///< in the running kernel
    std::string symbol;  ///< the new code's, in this object
    /// Which one of that name, as livepatch counts: from 1 in address order, 0 when it is the only one.
    /// Nothing: no symbol table was there to tell.
    std::optional<std::uint32_t> sympos{};
    std::uint64_t old_size = 0;  ///< bytes
    std::uint64_t new_size = 0;
    bool module_exit = false;  ///< as ReplacedFunction::module_exit
    bool operator==(const Function&) const = default;
  };
  /// Undefined here.
  struct Need {
    std::string name;
    std::string object{};  ///< where it is; empty: no symbol table was there to tell
    std::optional<std::uint32_t> sympos{};
    bool operator==(const Need&) const = default;
  };

  std::string unit;
  std::string object;  ///< "vmlinux", or the module that the unit is part of
  std::vector<Function> functions{};
  std::vector<std::string> added{};
  std::vector<Need> needs{};
  std::vector<DeltaNote> notes{};
};

/// Functions and needs in the order of Delta's, without positions.
DeltaRecord make_delta_record(const Delta& delta, std::string_view object);

Json to_json(const DeltaRecord& record);
/// "delta.record-malformed"
Result<DeltaRecord> parse_delta_record(const Json& json);

/// Puts it into the object, in the place of one that is there.
void write_delta_record(elf::Object& object, const DeltaRecord& record);
/// Nothing when the object has none: it is no delta. "delta.record-malformed", or of JSON's "json.…", when
/// what it has is not one.
Result<std::optional<DeltaRecord>> read_delta_record(const elf::Object& object);

}  // namespace suture
