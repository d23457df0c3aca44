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
#include <span>
#include <unordered_map>

#include "delta/debug_lines.h"

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

/// Writes the values of relocations into the bytes of a section, where it is then read from.
class Relocator {
 public:
  explicit Relocator(Elf* elf) {
    for (Elf_Scn* scn = elf_nextscn(elf, nullptr); scn != nullptr; scn = elf_nextscn(elf, scn)) {
      GElf_Shdr header;
      if (gelf_getshdr(scn, &header) == nullptr) continue;
      loaded_.resize(elf_ndxscn(scn) + 1);
      loaded_.back() = (header.sh_flags & SHF_ALLOC) != 0;
      if (header.sh_type == SHT_SYMTAB) {
        symbols_ = elements<Elf64_Sym>(scn);
        const int extended = elf_scnshndx(scn);
        if (extended > 0)
          extended_ = elements<Elf32_Word>(elf_getscn(elf, static_cast<std::size_t>(extended)));
      }
      if (header.sh_type == SHT_RELA) tables_.emplace(header.sh_info, scn);
    }
  }

  void relocate(Elf_Scn* target) const {
    Elf_Data* bytes = elf_rawdata(target, nullptr);
    if (bytes == nullptr || bytes->d_buf == nullptr) return;
    const auto [first, last] = tables_.equal_range(elf_ndxscn(target));
    for (auto table = first; table != last; ++table) {
      for (const Elf64_Rela& relocation : elements<Elf64_Rela>(table->second)) apply(relocation, *bytes);
    }
  }

 private:
  template <typename T>
  static std::span<const T> elements(Elf_Scn* scn) {
    const Elf_Data* data = elf_getdata(scn, nullptr);
    if (data == nullptr || data->d_buf == nullptr) return {};
    return {static_cast<const T*>(data->d_buf), data->d_size / sizeof(T)};
  }

  void apply(const Elf64_Rela& relocation, const Elf_Data& bytes) const {
    const auto type = ELF64_R_TYPE(relocation.r_info);
    const std::size_t width = type == R_X86_64_64 ? 8 : type == R_X86_64_32 ? 4 : 0;
    const auto index = ELF64_R_SYM(relocation.r_info);
    if (width == 0 || relocation.r_offset > bytes.d_size || width > bytes.d_size - relocation.r_offset ||
        index >= symbols_.size())
      return;
    std::size_t section = symbols_[index].st_shndx;
    if (section == SHN_XINDEX) section = index < extended_.size() ? extended_[index] : 0;
    std::uint64_t value = symbols_[index].st_value + static_cast<std::uint64_t>(relocation.r_addend);
    if (section < loaded_.size() && loaded_[section]) value = address_in(section, value & 0xffffffff);
    std::memcpy(static_cast<char*>(bytes.d_buf) + relocation.r_offset, &value, width);
  }

  std::span<const Elf64_Sym> symbols_;
  std::span<const Elf32_Word> extended_;         ///< section indices beyond 65,279
  std::vector<bool> loaded_;                     ///< by section: it is there in the running kernel
  std::multimap<std::size_t, Elf_Scn*> tables_;  ///< by the section that they fill
};

}  // namespace

class DebugInfo::Session {
 public:
  static Result<std::unique_ptr<Session>> map(const std::filesystem::path& path);
  static Result<std::unique_ptr<Session>> hold(FileCopy file, const std::string& what);

  bool empty() const { return !debug_.contains(".debug_info"); }
  const std::vector<DebugEntry>& entries() const { return entries_; }
  const std::vector<EntryId>& naming_entries() const { return naming_; }

  Result<void> load() {
    if (!entries_.empty() || empty()) return {};
    if (several_) {
      return fail("delta.debug-info", "read debug information", "types have sections of their own",
                  "compile without -fdebug-types-section");
    }
    relocate({".debug_info", ".debug_rnglists", ".debug_ranges"});
    DebugEntries read = TRY(read_debug_entries(sections()));
    entries_ = std::move(read.entries);
    naming_ = std::move(read.naming);
    for (const DebugCode& code : read.code) add_code(code);
    std::ranges::sort(functions_, {}, &CodeRange::begin);
    return {};
  }

