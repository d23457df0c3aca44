// SPDX-License-Identifier: Apache-2.0
#include "delta/type_layout.h"

#include <dwarf.h>
#include <fmt/format.h>

namespace suture {
namespace {

/// Types nest a few levels deep; a deeper one is a ring or a broken file.
constexpr int kDeepest = 12;

bool is_aggregate(std::uint32_t tag) {
  return tag == DW_TAG_structure_type || tag == DW_TAG_union_type;
}

bool is_named_kind(std::uint32_t tag) {
  return is_aggregate(tag) || tag == DW_TAG_enumeration_type;
}

bool is_transparent(std::uint32_t tag) {
  return tag == DW_TAG_typedef || tag == DW_TAG_const_type || tag == DW_TAG_volatile_type ||
         tag == DW_TAG_restrict_type || tag == DW_TAG_atomic_type;
}

std::string_view keyword(std::uint32_t tag) {
  return tag == DW_TAG_union_type ? "union " : tag == DW_TAG_enumeration_type ? "enum " : "struct ";
}

std::string base_meaning(const DebugEntry& base) {
  switch (base.value) {
    case DW_ATE_boolean:
      return fmt::format("b{}", base.size);
    case DW_ATE_float:
    case DW_ATE_complex_float:
      return fmt::format("f{}", base.size);
    case DW_ATE_signed:
    case DW_ATE_signed_char:
      return fmt::format("s{}", base.size);
    default:
      return fmt::format("u{}", base.size);
  }
}

}  // namespace

Types::Types(const DebugInfo& info) : entries_(info.entries()) {
  name_types(info.naming_entries());
}

void Types::name_types(const std::vector<EntryId>& naming) {
  // A type's own name goes before that of a typedef, and that before a variable's.
  for (const EntryId id : naming) {
    const DebugEntry& type = entries_[id];
    if (is_named_kind(type.tag) && !type.declaration)
      name(std::string(keyword(type.tag)) + std::string(type.name) + scope_of(id), id);
  }
  for (const EntryId id : naming) {
    if (entries_[id].tag == DW_TAG_typedef) name_by(id, "");
  }
  for (const EntryId id : naming) {
    if (entries_[id].tag == DW_TAG_variable) name_by(id, "the type of ");
  }
}

void Types::name_by(EntryId alias, std::string_view prefix) {
  EntryId type = resolve(entries_[alias].type);
  for (int depth = 0; depth < kDeepest && type != kNoEntry && entries_[type].tag == DW_TAG_array_type;
       ++depth)
    type = resolve(entries_[type].type);
  if (type == kNoEntry || !is_named_kind(entries_[type].tag) || !entries_[type].name.empty()) return;
  name(std::string(prefix) + std::string(entries_[alias].name) + scope_of(alias), type);
}

void Types::name(std::string name, EntryId type) {
  if (names_.contains(type)) return;
  // Two functions may both have blocks with a type of that name; the first stands for them.
  const auto [named, added] = named_.try_emplace(std::move(name), type);
  if (added) names_.emplace(type, &named->first);
}

std::string Types::scope_of(EntryId id) const {
  for (EntryId up = entries_[id].parent; up != kNoEntry; up = entries_[up].parent) {
    if (entries_[up].tag != DW_TAG_subprogram) continue;
    const EntryId function = entries_[up].origin == kNoEntry ? up : entries_[up].origin;
    return " in " + std::string(entries_[function].name);
  }
  return {};
}

EntryId Types::resolve(EntryId type) const {
  for (int i = 0; type != kNoEntry && is_transparent(entries_[type].tag); ++i) {
    if (i > 64) return kNoEntry;
    type = entries_[type].type;
  }
  return type;
}

std::string Types::name_of(EntryId type) const {
  const EntryId id = resolve(type);
  if (id == kNoEntry) return {};
  const auto found = names_.find(id);
  if (found != names_.end()) return *found->second;
  const DebugEntry& entry = entries_[id];
  if (!is_named_kind(entry.tag) || entry.name.empty()) return {};
  return std::string(keyword(entry.tag)) + std::string(entry.name) + scope_of(id);
}

std::uint64_t Types::size_of(EntryId type) const {
  std::uint64_t count = 1;
  for (int depth = 0; depth <= kDeepest; ++depth) {
    type = resolve(type);
    if (type == kNoEntry) return 0;
    const DebugEntry& entry = entries_[type];
    if (entry.tag != DW_TAG_array_type) return entry.tag == DW_TAG_subroutine_type ? 0 : entry.size * count;
    for (EntryId id = type + 1; id < entry.end; id = entries_[id].end) {
      if (entries_[id].tag != DW_TAG_subrange_type) continue;
      count *= entries_[id].value < 0 ? 0 : static_cast<std::uint64_t>(entries_[id].value);
    }
    type = entry.type;
  }
  return 0;
}

std::string Types::meaning(EntryId type, int depth) const {
  const EntryId id = resolve(type);
  if (id == kNoEntry) return "void";
  if (depth > kDeepest) return "...";
  const DebugEntry& entry = entries_[id];
  switch (entry.tag) {
    case DW_TAG_base_type:
      return base_meaning(entry);
    case DW_TAG_pointer_type:
      return "*" + meaning(entry.type, depth + 1);
    case DW_TAG_array_type: {
      std::string text = meaning(entry.type, depth + 1);
      for (EntryId bound = id + 1; bound < entry.end; bound = entries_[bound].end)
        text += entries_[bound].value < 0 ? "[]" : fmt::format("[{}]", entries_[bound].value);
      return text;
    }
    case DW_TAG_subroutine_type: {
      std::string text = "(" + meaning(entry.type, depth + 1) + ")(";
      for (EntryId parameter = id + 1; parameter < entry.end; parameter = entries_[parameter].end) {
        const bool typed = entries_[parameter].tag == DW_TAG_formal_parameter;
        text += (typed ? meaning(entries_[parameter].type, depth + 1) : "...") + ",";
      }
      return text + ")";
    }
    case DW_TAG_structure_type:
    case DW_TAG_union_type: {
      std::string name = name_of(id);
      return name.empty() ? meaning_of_members(id, depth) : name;
    }
    case DW_TAG_enumeration_type: {
      std::string name = name_of(id);
      return name.empty() ? fmt::format("u{}", entry.size) : name;
    }
    default:
      return fmt::format("tag {} of {} bytes", entry.tag, entry.size);
  }
}

std::string Types::meaning_of_members(EntryId aggregate, int depth) const {
  std::string text = fmt::format("{{{}:", entries_[aggregate].size);
  for (EntryId id = aggregate + 1; id < entries_[aggregate].end; id = entries_[id].end) {
    if (entries_[id].tag != DW_TAG_member) continue;
    text += fmt::format("{}/{} {};", entries_[id].value, entries_[id].bit_size,
                        meaning(entries_[id].type, depth + 1));
  }
  return text + "}";
}

std::vector<Field> Types::fields(EntryId aggregate) const {
  std::vector<Field> fields;
  add_fields(aggregate, 0, "", 0, fields);
  return fields;
}

void Types::add_fields(EntryId aggregate, std::uint64_t base, const std::string& path, int depth,
                       std::vector<Field>& fields) const {
  if (depth > kDeepest) return;
  for (EntryId id = aggregate + 1; id < entries_[aggregate].end; id = entries_[id].end) {
    const DebugEntry& member = entries_[id];
    if (member.tag != DW_TAG_member) continue;
    const std::uint64_t offset = base + static_cast<std::uint64_t>(member.value);
    const std::string name = path + std::string(member.name);
    const EntryId type = resolve(member.type);
    const bool nested = type != kNoEntry && is_aggregate(entries_[type].tag) && name_of(type).empty();
    if (nested) {
      add_fields(type, offset, member.name.empty() ? path : name + ".", depth + 1, fields);
      continue;
    }
    fields.push_back({.name = name,
                      .offset = offset,
                      .size = member.bit_size != 0 ? member.bit_size : size_of(member.type) * 8,
                      .bit_field = member.bit_size != 0,
                      .type = member.type,
                      .meaning = meaning(member.type)});
  }
}

std::map<std::string, std::int64_t> Types::enumerators(EntryId enumeration) const {
  std::map<std::string, std::int64_t> values;
  for (EntryId id = enumeration + 1; id < entries_[enumeration].end; id = entries_[id].end) {
    if (entries_[id].tag == DW_TAG_enumerator) values.emplace(entries_[id].name, entries_[id].value);
  }
  return values;
}

}  // namespace suture
