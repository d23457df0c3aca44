// SPDX-License-Identifier: Apache-2.0
#include "delta/debug_entries.h"

#include <dwarf.h>
#include <fmt/format.h>

#include <limits>
#include <map>
#include <optional>

#include "delta/debug_abbreviations.h"
#include "delta/debug_cursor.h"
#include "delta/debug_texts.h"

namespace suture {
namespace {

/// Trees of a C unit are shallow; deeper ones come from a broken file.
constexpr std::size_t kDeepest = 256;

/// What a type may be called by.
bool gives_name(std::uint16_t tag) {
  switch (tag) {
    case DW_TAG_structure_type:
    case DW_TAG_union_type:
    case DW_TAG_enumeration_type:
    case DW_TAG_typedef:
    case DW_TAG_variable:
      return true;
    default:
      return false;
  }
}

/// What an attribute says, as far as its form tells.
struct Value {
  std::uint64_t number = 0;
  const char* text = "";
  enum class Kind : std::uint8_t { kOther, kNumber, kReference } kind = Kind::kOther;
};

class Reader {
 public:
  explicit Reader(const DebugSections& sections)
      : sections_(sections),
        strings_(sections.strings),
        line_strings_(sections.line_strings),
        cursor_(sections.info, 0) {}

  Result<DebugEntries> run() {
    if (sections_.info.size() > std::numeric_limits<std::uint32_t>::max())
      return broken(".debug_info is too large");
    // An entry of a kernel's unit takes some ten bytes; what is reserved in vain is never touched.
    result_.entries.reserve(sections_.info.size() / 10);
    offsets_.reserve(sections_.info.size() / 10);
    blocks_.reserve(sections_.info.size() / kBlock + 1);
    while (!cursor_.done()) {
      if (!read_unit()) return broken(fmt::format("it cannot be read near byte {}", unit_));
    }
    for (DebugEntry& entry : result_.entries) {
      entry.type = entry_at(entry.type);
      entry.origin = entry_at(entry.origin);
    }
    return std::move(result_);
  }

 private:
  static std::unexpected<Error> broken(std::string why) {
    return fail("delta.debug-info", "read debug information", std::move(why));
  }

  bool read_unit() {
    unit_ = cursor_.at();
    const std::uint64_t length = cursor_.fixed(4);
    const std::uint64_t end = cursor_.at() + length;
    if (length >= 0xfffffff0 || end > sections_.info.size()) return false;
    version_ = cursor_.fixed(2);
    if (version_ < 2 || version_ > 5) return false;
    const std::uint64_t kind = version_ == 5 ? cursor_.fixed(1) : std::uint64_t{DW_UT_compile};
    if (version_ == 5) address_size_ = cursor_.fixed(1);
    const std::uint64_t table = cursor_.fixed(4);
    if (version_ < 5) address_size_ = cursor_.fixed(1);
    if (kind == DW_UT_skeleton || kind == DW_UT_split_compile) cursor_.skip(8);
    if (kind == DW_UT_type || kind == DW_UT_split_type) cursor_.skip(12);
    if (address_size_ != 4 && address_size_ != 8) return false;
    const Abbreviations* abbreviations = abbreviations_at(table);
    return abbreviations != nullptr && read_tree(*abbreviations, end) && cursor_.at() == end;
  }

  const Abbreviations* abbreviations_at(std::uint64_t offset) {
    const std::pair key(offset, address_size_);
    const auto known = tables_.find(key);
    if (known != tables_.end()) return &known->second;
    std::optional<Abbreviations> table = read_abbreviations(sections_.abbreviations, offset, address_size_);
    return table ? &tables_.emplace(key, std::move(*table)).first->second : nullptr;
  }

  /// Entries with those below them, each level closed by a zero.
  bool read_tree(const Abbreviations& abbreviations, std::uint64_t end) {
    std::vector<EntryId> above;
    while (cursor_.at() < end) {
      const auto offset = static_cast<std::uint32_t>(cursor_.at());
      const std::uint64_t code = cursor_.uleb();
      if (code == 0) {
        // Padding follows the last entry.
        if (above.empty()) continue;
        result_.entries[above.back()].end = next();
        above.pop_back();
        continue;
      }
      if (code >= abbreviations.size() || abbreviations[code].tag == 0 || above.size() > kDeepest)
        return false;
      const Abbreviation& abbreviation = abbreviations[code];
      read_entry(abbreviation, offset, above.empty() ? kNoEntry : above.back());
      if (cursor_.broken()) return false;
      const bool parameter = abbreviation.tag == DW_TAG_call_site_parameter ||
                             abbreviation.tag == DW_TAG_GNU_call_site_parameter;
      if (abbreviation.has_children) {
        above.push_back(next() - 1);
      } else if (parameter) {
        result_.entries.pop_back();
        offsets_.pop_back();
      }
    }
    return above.empty();
  }

