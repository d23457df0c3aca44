// SPDX-License-Identifier: Apache-2.0
#include "audit/elf_content.h"

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <set>

#include "base/hash.h"

namespace suture {
namespace {

constexpr std::size_t kMostHeaders = 4096;
constexpr std::size_t kMostSymbols = 4u << 20;
constexpr std::size_t kLongestName = 256;
constexpr std::size_t kLongestBuildId = 64;

struct Elf64 {
  using Header = Elf64_Ehdr;
  using Segment = Elf64_Phdr;
  using Section = Elf64_Shdr;
  using Symbol = Elf64_Sym;
  using Dynamic = Elf64_Dyn;
};
struct Elf32 {
  using Header = Elf32_Ehdr;
  using Segment = Elf32_Phdr;
  using Section = Elf32_Shdr;
  using Symbol = Elf32_Sym;
  using Dynamic = Elf32_Dyn;
};

ByteView part_of(ByteView bytes, std::uint64_t offset, std::uint64_t size) {
  if (offset > bytes.size() || size > bytes.size() - offset) return {};
  return bytes.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(size));
}

template <typename T>
std::optional<T> value_at(ByteView bytes, std::uint64_t offset) {
  const ByteView part = part_of(bytes, offset, sizeof(T));
  if (part.empty()) return std::nullopt;
  T value;
  std::memcpy(&value, part.data(), sizeof value);
  return value;
}

std::string_view text_at(ByteView bytes, std::uint64_t offset) {
  if (offset >= bytes.size()) return {};
  const std::string_view rest =
      as_text(bytes.subspan(static_cast<std::size_t>(offset))).substr(0, kLongestName);
  return rest.substr(0, rest.find('\0'));
}

/// Empty where there is none among the notes.
std::string build_id_of(ByteView notes, std::uint64_t alignment) {
  const std::uint64_t step = alignment == 8 ? 8 : 4;
  const auto padded = [&](std::uint64_t size) { return (size + step - 1) / step * step; };
  std::uint64_t at = 0;
  while (const auto head = value_at<Elf64_Nhdr>(notes, at)) {  // the same for 32 bits
    const std::uint64_t name = at + sizeof *head;
    const std::uint64_t data = name + padded(head->n_namesz);
    const ByteView owner = part_of(notes, name, head->n_namesz);
    const ByteView id = part_of(notes, data, head->n_descsz);
    if (head->n_type == NT_GNU_BUILD_ID && as_text(owner) == std::string_view("GNU\0", 4) && !id.empty() &&
        id.size() <= kLongestBuildId)
      return to_hex(id);
    at = data + padded(head->n_descsz);
  }
  return "";
}

template <typename Class>
class Reader {
 public:
  explicit Reader(ByteView bytes) : bytes_(bytes) {}

  Result<ElfContent> read(std::span<const std::string_view> wanted) {
    const auto header = value_at<typename Class::Header>(bytes_, 0);
    if (!header) return fail("audit.not-elf", "read an ELF file", "its header is cut off");
    read_segments(*header);
    if (!wanted.empty()) read_symbols(*header, {wanted.begin(), wanted.end()});
    return std::move(content_);
  }

 private:
  void read_segments(const typename Class::Header& header) {
    for (std::size_t i = 0; i < std::min<std::size_t>(header.e_phnum, kMostHeaders); ++i) {
      const auto segment =
          value_at<typename Class::Segment>(bytes_, header.e_phoff + i * sizeof(typename Class::Segment));
      if (!segment) break;
      segments_.push_back(*segment);
    }
    for (const auto& segment : segments_) {
      const ByteView data = part_of(bytes_, segment.p_offset, segment.p_filesz);
      if (segment.p_type == PT_NOTE && content_.build_id.empty())
        content_.build_id = build_id_of(data, segment.p_align);
      if (segment.p_type == PT_DYNAMIC) read_dynamic(data);
    }
  }

  void read_dynamic(ByteView data) {
    std::uint64_t texts = 0;
    std::optional<std::uint64_t> soname;
    for (std::size_t at = 0; at < kMostHeaders * sizeof(typename Class::Dynamic);
         at += sizeof(typename Class::Dynamic)) {
      const auto entry = value_at<typename Class::Dynamic>(data, at);
      if (!entry || entry->d_tag == DT_NULL) break;
      if (entry->d_tag == DT_STRTAB) texts = entry->d_un.d_ptr;
      if (entry->d_tag == DT_SONAME) soname = entry->d_un.d_val;
    }
    if (!soname) return;
    if (const std::uint64_t place = offset_of(texts); place != 0)
      content_.soname = text_at(bytes_, place + *soname);
  }

  /// Where in the file that address is; 0: nowhere.
  std::uint64_t offset_of(std::uint64_t address) const {
    for (const auto& segment : segments_) {
      if (segment.p_type == PT_LOAD && address >= segment.p_vaddr &&
          address - segment.p_vaddr < segment.p_filesz)
        return segment.p_offset + (address - segment.p_vaddr);
    }
    return 0;
  }

  void read_symbols(const typename Class::Header& header, const std::set<std::string_view>& wanted) {
    const std::size_t count = std::min<std::size_t>(header.e_shnum, kMostHeaders);
    const auto section_at = [&](std::size_t index) {
      return value_at<typename Class::Section>(bytes_,
                                               header.e_shoff + index * sizeof(typename Class::Section));
    };
    std::set<std::string_view> seen;
    for (std::size_t i = 0; i < count; ++i) {
      const auto section = section_at(i);
      if (!section) return;
      if (section->sh_type != SHT_DYNSYM && section->sh_type != SHT_SYMTAB) continue;
      if (section->sh_link >= count) continue;
      const auto texts = section_at(section->sh_link);
      if (!texts) continue;
      read_table(part_of(bytes_, section->sh_offset, section->sh_size),
                 part_of(bytes_, texts->sh_offset, texts->sh_size), wanted, seen);
    }
  }

  void read_table(ByteView table, ByteView texts, const std::set<std::string_view>& wanted,
                  std::set<std::string_view>& seen) {
    using Symbol = typename Class::Symbol;
    const std::size_t count = std::min(table.size() / sizeof(Symbol), kMostSymbols);
    for (std::size_t i = 0; i < count; ++i) {
      const auto symbol = *value_at<Symbol>(table, i * sizeof(Symbol));
      if (symbol.st_shndx == SHN_UNDEF) continue;
      const std::string_view name = text_at(texts, symbol.st_name);
      if (!wanted.contains(name) || !seen.insert(name).second) continue;
      content_.symbols.push_back(
          {.name = std::string(name), .offset = offset_of(symbol.st_value), .size = symbol.st_size});
    }
  }

  ByteView bytes_;
  ElfContent content_;
  std::vector<typename Class::Segment> segments_;
};

}  // namespace

Result<ElfContent> parse_elf_content(ByteView bytes, std::span<const std::string_view> wanted) {
  if (!as_text(bytes).starts_with(ELFMAG) || bytes.size() < EI_NIDENT || bytes[EI_DATA] != ELFDATA2LSB)
    return fail("audit.not-elf", "read an ELF file", "it is none of little-endian");
  if (bytes[EI_CLASS] == ELFCLASS64) return Reader<Elf64>(bytes).read(wanted);
  if (bytes[EI_CLASS] == ELFCLASS32) return Reader<Elf32>(bytes).read(wanted);
  return fail("audit.not-elf", "read an ELF file", "it is neither of 32 nor of 64 bits");
}

}  // namespace suture
