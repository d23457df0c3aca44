// SPDX-License-Identifier: Apache-2.0
#include "delta/same_type.h"

#include <dwarf.h>

namespace suture {
namespace {

/// Types without names nest a few levels deep.
constexpr int kDeepest = 8;

bool is_aggregate(const DebugEntry& entry) {
  return entry.tag == DW_TAG_structure_type || entry.tag == DW_TAG_union_type ||
         entry.tag == DW_TAG_enumeration_type;
}

class Alike {
 public:
  Alike(const Types& before, const Types& after) : before_(before), after_(after) {}

  /// What stands below the two: members, enumerators, bounds, parameters.
  bool inside(EntryId a, EntryId b, int depth) const {
    const DebugEntry& x = before_.entry(a);
    const DebugEntry& y = after_.entry(b);
    if (x.tag != y.tag || x.size != y.size || x.declaration != y.declaration || depth > kDeepest)
      return false;
    EntryId below_a = a + 1;
    EntryId below_b = b + 1;
    while (below_a < x.end && below_b < y.end) {
      const DebugEntry& m = before_.entry(below_a);
      const DebugEntry& n = after_.entry(below_b);
      const bool equal = m.tag == n.tag && m.name == n.name && m.size == n.size && m.value == n.value &&
                         m.bit_size == n.bit_size;
      if (!equal || (m.tag != DW_TAG_subrange_type && !types(m.type, n.type, depth + 1))) return false;
      below_a = m.end;
      below_b = n.end;
    }
    return below_a >= x.end && below_b >= y.end;
  }

 private:
  bool types(EntryId a, EntryId b, int depth) const {
    a = before_.resolve(a);
    b = after_.resolve(b);
    if (a == kNoEntry || b == kNoEntry) return a == b;
    const DebugEntry& x = before_.entry(a);
    const DebugEntry& y = after_.entry(b);
    if (x.tag != y.tag || x.size != y.size || depth > kDeepest) return false;
    // Those with names are compared by themselves; of one in a function, the name does not say all.
    if (is_aggregate(x) && !x.name.empty())
      return x.name == y.name && at_top(before_, x) && at_top(after_, y) && x.declaration == y.declaration;
    if (x.tag == DW_TAG_base_type) return x.value == y.value;
    const bool known = is_aggregate(x) || x.tag == DW_TAG_pointer_type || x.tag == DW_TAG_array_type ||
                       x.tag == DW_TAG_subroutine_type;
    return known && types(x.type, y.type, depth + 1) && inside(a, b, depth + 1);
  }

  static bool at_top(const Types& types, const DebugEntry& entry) {
    return entry.parent != kNoEntry && types.entry(entry.parent).parent == kNoEntry;
  }

  const Types& before_;
  const Types& after_;
};

}  // namespace

bool same_type(const Types& before, EntryId original, const Types& after, EntryId patched) {
  return Alike(before, after).inside(original, patched, 0);
}

}  // namespace suture
