// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gelf.h>
#include <libelf.h>

#include <memory>

#include "elf/object.h"

namespace suture::elf {
namespace {

struct ElfCloser {
  void operator()(Elf* elf) const { elf_end(elf); }
};
using ElfHandle = std::unique_ptr<Elf, ElfCloser>;

class Reader {
 public:
  Reader(ByteView bytes, std::string_view what, Keep keep)
      : bytes_(bytes), what_("read the ELF object " + std::string(what)), keep_(keep) {}

  Result<Object> read() {
    TRY(open());
    TRY(read_sections());
    TRY(read_symbols());
    TRY(read_relocations());
    return std::move(object_);
  }

 private:
  std::unexpected<Error> malformed(std::string why) const {
    return fail("elf.malformed", what_, std::move(why));
  }

  Result<void> open() {
    if (bytes_.size() > kLargestObject) return malformed("it is larger than 1 GiB");
    elf_version(EV_CURRENT);
    // libelf wants a mutable image; it changes nothing unless told to.
    elf_.reset(elf_memory(const_cast<char*>(as_text(bytes_).data()), bytes_.size()));
    if (!elf_ || elf_kind(elf_.get()) != ELF_K_ELF) return malformed("it is not an ELF file");
    GElf_Ehdr header;
    if (gelf_getehdr(elf_.get(), &header) == nullptr) return malformed(elf_errmsg(-1));
    if (gelf_getclass(elf_.get()) != ELFCLASS64 || header.e_machine != EM_X86_64 || header.e_type != ET_REL) {
      return malformed("it is not a relocatable object for x86-64");
    }
    if (elf_getshdrstrndx(elf_.get(), &names_) != 0) return malformed(elf_errmsg(-1));
    return {};
  }

  /// Keeps what carries content; tables are remembered for the passes that follow.
  Result<void> read_sections() {
    std::size_t count = 0;
    if (elf_getshdrnum(elf_.get(), &count) != 0) return malformed(elf_errmsg(-1));
    // libelf reads a file whose section headers were cut off as one that has none.
    GElf_Ehdr file_header;
    if (count == 0 || gelf_getehdr(elf_.get(), &file_header) == nullptr ||
        file_header.e_shoff > bytes_.size() ||
        count > (bytes_.size() - file_header.e_shoff) / sizeof(Elf64_Shdr)) {
      return malformed("it has no section headers, or they end past the end of the file");
    }
    kept_.assign(count, kUndefined);
    for (std::size_t index = 1; index < count; ++index) {
      Elf_Scn* scn = elf_getscn(elf_.get(), index);
      GElf_Shdr header;
      if (scn == nullptr || gelf_getshdr(scn, &header) == nullptr) return malformed(elf_errmsg(-1));
      switch (header.sh_type) {
        case SHT_SYMTAB:
          if (symbol_table_ != nullptr) return malformed("it has two symbol tables");
          symbol_table_ = scn;
          break;
        case SHT_RELA:
          relocation_tables_.push_back(scn);
          break;
        case SHT_REL:
          return malformed("it has relocations without addends");
        case SHT_NULL:
        case SHT_STRTAB:
        case SHT_GROUP:
        case SHT_SYMTAB_SHNDX:
          break;
        default:
          if (keep_ == Keep::kAll || (header.sh_flags & SHF_ALLOC) != 0) TRY(read_section(index, header));
      }
    }
    return {};
  }