  EntryId next() const { return static_cast<EntryId>(result_.entries.size()); }

  /// What attributes say together.
  struct Pending {
    DebugCode code{};
    bool has_code = false;
    bool size_follows = false;  // DW_AT_high_pc is the size
    bool bounded = false;
    std::optional<std::uint64_t> bits_from_top{};  // up to DWARF 3, bit-fields count in their storage unit
  };

  void read_entry(const Abbreviation& abbreviation, std::uint32_t offset, EntryId parent) {
    offsets_.push_back(offset);
    while (blocks_.size() <= offset / kBlock) blocks_.push_back(next());
    DebugEntry& entry = result_.entries.emplace_back();
    entry.tag = abbreviation.tag;
    entry.parent = parent;
    entry.end = next();
    Pending open{.code = {.function = next() - 1, .offset = offset}};
    for (const Attribute& attribute : abbreviation.attributes) {
      if (attribute.form == kSkipped)
        cursor_.skip(static_cast<std::uint64_t>(attribute.implicit));
      else
        take(attribute.name, read_value(attribute.form, attribute.implicit), entry, open);
    }
    if (entry.tag == DW_TAG_subrange_type && !open.bounded) entry.value = -1;
    if (open.bits_from_top)
      entry.value += static_cast<std::int64_t>(entry.size * 8 - *open.bits_from_top - entry.bit_size);
    if (gives_name(entry.tag) && !entry.name.empty()) result_.naming.push_back(next() - 1);
    DebugCode& code = open.code;
    if (entry.tag != DW_TAG_subprogram || (!open.has_code && !code.scattered)) return;
    if (open.size_follows) code.high += code.low;
    code.scattered = code.scattered && !open.has_code;
    result_.code.push_back(code);
  }

  static void take(std::uint16_t name, const Value& value, DebugEntry& entry, Pending& open) {
    switch (name) {
      case DW_AT_name:
        entry.name = DebugName(value.text);
        break;
      case DW_AT_type:
        if (value.kind == Value::Kind::kReference) entry.type = static_cast<EntryId>(value.number);
        break;
      case DW_AT_abstract_origin:
      case DW_AT_specification:
      case DW_AT_call_origin:
        if (value.kind == Value::Kind::kReference) entry.origin = static_cast<EntryId>(value.number);
        break;
      case DW_AT_byte_size:
        entry.size = value.number;
        break;
      case DW_AT_bit_size:
        entry.bit_size = static_cast<std::uint16_t>(value.number);
        break;
      case DW_AT_data_member_location:
        entry.value = static_cast<std::int64_t>(value.number * 8);
        break;
      case DW_AT_data_bit_offset:
      case DW_AT_encoding:
      case DW_AT_const_value:
        entry.value = static_cast<std::int64_t>(value.number);
        break;
      case DW_AT_bit_offset:
        open.bits_from_top = value.number;
        break;
      case DW_AT_count:
      case DW_AT_upper_bound:
        entry.value = static_cast<std::int64_t>(value.number + (name == DW_AT_count ? 0 : 1));
        open.bounded = value.kind == Value::Kind::kNumber;
        break;
      case DW_AT_declaration:
        entry.declaration = true;
        break;
      case DW_AT_low_pc:
        open.code.low = value.number;
        open.has_code = true;
        break;
      case DW_AT_high_pc:
        open.code.high = value.number;
        open.size_follows = value.kind == Value::Kind::kNumber;
        break;
      case DW_AT_ranges:
        open.code.scattered = true;
        break;
      default:
        break;
    }
  }

