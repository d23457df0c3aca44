// SPDX-License-Identifier: Apache-2.0
#include "image/address_space.h"

#include <elf.h>

#include <algorithm>

#include "base/hash.h"
#include "image/little_endian.h"

namespace suture {
namespace {

constexpr const char* kWhat = "read the kernel's ELF headers";

std::unexpected<Error> broken(std::string why) {
  return fail("image.malformed", kWhat, std::move(why));
}

bool inside(ByteView file, std::uint64_t offset, std::uint64_t size) {
  return offset <= file.size() && size <= file.size() - offset;
}

/// The `count` entries of a header table.
template <class Header>
Result<std::vector<Header>> read_table(ByteView file, std::uint64_t offset, std::size_t count,
                                       std::size_t entry_size) {
  if (count > 0 && (entry_size != sizeof(Header) || !inside(file, offset, count * sizeof(Header)))) {
    return broken("a header table lies outside of the file");
  }
  std::vector<Header> table;
  table.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    table.push_back(load<Header>(file, static_cast<std::size_t>(offset) + i * sizeof(Header)));
  }
  return table;
}

Result<Elf64_Ehdr> read_header(ByteView file) {
  if (file.size() < sizeof(Elf64_Ehdr) || as_text(file.first(SELFMAG)) != ELFMAG) {
    return fail("image.unknown-format", kWhat, "it is not an ELF file");
  }
  const auto header = load<Elf64_Ehdr>(file, 0);
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB ||
      header.e_machine != EM_X86_64) {
    return fail("image.unknown-format", kWhat, "it is not for x86-64");
  }
  if (header.e_type != ET_EXEC && header.e_type != ET_DYN) {
    return fail("image.unknown-format", kWhat, "it is not a linked kernel");
  }
  return header;
}

/// Cuts the addresses [from, to) out of the stretches.
std::vector<Stretch> without(const std::vector<Stretch>& stretches, std::uint64_t from, std::uint64_t to) {
  std::vector<Stretch> kept;
  for (const Stretch& stretch : stretches) {
    const std::uint64_t end = stretch.address + stretch.bytes.size();
    if (to <= stretch.address || from >= end) {
      kept.push_back(stretch);
      continue;
    }
    if (from > stretch.address)
      kept.push_back({stretch.address, stretch.bytes.first(from - stretch.address)});
    if (to < end) kept.push_back({to, stretch.bytes.subspan(to - stretch.address)});
  }
  return kept;
}

/// Searches a note segment: Elf64_Nhdr, then name and descriptor, each padded to four bytes.
std::string build_id_in(ByteView notes) {
  const auto padded = [](std::uint64_t size) { return (size + 3) & ~std::uint64_t{3}; };
  while (notes.size() >= sizeof(Elf64_Nhdr)) {
    const auto note = load<Elf64_Nhdr>(notes, 0);
    notes = notes.subspan(sizeof note);
    const std::uint64_t whole = padded(note.n_namesz) + padded(note.n_descsz);
    if (whole > notes.size()) break;
    using namespace std::string_view_literals;
    if (note.n_type == NT_GNU_BUILD_ID && as_text(notes.first(note.n_namesz)) == "GNU\0"sv) {
      return to_hex(notes.subspan(padded(note.n_namesz), note.n_descsz));
    }
    notes = notes.subspan(whole);
  }
  return {};
}

}  // namespace

Result<AddressSpace> AddressSpace::parse(ByteView file) {
  const Elf64_Ehdr header = TRY(read_header(file));
  AddressSpace space;
  for (const auto& segment :
       TRY(read_table<Elf64_Phdr>(file, header.e_phoff, header.e_phnum, header.e_phentsize))) {
    if (segment.p_type != PT_LOAD && segment.p_type != PT_NOTE) continue;
    if (!inside(file, segment.p_offset, segment.p_filesz))
      return broken("a segment ends past the end of the file");
    const ByteView bytes = file.subspan(segment.p_offset, segment.p_filesz);
    if (segment.p_vaddr > UINT64_MAX - bytes.size()) return broken("a segment ends past the last address");
    if (segment.p_type == PT_LOAD && !bytes.empty()) space.stretches_.push_back({segment.p_vaddr, bytes});
    if (segment.p_type == PT_NOTE && space.build_id_.empty()) space.build_id_ = build_id_in(bytes);
  }
  std::ranges::sort(space.stretches_, {}, &Stretch::address);
  for (std::size_t i = 1; i < space.stretches_.size(); ++i) {
    const Stretch& before = space.stretches_[i - 1];
    if (before.address + before.bytes.size() > space.stretches_[i].address)
      return broken("two segments overlap");
  }

  // The x86 linker script ends the last segment with .bss and more behind it, so its zeros are in the file.
  constexpr std::size_t kMostSections = 4096;
  if (header.e_shnum > kMostSections) return broken("it has more sections than any kernel");
  for (const auto& section :
       TRY(read_table<Elf64_Shdr>(file, header.e_shoff, header.e_shnum, header.e_shentsize))) {
    if (section.sh_type != SHT_NOBITS || (section.sh_flags & SHF_ALLOC) == 0 || section.sh_size == 0)
      continue;
    if (section.sh_addr > UINT64_MAX - section.sh_size) return broken("a section ends past the last address");
    space.stretches_ = without(space.stretches_, section.sh_addr, section.sh_addr + section.sh_size);
  }
  return space;
}

std::optional<ByteView> AddressSpace::bytes(std::uint64_t address, std::size_t size) const {
  auto after = std::ranges::upper_bound(stretches_, address, {}, &Stretch::address);
  if (after == stretches_.begin()) return std::nullopt;
  const Stretch& stretch = *std::prev(after);
  const std::uint64_t offset = address - stretch.address;
  if (offset > stretch.bytes.size() || size > stretch.bytes.size() - offset) return std::nullopt;
  return stretch.bytes.subspan(offset, size);
}

}  // namespace suture