  Result<void> read_section(std::size_t index, const GElf_Shdr& header) {
    const char* name = elf_strptr(elf_.get(), names_, header.sh_name);
    if (name == nullptr) return malformed(fmt::format("section {} has no name", index));
    Section section{.name = name,
                    .type = header.sh_type,
                    .flags = header.sh_flags & ~static_cast<std::uint64_t>(SHF_GROUP | SHF_INFO_LINK),
                    .alignment = std::max<std::uint64_t>(header.sh_addralign, 1),
                    .entry_size = header.sh_entsize,
                    .size = header.sh_size,
                    .data = {},
                    .relocations = {}};
    if ((section.alignment & (section.alignment - 1)) != 0 || section.alignment > (1u << 21)) {
      return malformed(fmt::format("section {} is aligned to {}", section.name, section.alignment));
    }
    if ((section.flags & SHF_COMPRESSED) != 0)
      return malformed(fmt::format("section {} is compressed", section.name));
    if (header.sh_type == SHT_NOBITS) {
      if (section.size > kLargestObject)
        return malformed(fmt::format("section {} is too large", section.name));
    } else {
      if (header.sh_offset > bytes_.size() || header.sh_size > bytes_.size() - header.sh_offset) {
        return malformed(fmt::format("section {} ends past the end of the file", section.name));
      }
      // Sections of a real object do not overlap; a made-up one could ask for the same bytes 65,000 times.
      content_size_ += header.sh_size;
      if (content_size_ > bytes_.size()) return malformed("its sections overlap");
      const ByteView content = bytes_.subspan(header.sh_offset, header.sh_size);
      section.data.assign(content.begin(), content.end());
    }
    kept_[index] = static_cast<std::uint32_t>(object_.sections.size());
    object_.sections.push_back(std::move(section));
    return {};
  }

  Result<std::uint32_t> section_of(const GElf_Sym& symbol, Elf32_Word extended) const {
    switch (symbol.st_shndx) {
      case SHN_UNDEF:
        return kUndefined;
      case SHN_ABS:
        return kAbsolute;
      case SHN_COMMON:
        return kCommon;
      case 0xff20:
        return kLivepatch;
      default:
        break;
    }
    const std::size_t index = symbol.st_shndx == SHN_XINDEX ? extended : symbol.st_shndx;
    if (index >= kept_.size()) return malformed("a symbol is in a section that does not exist");
    // Symbols of tables and groups (their section symbols) mean nothing to a reader.
    return kept_[index] == kUndefined ? kAbsolute : kept_[index];
  }

  Result<void> read_symbols() {
    if (symbol_table_ == nullptr) return {};
    GElf_Shdr header;
    Elf_Data* data = elf_getdata(symbol_table_, nullptr);
    if (gelf_getshdr(symbol_table_, &header) == nullptr || data == nullptr) return malformed(elf_errmsg(-1));
    const int extended_index = elf_scnshndx(symbol_table_);
    Elf_Data* extended =
        extended_index > 0
            ? elf_getdata(elf_getscn(elf_.get(), static_cast<std::size_t>(extended_index)), nullptr)
            : nullptr;
    const std::size_t count = data->d_size / sizeof(Elf64_Sym);
    object_.symbols.reserve(count);
    for (std::size_t index = 1; index < count; ++index) {
      GElf_Sym raw;
      Elf32_Word section_index = 0;
      if (gelf_getsymshndx(data, extended, static_cast<int>(index), &raw, &section_index) == nullptr) {
        return malformed(elf_errmsg(-1));
      }
      const char* name = elf_strptr(elf_.get(), header.sh_link, raw.st_name);
      if (name == nullptr) return malformed(fmt::format("symbol {} has no name", index));
      Symbol symbol{.name = name,
                    .type = static_cast<std::uint8_t>(GELF_ST_TYPE(raw.st_info)),
                    .binding = static_cast<std::uint8_t>(GELF_ST_BIND(raw.st_info)),
                    .visibility = static_cast<std::uint8_t>(GELF_ST_VISIBILITY(raw.st_other)),
                    .section = TRY(section_of(raw, section_index)),
                    .value = raw.st_value,
                    .size = raw.st_size};
      if (symbol.defined_in_section()) {
        const Section& section = object_.sections[symbol.section];
        if (symbol.type == STT_SECTION) symbol.name = section.name;
        if (symbol.value > section.size || symbol.size > section.size - symbol.value) {
          return malformed(
              fmt::format("symbol {} ends past the end of section {}", symbol.name, section.name));
        }
      }
      object_.symbols.push_back(std::move(symbol));
    }
    return {};
  }

