// SPDX-License-Identifier: Apache-2.0
#include <dwarf.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "delta/type_layout.h"

namespace suture {
namespace {

using Kind = MemberChange::Kind;

/// "136", of a bit-field "136.3".
std::string place(const Field& field) {
  return field.bit_field ? fmt::format("{}.{}", field.offset / 8, field.offset % 8)
                         : fmt::format("{}", field.offset / 8);
}

std::string extent(const Field& field) {
  const std::uint64_t size = field.bit_field ? field.size : field.size / 8;
  return fmt::format("{} {}{}", size, field.bit_field ? "bit" : "byte", size == 1 ? "" : "s");
}

/// Whether bytes which one unit wrote as `before` mean the same when the other reads them as `after`. Types
/// which both know by the same name are compared by themselves.
class Representation {
 public:
  Representation(const Types& before, const Types& after) : before_(before), after_(after) {}

  bool same(EntryId a, EntryId b, int depth = 0) const {
    constexpr int kDeepest = 6;
    a = before_.resolve(a);
    b = after_.resolve(b);
    if (a == kNoEntry || b == kNoEntry) return a == b;
    const DebugEntry& x = before_.entry(a);
    const DebugEntry& y = after_.entry(b);
    const std::string name = before_.name_of(a);
    if (!name.empty() && name == after_.name_of(b)) return before_.size_of(a) == after_.size_of(b);
    if (depth > kDeepest || before_.size_of(a) != after_.size_of(b)) return false;
    if (x.tag == DW_TAG_pointer_type && y.tag == DW_TAG_pointer_type)
      return same_pointee(x.type, y.type, depth);
    if (x.tag == DW_TAG_array_type && y.tag == DW_TAG_array_type) return same(x.type, y.type, depth + 1);
    const bool aggregate_x = x.tag == DW_TAG_structure_type || x.tag == DW_TAG_union_type;
    const bool aggregate_y = y.tag == DW_TAG_structure_type || y.tag == DW_TAG_union_type;
    if (aggregate_x || aggregate_y) return same_leaves(a, aggregate_x, b, aggregate_y, depth);
    return is_number(x) && is_number(y) && is_float(x) == is_float(y);
  }

 private:
  static bool is_number(const DebugEntry& entry) {
    return entry.tag == DW_TAG_base_type || entry.tag == DW_TAG_enumeration_type;
  }
  static bool is_float(const DebugEntry& entry) {
    return entry.tag == DW_TAG_base_type &&
           (entry.value == DW_ATE_float || entry.value == DW_ATE_complex_float);
  }

  /// void, a byte, or a type which the unit only declares: it does not look into it.
  static bool opaque(const Types& types, EntryId type) {
    return type == kNoEntry || types.entry(type).declaration ||
           (types.entry(type).tag == DW_TAG_base_type && types.entry(type).size == 1);
  }

  bool same_pointee(EntryId a, EntryId b, int depth) const {
    a = before_.resolve(a);
    b = after_.resolve(b);
    if (opaque(before_, a) || opaque(after_, b)) return true;
    const bool code = before_.entry(a).tag == DW_TAG_subroutine_type;
    if (code || after_.entry(b).tag == DW_TAG_subroutine_type) return before_.meaning(a) == after_.meaning(b);
    return same(a, b, depth + 1);
  }

  bool same_leaves(EntryId a, bool aggregate_a, EntryId b, bool aggregate_b, int depth) const {
    const auto leaves = [](const Types& types, EntryId type, bool aggregate) {
      if (aggregate) return types.fields(type);
      return std::vector<Field>{{.name = {},
                                 .offset = 0,
                                 .size = types.size_of(type) * 8,
                                 .bit_field = false,
                                 .type = type,
                                 .meaning = {}}};
    };
    return std::ranges::equal(
        leaves(before_, a, aggregate_a), leaves(after_, b, aggregate_b), [&](const Field& x, const Field& y) {
          return x.offset == y.offset && x.size == y.size && same(x.type, y.type, depth + 1);
        });
  }

  const Types& before_;
  const Types& after_;
};

class Comparison {
 public:
  Comparison(const Types& before, EntryId original, const Types& after, EntryId patched)
      : representation_(before, after),
        old_(before.fields(original)),
        new_(after.fields(patched)),
        old_size_(before.entry(original).size) {}

  std::vector<MemberChange> run() {
    for (const Field& field : new_) {
      const Field* from = named(old_, field.name);
      if (from != nullptr) {
        compare(*from, field);
      } else if (const Field* renamed = at_same_place(field); renamed != nullptr) {
        add(Kind::kRenamed, true,
            fmt::format("{} at offset {} is now {}", renamed->name, place(field), field.name));
      } else {
        added(field);
      }
    }
    for (const Field& field : old_) {
      if (named(new_, field.name) != nullptr || renamed(field)) continue;
      add(Kind::kRemoved, false, fmt::format("{} removed from offset {}", field.name, place(field)));
    }
    return std::move(changes_);
  }

 private:
  static const Field* named(const std::vector<Field>& fields, const std::string& name) {
    const auto found = std::ranges::find(fields, name, &Field::name);
    return found == fields.end() ? nullptr : &*found;
  }

