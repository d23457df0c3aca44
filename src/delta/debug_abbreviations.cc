// SPDX-License-Identifier: Apache-2.0
#include "delta/debug_abbreviations.h"

#include <dwarf.h>

#include "delta/debug_cursor.h"

namespace suture {
namespace {

/// Compilers number abbreviations from 1 on.
constexpr std::uint64_t kMostAbbreviations = 1u << 16;

/// Bytes of a value of this form, where all have as many.
std::optional<std::int64_t> fixed_size(std::uint16_t form, std::size_t address_size) {
  switch (form) {
    case DW_FORM_implicit_const:
    case DW_FORM_flag_present:
      return 0;
    case DW_FORM_data1:
    case DW_FORM_flag:
    case DW_FORM_ref1:
      return 1;
    case DW_FORM_data2:
    case DW_FORM_ref2:
      return 2;
    case DW_FORM_data4:
    case DW_FORM_ref4:
    case DW_FORM_strp:
    case DW_FORM_line_strp:
    case DW_FORM_sec_offset:
      return 4;
    case DW_FORM_data8:
    case DW_FORM_ref8:
      return 8;
    case DW_FORM_addr:
      return static_cast<std::int64_t>(address_size);
    default:
      return std::nullopt;
  }
}

/// Whether the reader of entries looks at it.
bool is_wanted(std::uint16_t name) {
  switch (name) {
    case DW_AT_name:
    case DW_AT_type:
    case DW_AT_abstract_origin:
    case DW_AT_specification:
    case DW_AT_call_origin:
    case DW_AT_byte_size:
    case DW_AT_bit_size:
    case DW_AT_data_member_location:
    case DW_AT_data_bit_offset:
    case DW_AT_encoding:
    case DW_AT_const_value:
    case DW_AT_bit_offset:
    case DW_AT_count:
    case DW_AT_upper_bound:
    case DW_AT_declaration:
    case DW_AT_low_pc:
    case DW_AT_high_pc:
    case DW_AT_ranges:
      return true;
    default:
      return false;
  }
}

/// Most of what an entry says (lines, columns, places) is passed over, in one step where it stands together.
void add_attribute(std::vector<Attribute>& attributes, const Attribute& attribute, std::size_t address_size) {
  const std::optional<std::int64_t> size = fixed_size(attribute.form, address_size);
  if (is_wanted(attribute.name) || !size) {
    attributes.push_back(attribute);
  } else if (!attributes.empty() && attributes.back().form == kSkipped) {
    attributes.back().implicit += *size;
  } else {
    attributes.push_back({.name = 0, .form = kSkipped, .implicit = *size});
  }
}

}  // namespace

std::optional<Abbreviations> read_abbreviations(ByteView bytes, std::uint64_t offset,
                                                std::size_t address_size) {
  Cursor cursor(bytes, offset);
  Abbreviations table;
  for (std::uint64_t code = cursor.uleb(); code != 0; code = cursor.uleb()) {
    if (code > kMostAbbreviations) return std::nullopt;
    if (code >= table.size()) table.resize(code + 1);
    Abbreviation& entry = table[code];
    entry = {.tag = static_cast<std::uint16_t>(cursor.uleb()),
             .has_children = cursor.fixed(1) != 0,
             .attributes = {}};
    for (;;) {
      Attribute attribute{.name = static_cast<std::uint16_t>(cursor.uleb()),
                          .form = static_cast<std::uint16_t>(cursor.uleb())};
      if (attribute.form == DW_FORM_implicit_const) attribute.implicit = cursor.sleb();
      if (cursor.broken()) return std::nullopt;
      if (attribute.name == 0 && attribute.form == 0) break;
      if (attribute.form == kSkipped) return std::nullopt;
      add_attribute(entry.attributes, attribute, address_size);
    }
  }
  if (cursor.broken()) return std::nullopt;
  return table;
}

}  // namespace suture
