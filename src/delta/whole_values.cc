// SPDX-License-Identifier: Apache-2.0
#include "delta/whole_values.h"

#include <dwarf.h>

#include <algorithm>

namespace suture {
namespace {

/// As deep as types nest in real sources, and more.
constexpr int kDeepest = 16;

class Widening {
 public:
  Widening(const Types& types, ByteRange range) : types_(types), range_(range) {}

  /// Obeys a value of this type, or all those that it is made of.
  void obey(EntryId type, std::uint64_t at, int depth = 0) {
    type = types_.resolve(type);
    const std::uint64_t size = types_.size_of(type);
    if (type == kNoEntry || depth > kDeepest || !overlaps(at, at + size)) return;
    const DebugEntry& entry = types_.entry(type);
    if (entry.tag == DW_TAG_array_type) {
      obey_elements(entry, at, size, depth);
    } else if (entry.tag == DW_TAG_structure_type || entry.tag == DW_TAG_union_type) {
      obey_members(type, at, depth);
    } else {
      include(at, at + size);
    }
  }

  const ByteRange& range() const { return range_; }

 private:
  bool overlaps(std::uint64_t first, std::uint64_t behind) const {
    return first < range_.behind && range_.first < behind;
  }

  void include(std::uint64_t first, std::uint64_t behind) {
    range_ = {std::min(range_.first, first), std::max(range_.behind, behind)};
  }

  /// Those at both ends; what is between them is inside of the range anyway.
  void obey_elements(const DebugEntry& array, std::uint64_t at, std::uint64_t size, int depth) {
    const std::uint64_t width = types_.size_of(array.type);
    if (width == 0) return;
    for (const std::uint64_t byte : {std::max(range_.first, at), std::min(range_.behind, at + size) - 1})
      obey(array.type, at + (byte - at) / width * width, depth + 1);
  }

  void obey_members(EntryId aggregate, std::uint64_t at, int depth) {
    const DebugEntry& entry = types_.entry(aggregate);
    for (EntryId id = aggregate + 1; id < entry.end; id = types_.entry(id).end) {
      const DebugEntry& member = types_.entry(id);
      if (member.tag != DW_TAG_member) continue;
      const auto bit = static_cast<std::uint64_t>(member.value);
      if (member.bit_size == 0) {
        obey(member.type, at + bit / 8, depth + 1);
      } else if (overlaps(at + bit / 8, at + (bit + member.bit_size + 7) / 8)) {
        include(at + bit / 8, at + (bit + member.bit_size + 7) / 8);
      }
    }
  }

  const Types& types_;
  ByteRange range_;
};

}  // namespace

std::optional<ByteRange> whole_values(const Types& types, std::string_view variable, std::uint64_t size,
                                      ByteRange range) {
  bool known = false;
  Widening widening(types, range);
  // Members of a union overlap, so one that was passed may overlap what came later: again, until all is said.
  for (ByteRange before{}; before != widening.range();) {
    before = widening.range();
    for (const DebugEntry& entry : types.entries()) {
      if (entry.tag != DW_TAG_variable) continue;
      const DebugEntry& named = entry.origin == kNoEntry ? entry : types.entry(entry.origin);
      const EntryId type = entry.type == kNoEntry ? named.type : entry.type;
      if (named.name != variable || types.size_of(type) != size) continue;
      known = true;
      widening.obey(type, 0);
    }
  }
  if (!known) return std::nullopt;
  return widening.range();
}

}  // namespace suture