  EntryId function_at(std::string_view section, std::uint64_t offset) const {
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
    if (dwarf_offdie(dwarf(), offset_of(function), &die) == nullptr ||
        dwarf_diecu(&die, &unit, nullptr, nullptr) == nullptr)
      return std::nullopt;
    const DebugLines& lines = lines_of(unit);
    std::optional<DebugLines::Place> place = inlined_call(die, *address, 0);
    if (!place) place = lines.at(*address);
    if (!place) return std::nullopt;
    Dwarf_Attribute attribute;
    const char* folder = dwarf_formstring(dwarf_attr(&unit, DW_AT_comp_dir, &attribute));
    std::optional<std::string> file = lines.file(place->file, folder == nullptr ? "" : folder);
    if (!file) return std::nullopt;
    return SourceLine{.file = std::move(*file), .line = place->line};
  }

 private:
  struct CodeRange {
    std::uint64_t begin;
    std::uint64_t end;
    EntryId entry;
    Dwarf_Off offset;  ///< of the entry
  };

  /// Null when libdw cannot read what we could. Made when it is first needed: of most pairs it is not.
  Dwarf* dwarf() {
    if (!dwarf_) dwarf_.reset(dwarf_begin_elf(elf_.get(), DWARF_C_READ, nullptr));
    return dwarf_.get();
  }

  Dwarf_Off offset_of(EntryId function) const {
    const auto found = std::ranges::find(functions_, function, &CodeRange::entry);
    return found == functions_.end() ? 0 : found->offset;
  }

  DebugSections sections() const {
    return {.info = bytes_of(".debug_info"),
            .abbreviations = bytes_of(".debug_abbrev"),
            .strings = bytes_of(".debug_str"),
            .line_strings = bytes_of(".debug_line_str")};
  }

  /// Read for the first who asks.
  const DebugLines& lines_of(Dwarf_Die& unit) {
    if (lines_.empty()) relocate({".debug_line"});
    Dwarf_Attribute attribute;
    Dwarf_Word offset = 0;
    if (dwarf_formudata(dwarf_attr(&unit, DW_AT_stmt_list, &attribute), &offset) != 0)
      offset = Dwarf_Word{0} - 1;
    const auto known = lines_.find(offset);
    if (known != lines_.end()) return known->second;
    return lines_.emplace(offset, DebugLines(bytes_of(".debug_line"), offset, sections())).first->second;
  }

  /// Where `scope` calls the outermost of the inlined functions that the address is in.
  static std::optional<DebugLines::Place> inlined_call(Dwarf_Die& scope, Dwarf_Addr address,
                                                       std::size_t depth) {
    Dwarf_Die child;
    if (depth > kDeepest || dwarf_child(&scope, &child) != 0) return std::nullopt;
    do {
      const int tag = dwarf_tag(&child);
      if ((tag != DW_TAG_lexical_block && tag != DW_TAG_inlined_subroutine) ||
          dwarf_haspc(&child, address) != 1)
        continue;
      if (tag == DW_TAG_lexical_block) return inlined_call(child, address, depth + 1);
      Dwarf_Attribute attribute;
      Dwarf_Word file = 0;
      Dwarf_Word line = 0;
      if (dwarf_formudata(dwarf_attr(&child, DW_AT_call_file, &attribute), &file) != 0 ||
          dwarf_formudata(dwarf_attr(&child, DW_AT_call_line, &attribute), &line) != 0)
        return std::nullopt;
      return DebugLines::Place{.file = file, .line = static_cast<int>(line)};
    } while (dwarf_siblingof(&child, &child) == 0);
    return std::nullopt;
  }

  std::unexpected<Error> broken(const char* why) const {
    return fail("delta.debug-info", "read the debug information of " + what_,
                why == nullptr ? "unknown" : why);
  }

  /// What is there, and uncompressed.
  Result<void> open();

  void relocate(std::initializer_list<const char*> names) const {
    const Relocator relocator(elf_.get());
    for (const char* name : names) {
      if (const auto found = debug_.find(name); found != debug_.end()) relocator.relocate(found->second);
    }
  }