  Result<void> read_relocations() {
    for (Elf_Scn* scn : relocation_tables_) {
      GElf_Shdr header;
      if (gelf_getshdr(scn, &header) == nullptr) return malformed(elf_errmsg(-1));
      if (header.sh_info >= kept_.size()) return malformed("relocations for a section that does not exist");
      if (kept_[header.sh_info] == kUndefined) continue;
      Elf_Data* data = elf_getdata(scn, nullptr);
      if (data == nullptr) return malformed(elf_errmsg(-1));
      Section& section = object_.sections[kept_[header.sh_info]];
      std::vector<Relocation> relocations;
      const std::size_t count = data->d_size / sizeof(Elf64_Rela);
      relocations.reserve(count);
      for (std::size_t index = 0; index < count; ++index) {
        GElf_Rela raw;
        if (gelf_getrela(data, static_cast<int>(index), &raw) == nullptr) return malformed(elf_errmsg(-1));
        // A place that the linker wiped out names no symbol, and means nothing.
        if (raw.r_info == ELF64_R_INFO(0, R_X86_64_NONE)) continue;
        relocations.push_back(TRY(relocation_from(raw, section)));
      }
      if ((header.sh_flags & 0x00100000) != 0) {  // SHF_RELA_LIVEPATCH
        const char* name = elf_strptr(elf_.get(), names_, header.sh_name);
        if (name == nullptr) return malformed("a relocation table has no name");
        object_.late_relocations.push_back(
            {name, header.sh_flags, kept_[header.sh_info], std::move(relocations)});
      } else {
        section.relocations.insert(section.relocations.end(), relocations.begin(), relocations.end());
      }
    }
    return {};
  }

  Result<Relocation> relocation_from(const GElf_Rela& raw, const Section& section) const {
    const std::uint64_t symbol = GELF_R_SYM(raw.r_info);
    const auto type = static_cast<std::uint32_t>(GELF_R_TYPE(raw.r_info));
    const std::size_t width = TRY_IN(what_, relocation_width(type));
    if (raw.r_offset > section.size || width > section.size - raw.r_offset) {
      return malformed(fmt::format("a relocation of section {} is outside of it", section.name));
    }
    if (symbol == 0) return malformed("a relocation names no symbol");
    if (symbol > object_.symbols.size()) return malformed("a relocation names a symbol that does not exist");
    return Relocation{.offset = raw.r_offset,
                      .type = type,
                      .symbol = static_cast<std::uint32_t>(symbol - 1),
                      .addend = raw.r_addend};
  }

  ByteView bytes_;
  std::string what_;
  Keep keep_;
  ElfHandle elf_;
  std::size_t names_ = 0;
  Elf_Scn* symbol_table_ = nullptr;
  std::vector<Elf_Scn*> relocation_tables_;
  std::uint64_t content_size_ = 0;
  std::vector<std::uint32_t> kept_;  ///< section index in the file → in object_
  Object object_;
};

}  // namespace

const Section* Object::find_section(std::string_view name) const {
  for (const Section& section : sections) {
    if (section.name == name) return &section;
  }
  return nullptr;
}

Result<Object> parse_object(ByteView bytes, std::string_view what, Keep keep) {
  return Reader(bytes, what, keep).read();
}

Result<Object> read_object(const std::filesystem::path& path, Keep keep) {
  const FileCopy file = TRY(FileCopy::read(path, kLargestObject));
  return parse_object(file.bytes(), path.string(), keep);
}

Result<std::size_t> relocation_width(std::uint32_t type) {
  switch (type) {
    case R_X86_64_NONE:
      return 0;
    case R_X86_64_64:
    case R_X86_64_PC64:
      return 8;
    case R_X86_64_32:
    case R_X86_64_32S:
    case R_X86_64_PC32:
    case R_X86_64_PLT32:
    case R_X86_64_GOTPCREL:
    case R_X86_64_GOTPCRELX:
    case R_X86_64_REX_GOTPCRELX:
      return 4;
    case R_X86_64_16:
    case R_X86_64_PC16:
      return 2;
    case R_X86_64_8:
    case R_X86_64_PC8:
      return 1;
    default:
      return fail("elf.unknown-relocation", "read a relocation", fmt::format("type {} is not known", type));
  }
}

bool is_pc_relative(std::uint32_t type) {
  switch (type) {
    case R_X86_64_PC64:
    case R_X86_64_PC32:
    case R_X86_64_PLT32:
    case R_X86_64_PC16:
    case R_X86_64_PC8:
    case R_X86_64_GOTPCREL:
    case R_X86_64_GOTPCRELX:
    case R_X86_64_REX_GOTPCRELX:
      return true;
    default:
      return false;
  }
}

}  // namespace suture::elf
