// SPDX-License-Identifier: Apache-2.0
//
// A relocatable ELF object (ET_REL, x86-64) in memory: what the compiler wrote, what a `.ko` is, and what we
// write. Read it, look at it, build another one from parts of it, write it.
//
// Format: System V ABI, "Object Files"; x86-64 psABI for relocations. Symbol, string and relocation tables
// do not appear as sections: they are the members `symbols` and `relocations`, and are made anew on writing.
// Section groups are dropped on reading: each object is looked at by itself.
#pragma once

#include <elf.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/file.h"

namespace suture::elf {

/// Where a symbol lives when that is not a section of the object.
inline constexpr std::uint32_t kUndefined = 0xffffffff;
inline constexpr std::uint32_t kAbsolute = 0xfffffffe;
inline constexpr std::uint32_t kCommon = 0xfffffffd;
/// Resolved by the kernel when the patched object is there: SHN_LIVEPATCH in include/uapi/linux/elf.h.
inline constexpr std::uint32_t kLivepatch = 0xfffffffc;

struct Relocation {
  std::uint64_t offset = 0;  ///< in the section
  std::uint32_t type = 0;    ///< R_X86_64_*
  std::uint32_t symbol = 0;  ///< index into Object::symbols
  std::int64_t addend = 0;
  bool operator==(const Relocation&) const = default;
};

struct Section {
  std::string name;
  std::uint32_t type = SHT_PROGBITS;
  std::uint64_t flags = 0;
  std::uint64_t alignment = 1;   ///< a power of two
  std::uint64_t entry_size = 0;  ///< of mergeable sections and tables; else 0
  std::uint64_t size = 0;        ///< bytes in memory; data.size() unless SHT_NOBITS, which has no data
  Bytes data{};
  std::vector<Relocation> relocations{};  ///< in the file's order

  bool allocated() const { return (flags & SHF_ALLOC) != 0; }
  bool executable() const { return (flags & SHF_EXECINSTR) != 0; }
  bool writable() const { return (flags & SHF_WRITE) != 0; }
};

struct Symbol {
  std::string name;
  std::uint8_t type = STT_NOTYPE;    ///< STT_*
  std::uint8_t binding = STB_LOCAL;  ///< STB_*
  std::uint8_t visibility = STV_DEFAULT;
  std::uint32_t section = kUndefined;  ///< index into Object::sections, or one of the k… above
  std::uint64_t value = 0;             ///< offset in the section
  std::uint64_t size = 0;

  bool defined_in_section() const { return section < kLivepatch; }
};

/// A relocation table which stands apart from the section's own, for the kernel's livepatch to apply later:
/// `.klp.rela.OBJECT.SECTION` (Documentation/livepatch/module-elf-format.rst).
struct LateRelocations {
  std::string name;
  std::uint64_t flags = 0;
  std::uint32_t section = 0;  ///< index of the section they apply to
  std::vector<Relocation> relocations;
};

struct Object {
  std::vector<Section> sections;
  std::vector<Symbol> symbols;  ///< locals and globals in any order; no null symbol
  std::vector<LateRelocations> late_relocations;

  /// Index of the first section of that name, or nothing.
  const Section* find_section(std::string_view name) const;
};

/// What of a file's sections is wanted. Most of a unit compiled for a kernel is debug information.
enum class Keep : std::uint8_t {
  kAll,
  kAllocated,  ///< only what is loaded; symbols of other sections count as absolute
};

inline constexpr std::size_t kLargestObject = 1u << 30;

/// Reads an object; "elf.malformed" when anything points outside of the file, the tables or the sections.
/// `what` names it in errors.
Result<Object> parse_object(ByteView bytes, std::string_view what, Keep keep = Keep::kAll);
Result<Object> read_object(const std::filesystem::path& path, Keep keep = Keep::kAll);

/// The bytes of the object as a file. The same object gives the same bytes.
Result<Bytes> serialize(const Object& object);

/// Bytes that a relocation of this type changes: 0 (none), 1, 2, 4 or 8; "elf.unknown-relocation" for a
/// type that kernel code does not use.
Result<std::size_t> relocation_width(std::uint32_t type);
/// True when the place of the relocation is subtracted from its target.
bool is_pc_relative(std::uint32_t type);

}  // namespace suture::elf
