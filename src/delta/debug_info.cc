// SPDX-License-Identifier: Apache-2.0
#include "delta/debug_info.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <gelf.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <set>

namespace suture {
namespace {

struct ElfCloser {
  void operator()(Elf* elf) const { elf_end(elf); }
};
struct DwarfCloser {
  void operator()(Dwarf* dwarf) const { dwarf_end(dwarf); }
};

/// Trees of a C unit are shallow; deeper ones come from a broken file.
constexpr std::size_t kDeepest = 256;

std::uint64_t address_in(std::size_t section, std::uint64_t offset) {
  return (static_cast<std::uint64_t>(section) << 32) | offset;
}

/// Writes the values of relocations into the bytes of a section, where libdw then reads them.
class Relocator {
 public:
  explicit Relocator(Elf* elf) : elf_(elf) {
    for (Elf_Scn* scn = elf_nextscn(elf, nullptr); scn != nullptr; scn = elf_nextscn(elf, scn)) {
      GElf_Shdr header;
      if (gelf_getshdr(scn, &header) == nullptr) continue;
      if (header.sh_type == SHT_SYMTAB) {
        symbols_ = elf_getdata(scn, nullptr);
        const int extended = elf_scnshndx(scn);
        if (extended > 0)
          extended_ = elf_getdata(elf_getscn(elf, static_cast<std::size_t>(extended)), nullptr);
      }
      if (header.sh_type == SHT_RELA) tables_.emplace(header.sh_info, scn);
    }
  }

  void relocate(Elf_Scn* target) const {
    Elf_Data* bytes = elf_rawdata(target, nullptr);
    if (bytes == nullptr || bytes->d_buf == nullptr || symbols_ == nullptr) return;
    const auto [first, last] = tables_.equal_range(elf_ndxscn(target));
    for (auto table = first; table != last; ++table) {
      Elf_Data* relocations = elf_getdata(table->second, nullptr);
      if (relocations == nullptr) continue;
      const auto count = static_cast<int>(relocations->d_size / sizeof(Elf64_Rela));
      for (int i = 0; i < count; ++i) {
        GElf_Rela relocation;
        if (gelf_getrela(relocations, i, &relocation) != nullptr) apply(relocation, *bytes);
      }
    }
  }

 private:
  void apply(const GElf_Rela& relocation, const Elf_Data& bytes) const {
    const auto type = GELF_R_TYPE(relocation.r_info);
    const std::size_t width = type == R_X86_64_64 ? 8 : type == R_X86_64_32 ? 4 : 0;
    GElf_Sym symbol;
    Elf32_Word extended = 0;
    const auto index = GELF_R_SYM(relocation.r_info);
    if (width == 0 || relocation.r_offset > bytes.d_size || width > bytes.d_size - relocation.r_offset ||
        index > INT32_MAX ||
        gelf_getsymshndx(symbols_, extended_, static_cast<int>(index), &symbol, &extended) == nullptr)
      return;
    const std::size_t section = symbol.st_shndx == SHN_XINDEX ? extended : symbol.st_shndx;
    GElf_Shdr header;
    const bool loaded =
        gelf_getshdr(elf_getscn(elf_, section), &header) != nullptr && (header.sh_flags & SHF_ALLOC) != 0;
    std::uint64_t value = symbol.st_value + static_cast<std::uint64_t>(relocation.r_addend);
    if (loaded) value = address_in(section, value & 0xffffffff);
    std::memcpy(static_cast<char*>(bytes.d_buf) + relocation.r_offset, &value, width);
  }