  void add(Kind kind, bool compatible, std::string text) {
    changes_.push_back({.kind = kind, .compatible = compatible, .text = std::move(text)});
  }

  bool same_bytes(const Field& a, const Field& b) const {
    return a.offset == b.offset && a.size == b.size && a.bit_field == b.bit_field &&
           (a.meaning == b.meaning || representation_.same(a.type, b.type));
  }

  /// A member that is gone, where the new one is.
  const Field* at_same_place(const Field& field) const {
    const auto found = std::ranges::find_if(old_, [&](const Field& old) {
      return named(new_, old.name) == nullptr && same_bytes(old, field) && old.meaning == field.meaning;
    });
    return found == old_.end() ? nullptr : &*found;
  }
  bool renamed(const Field& old) const {
    return std::ranges::any_of(new_, [&](const Field& field) {
      return named(old_, field.name) == nullptr && same_bytes(old, field) && old.meaning == field.meaning;
    });
  }

  void compare(const Field& from, const Field& to) {
    if (from.offset != to.offset)
      add(Kind::kMoved, false, fmt::format("{} moves from offset {} to {}", to.name, place(from), place(to)));
    if (from.size != to.size || from.bit_field != to.bit_field) {
      add(Kind::kRetyped, false,
          fmt::format("{} at offset {} has {} instead of {}", to.name, place(to), extent(to), extent(from)));
    } else if (from.meaning != to.meaning) {
      const bool same = representation_.same(from.type, to.type);
      add(Kind::kRetyped, same,
          fmt::format("{} at offset {} has another type{}", to.name, place(to),
                      same ? " of the same form" : ""));
    }
  }

  void added(const Field& field) {
    const bool covered = std::ranges::any_of(old_, [&](const Field& old) {
      return old.offset < field.offset + field.size && field.offset < old.offset + old.size;
    });
    const bool inside = field.offset + field.size <= old_size_ * 8;
    add(Kind::kAdded, false,
        fmt::format("{} ({}) added at offset {}{}", field.name, extent(field), place(field),
                    !covered && inside ? ", in padding" : ""));
  }

  Representation representation_;
  std::vector<Field> old_;
  std::vector<Field> new_;
  std::uint64_t old_size_;
  std::vector<MemberChange> changes_;
};

/// "NUM_STATES", "__ATTR_MAX": counts what stands before it.
bool is_end_marker(std::string_view name) {
  std::string word;
  for (std::size_t i = 0; i <= name.size(); ++i) {
    if (i < name.size() && name[i] != '_') {
      word += static_cast<char>(std::toupper(static_cast<unsigned char>(name[i])));
      continue;
    }
    constexpr std::array<std::string_view, 9> kWords{"MAX", "NUM", "COUNT", "CNT",   "LAST",
                                                     "END", "NR",  "SIZE",  "NUMBER"};
    if (std::ranges::find(kWords, word) != kWords.end()) return true;
    word.clear();
  }
  return false;
}

std::vector<MemberChange> compare_values(const std::map<std::string, std::int64_t>& before,
                                         const std::map<std::string, std::int64_t>& after) {
  std::vector<MemberChange> changes;
  for (const auto& [name, value] : after) {
    const auto from = before.find(name);
    if (from == before.end()) {
      changes.push_back({.kind = Kind::kValueAdded,
                         .compatible = true,
                         .text = fmt::format("the value {} = {} added", name, value)});
    } else if (from->second != value) {
      changes.push_back(
          {.kind = Kind::kValueChanged,
           .compatible = is_end_marker(name) && value > from->second,
           .text = fmt::format("the value {} changes from {} to {}", name, from->second, value)});
    }
  }
  for (const auto& [name, value] : before) {
    if (after.contains(name)) continue;
    changes.push_back({.kind = Kind::kRemoved,
                       .compatible = true,
                       .text = fmt::format("the value {} = {} removed", name, value)});
  }
  return changes;
}

}  // namespace

bool TypeChange::compatible() const {
  return old_size == new_size && std::ranges::all_of(members, &MemberChange::compatible);
}

std::string TypeChange::text() const {
  constexpr std::size_t kShown = 6;
  std::string text = type;
  if (old_size != new_size)
    text +=
        fmt::format(" {} from {} to {} bytes", new_size > old_size ? "grows" : "shrinks", old_size, new_size);
  else
    text += fmt::format(" keeps its {} bytes", new_size);
  for (std::size_t i = 0; i < std::min(kShown, members.size()); ++i)
    text += (i == 0 ? ": " : "; ") + members[i].text;
  if (members.size() > kShown) text += fmt::format("; and {} more", members.size() - kShown);
  return text;
}

TypeChange compare_type(const std::string& name, const Types& before, EntryId original, const Types& after,
                        EntryId patched) {
  TypeChange change{
      .type = name, .old_size = before.entry(original).size, .new_size = after.entry(patched).size};
  if (before.entry(original).tag == DW_TAG_enumeration_type)
    change.members = compare_values(before.enumerators(original), after.enumerators(patched));
  else
    change.members = Comparison(before, original, after, patched).run();
  // What was added and removed is told before what merely moved.
  std::ranges::stable_sort(change.members, {}, &MemberChange::kind);
  return change;
}

}  // namespace suture