  Value number(std::uint64_t value) const { return {.number = value, .kind = Value::Kind::kNumber}; }
  Value in_unit(std::uint64_t value) const {
    return {.number = unit_ + value, .kind = Value::Kind::kReference};
  }
  Value text_in(const DebugTexts& texts, std::uint64_t offset) {
    const char* text = texts.at(offset);
    if (text != nullptr) return {.text = text};
    cursor_.fail();
    return {};
  }
  Value other(std::uint64_t skipped) {
    cursor_.skip(skipped);
    return {};
  }

  /// DWARF 5, section 7.5.6.
  Value read_value(std::uint64_t form, std::int64_t implicit) {
    switch (form) {
      case DW_FORM_addr:
        return {.number = cursor_.fixed(address_size_)};
      case DW_FORM_data1:
      case DW_FORM_flag:
        return number(cursor_.fixed(1));
      case DW_FORM_data2:
        return number(cursor_.fixed(2));
      case DW_FORM_data4:
        return number(cursor_.fixed(4));
      case DW_FORM_data8:
        return number(cursor_.fixed(8));
      case DW_FORM_udata:
        return number(cursor_.uleb());
      case DW_FORM_sdata:
        return number(static_cast<std::uint64_t>(cursor_.sleb()));
      case DW_FORM_implicit_const:
        return number(static_cast<std::uint64_t>(implicit));
      case DW_FORM_flag_present:
        return number(1);
      case DW_FORM_ref1:
        return in_unit(cursor_.fixed(1));
      case DW_FORM_ref2:
        return in_unit(cursor_.fixed(2));
      case DW_FORM_ref4:
        return in_unit(cursor_.fixed(4));
      case DW_FORM_ref8:
        return in_unit(cursor_.fixed(8));
      case DW_FORM_ref_udata:
        return in_unit(cursor_.uleb());
      case DW_FORM_ref_addr:
        return {.number = cursor_.fixed(version_ == 2 ? address_size_ : 4), .kind = Value::Kind::kReference};
      case DW_FORM_string:
        return {.text = cursor_.string()};
      case DW_FORM_strp:
        return text_in(strings_, cursor_.fixed(4));
      case DW_FORM_line_strp:
        return text_in(line_strings_, cursor_.fixed(4));
      case DW_FORM_sec_offset:
      case DW_FORM_strp_sup:
      case DW_FORM_ref_sup4:
      case DW_FORM_GNU_ref_alt:
      case DW_FORM_GNU_strp_alt:
        return other(4);
      case DW_FORM_ref_sup8:
        return other(8);
      case DW_FORM_data16:
        return other(16);
      case DW_FORM_block1:
        return other(cursor_.fixed(1));
      case DW_FORM_block2:
        return other(cursor_.fixed(2));
      case DW_FORM_block4:
        return other(cursor_.fixed(4));
      case DW_FORM_block:
      case DW_FORM_exprloc:
        return other(cursor_.uleb());
      case DW_FORM_loclistx:
      case DW_FORM_rnglistx:
        cursor_.uleb();
        return {};
      default:
        // Among them those which split files use, types in sections of their own, and DW_FORM_indirect.
        cursor_.fail();
        return {};
    }
  }

  EntryId entry_at(EntryId offset) const {
    if (offset == kNoEntry) return kNoEntry;
    if (offset / kBlock >= blocks_.size()) return kNoEntry;
    EntryId id = blocks_[offset / kBlock];
    while (id < offsets_.size() && offsets_[id] < offset) ++id;
    return id < offsets_.size() && offsets_[id] == offset ? id : kNoEntry;
  }

  static constexpr std::uint32_t kBlock = 64;

  const DebugSections& sections_;
  DebugTexts strings_;
  DebugTexts line_strings_;
  Cursor cursor_;
  std::map<std::pair<std::uint64_t, std::size_t>, Abbreviations>
      tables_;  ///< by offset, and size of addresses
  DebugEntries result_;
  std::vector<std::uint32_t> offsets_;  ///< of entries; until the end, `type` and `origin` are such offsets
  std::vector<EntryId> blocks_;         ///< of each kBlock bytes, the first entry that begins there or behind
  std::size_t unit_ = 0;                ///< where the current unit begins
  std::uint64_t version_ = 0;
  std::size_t address_size_ = 8;
};

}  // namespace

Result<DebugEntries> read_debug_entries(const DebugSections& sections) {
  return Reader(sections).run();
}

}  // namespace suture