  void read_sections() {
    for (Elf_Scn* scn = elf_nextscn(elf_.get(), nullptr); scn != nullptr;
         scn = elf_nextscn(elf_.get(), scn)) {
      GElf_Shdr header;
      if (gelf_getshdr(scn, &header) == nullptr) continue;
      const char* name = elf_strptr(elf_.get(), names_, header.sh_name);
      if (name == nullptr) continue;
      if ((header.sh_flags & SHF_ALLOC) == 0) {
        const bool first = debug_.try_emplace(name, scn).second;
        if (!first && std::string_view(name) == ".debug_info") several_ = true;
        continue;
      }
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

  ByteView bytes_of(std::string_view name) const {
    const auto found = debug_.find(name);
    const Elf_Data* data = found == debug_.end() ? nullptr : elf_rawdata(found->second, nullptr);
    if (data == nullptr || data->d_buf == nullptr) return {};
    return {static_cast<const std::uint8_t*>(data->d_buf), data->d_size};
  }

  void add_code(const DebugCode& code) {
    if (!code.scattered) {
      functions_.push_back({code.low, code.high, code.function, code.offset});
      return;
    }
    Dwarf_Die die;
    if (dwarf_offdie(dwarf(), code.offset, &die) == nullptr) return;
    Dwarf_Addr base = 0;
    Dwarf_Addr begin = 0;
    Dwarf_Addr end = 0;
    for (std::ptrdiff_t at = dwarf_ranges(&die, 0, &base, &begin, &end); at > 0;
         at = dwarf_ranges(&die, at, &base, &begin, &end))
      functions_.push_back({begin, end, code.function, code.offset});
  }

  std::string what_;  ///< in errors
  std::optional<FileCopy> file_;
  std::unique_ptr<Elf, ElfCloser> elf_;        // after file_
  std::unique_ptr<Dwarf, DwarfCloser> dwarf_;  // after elf_: it goes first
  std::size_t names_ = 0;
  std::unordered_map<std::string_view, std::size_t> sections_;  ///< that are loaded; 0: two have that name
  std::map<std::string_view, Elf_Scn*> debug_;                  ///< those that are not loaded
  std::vector<DebugEntry> entries_;
  std::vector<EntryId> naming_;
  std::vector<CodeRange> functions_;
  bool several_ = false;                       ///< there is more than one .debug_info
  std::map<std::uint64_t, DebugLines> lines_;  ///< by where they begin in .debug_line
};

Result<std::unique_ptr<DebugInfo::Session>> DebugInfo::Session::map(const std::filesystem::path& path) {
  auto session = std::make_unique<Session>();
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return fail_errno("delta.debug-info", "open " + path.string());
  elf_version(EV_CURRENT);
  session->elf_.reset(elf_begin(file, ELF_C_READ_MMAP_PRIVATE, nullptr));
  if (session->elf_) elf_cntl(session->elf_.get(), ELF_C_FDREAD);
  close(file);
  session->what_ = path.string();
  TRY(session->open());
  return session;
}

Result<std::unique_ptr<DebugInfo::Session>> DebugInfo::Session::hold(FileCopy file, const std::string& what) {
  auto session = std::make_unique<Session>();
  session->file_.emplace(std::move(file));
  const std::span<std::uint8_t> bytes = session->file_->bytes();
  elf_version(EV_CURRENT);
  session->elf_.reset(elf_memory(reinterpret_cast<char*>(bytes.data()), bytes.size()));
  session->what_ = what;
  TRY(session->open());
  return session;
}

Result<void> DebugInfo::Session::open() {
  if (!elf_ || elf_getshdrstrndx(elf_.get(), &names_) != 0) return broken(elf_errmsg(-1));
  read_sections();
  if (!debug_.contains(".debug_info")) return {};
  for (const auto& [name, scn] : debug_) {
    GElf_Shdr header;
    if (gelf_getshdr(scn, &header) != nullptr && (header.sh_flags & SHF_COMPRESSED) != 0 &&
        elf_compress(scn, 0, 0) < 0)
      return broken(elf_errmsg(-1));
  }
  return {};
}

DebugInfo::DebugInfo(std::unique_ptr<Session> session) : session_(std::move(session)) {}
DebugInfo::DebugInfo(DebugInfo&&) noexcept = default;
DebugInfo& DebugInfo::operator=(DebugInfo&&) noexcept = default;
DebugInfo::~DebugInfo() = default;

Result<DebugInfo> DebugInfo::read(const std::filesystem::path& path) {
  return DebugInfo(TRY(Session::map(path)));
}

Result<DebugInfo> DebugInfo::read(FileCopy file, const std::string& what) {
  return DebugInfo(TRY(Session::hold(std::move(file), what)));
}

bool DebugInfo::empty() const {
  return session_->empty();
}

Result<void> DebugInfo::load() const {
  return session_->load();
}

const std::vector<DebugEntry>& DebugInfo::entries() const {
  return session_->entries();
}

const std::vector<EntryId>& DebugInfo::naming_entries() const {
  return session_->naming_entries();
}

EntryId DebugInfo::function_at(std::string_view section, std::uint64_t offset) const {
  return session_->function_at(section, offset);
}

std::optional<SourceLine> DebugInfo::line_at(std::string_view section, std::uint64_t offset) const {
  return session_->line_at(section, offset);
}

}  // namespace suture