  Elf* elf_;
  Elf_Data* symbols_ = nullptr;
  Elf_Data* extended_ = nullptr;                 ///< section indices beyond 65,279
  std::multimap<std::size_t, Elf_Scn*> tables_;  ///< by the section that they fill
};

/// What the attributes of one entry say, by offsets into .debug_info.
struct RawEntry {
  DebugEntry entry;
  Dwarf_Off type = 0;
  Dwarf_Off origin = 0;
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  bool high_is_size = false;
  bool has_low = false;
  bool has_ranges = false;
  bool bounded = false;
  std::optional<std::uint64_t>
      bits_from_top;  ///< of a bit-field up to DWARF 3, which counts in its storage unit
};

std::uint64_t number(Dwarf_Attribute* attribute) {
  Dwarf_Word value = 0;
  return dwarf_formudata(attribute, &value) == 0 ? value : 0;
}

std::int64_t signed_number(Dwarf_Attribute* attribute) {
  Dwarf_Sword value = 0;
  return dwarf_formsdata(attribute, &value) == 0 ? value : 0;
}

Dwarf_Off reference(Dwarf_Attribute* attribute) {
  Dwarf_Die die;
  return dwarf_formref_die(attribute, &die) == nullptr ? 0 : dwarf_dieoffset(&die);
}

int take_attribute(Dwarf_Attribute* attribute, void* to) {
  RawEntry& raw = *static_cast<RawEntry*>(to);
  switch (dwarf_whatattr(attribute)) {
    case DW_AT_name: {
      const char* name = dwarf_formstring(attribute);
      if (name != nullptr) raw.entry.name = name;
      break;
    }
    case DW_AT_type:
      raw.type = reference(attribute);
      break;
    case DW_AT_abstract_origin:
    case DW_AT_specification:
    case DW_AT_call_origin:
      raw.origin = reference(attribute);
      break;
    case DW_AT_byte_size:
      raw.entry.size = number(attribute);
      break;
    case DW_AT_bit_size:
      raw.entry.bit_size = number(attribute);
      break;
    case DW_AT_data_member_location:
      raw.entry.value = static_cast<std::int64_t>(number(attribute) * 8);
      break;
    case DW_AT_data_bit_offset:
    case DW_AT_encoding:
      raw.entry.value = static_cast<std::int64_t>(number(attribute));
      break;
    case DW_AT_bit_offset:
      raw.bits_from_top = number(attribute);
      break;
    case DW_AT_const_value:
      raw.entry.value = signed_number(attribute);
      break;
    case DW_AT_count:
      raw.entry.value = static_cast<std::int64_t>(number(attribute));
      raw.bounded = true;
      break;
    case DW_AT_upper_bound:
      raw.entry.value = signed_number(attribute) + 1;
      raw.bounded = true;
      break;
    case DW_AT_declaration:
      raw.entry.declaration = true;
      break;
    case DW_AT_low_pc:
      raw.has_low = dwarf_formaddr(attribute, &raw.low) == 0;
      break;
    case DW_AT_high_pc:
      raw.high_is_size = dwarf_formaddr(attribute, &raw.high) != 0;
      if (raw.high_is_size) raw.high = number(attribute);
      break;
    case DW_AT_ranges:
      raw.has_ranges = true;
      break;
    default:
      break;
  }
  return DWARF_CB_OK;
}

}  // namespace

class DebugInfo::Session {
 public:
  static Result<std::unique_ptr<Session>> open(const std::filesystem::path& path);

  bool empty() const { return dwarf_ == nullptr; }

  const std::vector<DebugEntry>& entries() {
    if (entries_.empty() && !empty()) read_entries();
    return entries_;
  }

  EntryId function_at(std::string_view section, std::uint64_t offset) {
    entries();
    const std::optional<std::uint64_t> address = address_of(section, offset);
    if (!address) return kNoEntry;
    const auto after = std::ranges::upper_bound(functions_, *address, {}, &CodeRange::begin);
    if (after == functions_.begin()) return kNoEntry;
    const CodeRange& range = *std::prev(after);
    return *address < range.end ? range.entry : kNoEntry;
  }

  std::optional<SourceLine> line_at(std::string_view section, std::uint64_t offset) {
    const EntryId function = function_at(section, offset);
    const std::optional<std::uint64_t> address = address_of(section, offset);
    if (function == kNoEntry || !address) return std::nullopt;
    Dwarf_Die die;
    Dwarf_Die unit;
    if (dwarf_offdie(dwarf_.get(), offset_of(function), &die) == nullptr ||
        dwarf_diecu(&die, &unit, nullptr, nullptr) == nullptr)
      return std::nullopt;
    if (!lines_relocated_) {
      relocate({".debug_line"});
      lines_relocated_ = true;
    }
    if (const auto call = inlined_call(die, unit, *address, 0)) return call;
    Dwarf_Line* line = dwarf_getsrc_die(&unit, *address);
    Dwarf_Addr begin = 0;
    int number = 0;
    const char* file = line == nullptr ? nullptr : dwarf_linesrc(line, nullptr, nullptr);
    // Lines of another section lie before, when this one has none.
    if (file == nullptr || dwarf_lineaddr(line, &begin) != 0 || begin >> 32 != *address >> 32 ||
        dwarf_lineno(line, &number) != 0)
      return std::nullopt;
    return SourceLine{.file = file, .line = number};
  }

