// SPDX-License-Identifier: Apache-2.0
//
// Makes one module of the glue and the deltas: a linker for just this purpose. An ordinary one could do half
// of it (`ld -r`), but would have to be followed by a pass over the file for the other half:
//
// - In a livepatch module, symbols which the kernel does not export, and all symbols of modules, are looked
// up by
//   livepatch. They are named ".klp.sym.OBJECT.NAME,SYMPOS", and relocations to them stand in
//   ".klp.rela.OBJECT.SECTION" (Documentation/livepatch/module-elf-format.rst; kernel/livepatch/core.c,
//   klp_resolve_symbols()).
// - In a module for the stop-machine engine, symbols of the kernel are addressed from an exported one, the
// anchor,
//   by the distance between the two in the image: KASLR moves it as a whole. So the kernel's own loader has
//   them right before it looks at any table of the module, and loading needs no look-ups. Relocations to
//   symbols of modules are left to the engine (late_tables.h).
// - Exported symbols need an entry in "__versions" (struct modversion_info, include/linux/module.h).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "delta/delta.h"
#include "elf/object.h"

namespace suture {

/// Where a module gets a symbol from that it does not define.
struct SymbolSource {
  /// Set: the kernel exports it, under this version, and the loader finds it by name.
  std::optional<std::uint32_t> exported_crc;
  /// Else: livepatch finds it in this object by name and position.
  std::string object{};
  std::string name{};
  std::uint32_t sympos = 0;  ///< as ReplacedFunction::sympos
  /// Of a symbol of vmlinux: in its image, before KASLR.
  std::optional<std::uint64_t> address{};
};

/// An exported symbol of vmlinux.
struct Anchor {
  std::string name;
  std::uint32_t crc = 0;
  std::uint64_t address = 0;  ///< as SymbolSource::address
};

struct LinkPart {
  const elf::Object* object = nullptr;
  /// Name of the kernel object that it patches: symbols of modules are filled in when that is there.
  std::string patches{};
  /// By symbol of `object`: for each undefined one that no other part defines.
  std::vector<std::optional<SymbolSource>> sources{};
};

/// Behind the names of functions that replace others: kprobes are set by name, and refused when two functions
/// have it (number_of_same_symbols() in kernel/trace/trace_kprobe.c, of 6.1.170 for one).
inline constexpr std::string_view kReplacementSuffix = ".suture";

struct LinkInput {
  LinkPart glue;
  std::vector<LinkPart> deltas;
  /// Symbols that the glue refers to → the part (index into deltas) and symbol which they stand for.
  struct Alias {
    std::string name;
    std::size_t part = 0;
    std::uint32_t symbol = 0;
    bool replaces = false;  ///< a function of the running kernel
  };
  std::vector<Alias> aliases;
  /// Set for a module for the stop-machine engine.
  std::optional<Anchor> anchor{};
  /// Symbols that the glue refers to → a place in a section of a part (index into deltas).
  struct Place {
    std::string name;
    std::size_t part = 0;
    std::uint32_t section = 0;
    std::uint64_t offset = 0;
  };
  std::vector<Place> places{};
  /// Of struct module; nothing for a kernel without CONFIG_MODVERSIONS, which wants no "__versions".
  std::optional<std::uint32_t> module_layout_crc{};
};

/// Whether a section of a part goes into the module.
bool is_linked(const elf::Section& section);

/// "module.duplicate-symbol", "module.unresolved-symbol", "module.late-table" (a table that the kernel reads
/// when this module loads would need a symbol of another module, which may come later),
/// "module.name-too-long".
Result<elf::Object> link_module(const LinkInput& input);

}  // namespace suture
