// SPDX-License-Identifier: Apache-2.0
//
// The file's plan: ELF header, section contents in order, symbol table, its strings, relocation tables,
// section names, section headers. Locals come first in the symbol table, as the ABI asks; relocations are
// renumbered to follow.
#include <cstring>
#include <unordered_map>

#include "elf/object.h"

namespace suture::elf {
namespace {

constexpr std::uint16_t kLivepatchIndex = 0xff20;  // SHN_LIVEPATCH, include/uapi/linux/elf.h

/// Strings of a string table, each once.
class Strings {
 public:
  std::uint32_t add(const std::string& text) {
    if (text.empty()) return 0;
    const auto [found, added] = offsets_.try_emplace(text, static_cast<std::uint32_t>(bytes_.size()));
    if (added) {
      bytes_.insert(bytes_.end(), text.begin(), text.end());
      bytes_.push_back(0);
    }
    return found->second;
  }
  const Bytes& bytes() const { return bytes_; }

 private:
  Bytes bytes_{0};
  std::unordered_map<std::string, std::uint32_t> offsets_;
};

template <class T>
void append(Bytes& bytes, const T& value) {
  const auto* start = reinterpret_cast<const std::uint8_t*>(&value);
  bytes.insert(bytes.end(), start, start + sizeof(T));
}

class Writer {
 public:
  explicit Writer(const Object& object) : object_(object) {}

  Result<Bytes> write() {
    if (object_.sections.size() + object_.late_relocations.size() * 2 + 8 >= SHN_LORESERVE / 2) {
      return fail("elf.too-many-sections", "write an ELF object",
                  "it has more sections than the format numbers");
    }
    file_.resize(sizeof(Elf64_Ehdr));
    headers_.emplace_back();  // the null section
    for (const Section& section : object_.sections) add_content(section);
    add_symbols();
    for (std::size_t i = 0; i < object_.sections.size(); ++i) {
      const Section& section = object_.sections[i];
      if (!section.relocations.empty())
        add_relocations(".rela" + section.name, SHF_INFO_LINK, i, section.relocations);
    }
    for (const LateRelocations& late : object_.late_relocations) {
      add_relocations(late.name, late.flags, late.section, late.relocations);
    }
    add_section_names();
    finish();
    return std::move(file_);
  }

 private:
  std::size_t begin(std::uint64_t alignment) {
    file_.resize((file_.size() + alignment - 1) / alignment * alignment);
    return file_.size();
  }

  void add_content(const Section& section) {
    Elf64_Shdr header{};
    header.sh_name = names_.add(section.name);
    header.sh_type = section.type;
    header.sh_flags = section.flags;
    header.sh_addralign = section.alignment;
    header.sh_entsize = section.entry_size;
    header.sh_size = section.size;
    header.sh_offset = begin(section.alignment);
    // The section that an ordered one follows is not kept (each function section stands alone).
    header.sh_flags &= ~static_cast<std::uint64_t>(SHF_LINK_ORDER);
    file_.insert(file_.end(), section.data.begin(), section.data.end());
    headers_.push_back(header);
  }

  Elf64_Sym raw(const Symbol& symbol) {
    Elf64_Sym result{};
    if (symbol.type != STT_SECTION) result.st_name = strings_.add(symbol.name);
    result.st_info = static_cast<unsigned char>(ELF64_ST_INFO(symbol.binding, symbol.type));
    result.st_other = symbol.visibility;
    result.st_value = symbol.value;
    result.st_size = symbol.size;
    switch (symbol.section) {
      case kUndefined:
        result.st_shndx = SHN_UNDEF;
        break;
      case kAbsolute:
        result.st_shndx = SHN_ABS;
        break;
      case kCommon:
        result.st_shndx = SHN_COMMON;
        break;
      case kLivepatch:
        result.st_shndx = kLivepatchIndex;
        break;
      default:
        result.st_shndx = static_cast<Elf64_Section>(symbol.section + 1);
        break;
    }
    return result;
  }

  void add_symbols() {
    Bytes table(sizeof(Elf64_Sym));
    numbers_.resize(object_.symbols.size());
    std::uint32_t next = 1;
    std::uint32_t locals = 1;
    for (const bool local : {true, false}) {
      for (std::size_t i = 0; i < object_.symbols.size(); ++i) {
        if ((object_.symbols[i].binding == STB_LOCAL) != local) continue;
        append(table, raw(object_.symbols[i]));
        numbers_[i] = next++;
      }
      if (local) locals = next;
    }
    symbol_table_ = headers_.size();
    Elf64_Shdr header{};
    header.sh_name = names_.add(".symtab");
    header.sh_type = SHT_SYMTAB;
    header.sh_addralign = 8;
    header.sh_entsize = sizeof(Elf64_Sym);
    header.sh_link = static_cast<Elf64_Word>(symbol_table_ + 1);
    header.sh_info = locals;
    add_table(header, table);

    Elf64_Shdr string_header{};
    string_header.sh_name = names_.add(".strtab");
    string_header.sh_type = SHT_STRTAB;
    string_header.sh_addralign = 1;
    add_table(string_header, strings_.bytes());
  }

  void add_relocations(const std::string& name, std::uint64_t flags, std::size_t section,
                       const std::vector<Relocation>& relocations) {
    Bytes table;
    for (const Relocation& relocation : relocations) {
      append(table, Elf64_Rela{.r_offset = relocation.offset,
                               .r_info = ELF64_R_INFO(static_cast<std::uint64_t>(numbers_[relocation.symbol]),
                                                      relocation.type),
                               .r_addend = relocation.addend});
    }
    Elf64_Shdr header{};
    header.sh_name = names_.add(name);
    header.sh_type = SHT_RELA;
    header.sh_flags = flags;
    header.sh_addralign = 8;
    header.sh_entsize = sizeof(Elf64_Rela);
    header.sh_link = static_cast<Elf64_Word>(symbol_table_);
    header.sh_info = static_cast<Elf64_Word>(section + 1);
    add_table(header, table);
  }

  void add_section_names() {
    Elf64_Shdr header{};
    header.sh_name = names_.add(".shstrtab");
    header.sh_type = SHT_STRTAB;
    header.sh_addralign = 1;
    add_table(header, names_.bytes());
  }

  void add_table(Elf64_Shdr header, const Bytes& bytes) {
    header.sh_offset = begin(header.sh_addralign);
    header.sh_size = bytes.size();
    file_.insert(file_.end(), bytes.begin(), bytes.end());
    headers_.push_back(header);
  }

  void finish() {
    Elf64_Ehdr header{};
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_ident[EI_VERSION] = EV_CURRENT;
    header.e_type = ET_REL;
    header.e_machine = EM_X86_64;
    header.e_version = EV_CURRENT;
    header.e_ehsize = sizeof(Elf64_Ehdr);
    header.e_shentsize = sizeof(Elf64_Shdr);
    header.e_shoff = begin(8);
    header.e_shnum = static_cast<Elf64_Half>(headers_.size());
    header.e_shstrndx = static_cast<Elf64_Half>(headers_.size() - 1);
    for (const Elf64_Shdr& section : headers_) append(file_, section);
    std::memcpy(file_.data(), &header, sizeof header);
  }

  const Object& object_;
  Bytes file_;
  std::vector<Elf64_Shdr> headers_;
  Strings names_;
  Strings strings_;
  std::size_t symbol_table_ = 0;
  std::vector<std::uint32_t> numbers_;  ///< index in Object::symbols → number in the file
};

}  // namespace

Result<Bytes> serialize(const Object& object) {
  return Writer(object).write();
}

}  // namespace suture::elf