 private:
  struct CodeRange {
    std::uint64_t begin;
    std::uint64_t end;
    EntryId entry;
    Dwarf_Off offset;  ///< of the entry
  };

  Dwarf_Off offset_of(EntryId function) const {
    const auto found = std::ranges::find(functions_, function, &CodeRange::entry);
    return found == functions_.end() ? 0 : found->offset;
  }

  /// Where `scope` calls the outermost of the inlined functions that the address is in.
  static std::optional<SourceLine> inlined_call(Dwarf_Die& scope, Dwarf_Die& unit, Dwarf_Addr address,
                                                std::size_t depth) {
    Dwarf_Die child;
    if (depth > kDeepest || dwarf_child(&scope, &child) != 0) return std::nullopt;
    do {
      const int tag = dwarf_tag(&child);
      if ((tag != DW_TAG_lexical_block && tag != DW_TAG_inlined_subroutine) ||
          dwarf_haspc(&child, address) != 1)
        continue;
      if (tag == DW_TAG_lexical_block) return inlined_call(child, unit, address, depth + 1);
      Dwarf_Attribute attribute;
      Dwarf_Word file = 0;
      Dwarf_Word line = 0;
      Dwarf_Files* files = nullptr;
      std::size_t count = 0;
      if (dwarf_formudata(dwarf_attr(&child, DW_AT_call_file, &attribute), &file) != 0 ||
          dwarf_formudata(dwarf_attr(&child, DW_AT_call_line, &attribute), &line) != 0 ||
          dwarf_getsrcfiles(&unit, &files, &count) != 0 || file >= count)
        return std::nullopt;
      const char* name = dwarf_filesrc(files, file, nullptr, nullptr);
      if (name == nullptr) return std::nullopt;
      return SourceLine{.file = name, .line = static_cast<int>(line)};
    } while (dwarf_siblingof(&child, &child) == 0);
    return std::nullopt;
  }

  void relocate(const std::set<std::string_view>& names) const {
    const Relocator relocator(elf_.get());
    for (Elf_Scn* scn = elf_nextscn(elf_.get(), nullptr); scn != nullptr;
         scn = elf_nextscn(elf_.get(), scn)) {
      GElf_Shdr header;
      if (gelf_getshdr(scn, &header) == nullptr) continue;
      const char* name = elf_strptr(elf_.get(), names_, header.sh_name);
      if (name != nullptr && names.contains(name)) relocator.relocate(scn);
    }
  }

  void read_sections() {
    for (Elf_Scn* scn = elf_nextscn(elf_.get(), nullptr); scn != nullptr;
         scn = elf_nextscn(elf_.get(), scn)) {
      GElf_Shdr header;
      if (gelf_getshdr(scn, &header) == nullptr) continue;
      const char* name = elf_strptr(elf_.get(), names_, header.sh_name);
      if (name == nullptr) continue;
      if (std::string_view(name) == ".debug_info") described_ = true;
      if ((header.sh_flags & SHF_ALLOC) == 0) continue;
      // Two of one name cannot be told apart by it: then neither is known.
      const auto [found, added] = sections_.try_emplace(name, elf_ndxscn(scn));
      if (!added) found->second = 0;
    }
  }

  std::optional<std::uint64_t> address_of(std::string_view section, std::uint64_t offset) const {
    const auto found = sections_.find(section);
    if (found == sections_.end() || found->second == 0) return std::nullopt;
    return address_in(found->second, offset);
  }

  void read_entries() {
    std::vector<std::pair<Dwarf_Off, Dwarf_Off>> references;  // type and origin, by entry
    Dwarf_CU* unit = nullptr;
    Dwarf_Die die;
    while (dwarf_get_units(dwarf_.get(), unit, &unit, nullptr, nullptr, &die, nullptr) == 0) {
      read_entry(die, kNoEntry, 0, references);
    }
    for (EntryId id = 0; id < entries_.size(); ++id) {
      entries_[id].type = entry_at(references[id].first);
      entries_[id].origin = entry_at(references[id].second);
    }
    std::ranges::sort(functions_, {}, &CodeRange::begin);
    offsets_ = {};
  }

  EntryId entry_at(Dwarf_Off offset) const {
    const auto found = std::ranges::lower_bound(offsets_, offset);
    if (offset == 0 || found == offsets_.end() || *found != offset) return kNoEntry;
    return static_cast<EntryId>(found - offsets_.begin());
  }

  void read_entry(Dwarf_Die& die, EntryId parent, std::size_t depth,
                  std::vector<std::pair<Dwarf_Off, Dwarf_Off>>& references) {
    RawEntry raw;
    raw.entry.tag = static_cast<std::uint32_t>(dwarf_tag(&die));
    raw.entry.parent = parent;
    dwarf_getattrs(&die, take_attribute, &raw, 0);
    if (raw.entry.tag == DW_TAG_subrange_type && !raw.bounded) raw.entry.value = -1;
    if (raw.bits_from_top)
      raw.entry.value +=
          static_cast<std::int64_t>(raw.entry.size * 8 - *raw.bits_from_top - raw.entry.bit_size);
    const auto id = static_cast<EntryId>(entries_.size());
    if (raw.entry.tag == DW_TAG_subprogram) add_code(die, raw, id);
    offsets_.push_back(dwarf_dieoffset(&die));
    references.emplace_back(raw.type, raw.origin);
    entries_.push_back(raw.entry);
    Dwarf_Die child;
    if (depth < kDeepest && dwarf_child(&die, &child) == 0) {
      do {
        read_entry(child, id, depth + 1, references);
      } while (dwarf_siblingof(&child, &child) == 0);
    }
    entries_[id].end = static_cast<EntryId>(entries_.size());
  }

  void add_code(Dwarf_Die& die, const RawEntry& raw, EntryId id) {
    if (raw.has_low) {
      functions_.push_back(
          {raw.low, raw.high_is_size ? raw.low + raw.high : raw.high, id, dwarf_dieoffset(&die)});
      return;
    }
    if (!raw.has_ranges) return;
    Dwarf_Addr base = 0;
    Dwarf_Addr begin = 0;
    Dwarf_Addr end = 0;
    for (std::ptrdiff_t at = dwarf_ranges(&die, 0, &base, &begin, &end); at > 0;
         at = dwarf_ranges(&die, at, &base, &begin, &end))
      functions_.push_back({begin, end, id, dwarf_dieoffset(&die)});
  }

  std::unique_ptr<Elf, ElfCloser> elf_;
  std::unique_ptr<Dwarf, DwarfCloser> dwarf_;  // after elf_: it goes first
  std::size_t names_ = 0;
  std::map<std::string, std::size_t, std::less<>> sections_;
  std::vector<DebugEntry> entries_;
  std::vector<Dwarf_Off> offsets_;  ///< by entry
  std::vector<CodeRange> functions_;
  bool described_ = false;  ///< there is a .debug_info
  bool lines_relocated_ = false;
};

Result<std::unique_ptr<DebugInfo::Session>> DebugInfo::Session::open(const std::filesystem::path& path) {
  const auto broken = [&](const char* why) {
    return fail("delta.debug-info", "read the debug information of " + path.string(),
                why == nullptr ? "unknown" : why);
  };
  auto session = std::make_unique<Session>();
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return fail_errno("delta.debug-info", "open " + path.string());
  elf_version(EV_CURRENT);
  session->elf_.reset(elf_begin(file, ELF_C_READ_MMAP_PRIVATE, nullptr));
  if (session->elf_) elf_cntl(session->elf_.get(), ELF_C_FDREAD);
  close(file);
  if (!session->elf_ || elf_getshdrstrndx(session->elf_.get(), &session->names_) != 0)
    return broken(elf_errmsg(-1));
  session->read_sections();
  if (!session->described_) return session;
  session->relocate({".debug_info", ".debug_rnglists", ".debug_ranges"});
  session->dwarf_.reset(dwarf_begin_elf(session->elf_.get(), DWARF_C_READ, nullptr));
  if (!session->dwarf_) return broken(dwarf_errmsg(-1));
  return session;
}

DebugInfo::DebugInfo(std::unique_ptr<Session> session) : session_(std::move(session)) {}
DebugInfo::DebugInfo(DebugInfo&&) noexcept = default;
DebugInfo& DebugInfo::operator=(DebugInfo&&) noexcept = default;
DebugInfo::~DebugInfo() = default;

Result<DebugInfo> DebugInfo::read(const std::filesystem::path& path) {
  return DebugInfo(TRY(Session::open(path)));
}

bool DebugInfo::empty() const {
  return session_->empty();
}

const std::vector<DebugEntry>& DebugInfo::entries() const {
  return session_->entries();
}

EntryId DebugInfo::function_at(std::string_view section, std::uint64_t offset) const {
  return session_->function_at(section, offset);
}

std::optional<SourceLine> DebugInfo::line_at(std::string_view section, std::uint64_t offset) const {
  return session_->line_at(section, offset);
}

}  // namespace suture
