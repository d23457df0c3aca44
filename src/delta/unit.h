// SPDX-License-Identifier: Apache-2.0
//
// A compiled unit, cut into the pieces that can change or be shipped by themselves.
//
// A relocatable object speaks of places in two tongues: by symbol, and by section plus offset, at the
// assembler's whim. Which one it picks changes when anything is added above. So the object is cut into atoms
// (one function, one variable, one string) and each relocation becomes a reference from an atom to an offset
// in another atom, with the bias of PC-relative fields taken out. So does each distance between two atoms of
// one section that the assembler filled in itself. After that, equal things look equal.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "delta/instruction.h"
#include "elf/object.h"

namespace suture {

using AtomId = std::uint32_t;
inline constexpr AtomId kNoAtom = 0xffffffff;

enum class AtomKind : std::uint8_t {
  kFunction,
  kData,     ///< a variable or table: it has an identity, the running kernel's is the one to use
  kPrivate,  ///< a string, a constant, `__func__`, a debug descriptor: only its content matters, so a copy
             ///< will do
};

/// What a relocated field points to.
struct Reference {
  std::uint64_t offset = 0;  ///< of the field, in its section
  std::uint32_t type = 0;    ///< R_X86_64_*
  AtomId target = kNoAtom;   ///< kNoAtom: outside of the unit, or an absolute symbol
  std::uint32_t symbol = 0;  ///< index into Object::symbols, as the relocation names it
  std::int64_t addend = 0;   ///< offset in the target, the bias taken out
  std::uint8_t width = 0;    ///< bytes of the field
  std::uint8_t bias = 0;     ///< relocation's addend = addend - bias
  bool branch = false;       ///< a call or jump goes there; else the address is taken or data accessed
};

struct Atom {
  std::string name;  ///< the symbol's; of nameless ones the section's
  AtomKind kind = AtomKind::kData;
  std::uint32_t section = 0;
  std::uint64_t offset = 0;  ///< in the section
  std::uint64_t size = 0;
  std::uint32_t symbol = elf::kUndefined;  ///< index into Object::symbols; kUndefined: it has no name
  bool global = false;
  /// Bytes right before a function which go with it: `__pfx_NAME`, room for call thunks
  /// (CONFIG_CALL_PADDING, since 6.2), or `__cfi_NAME`, its type's hash.
  std::uint64_t padding = 0;
  std::uint32_t padding_symbol = elf::kUndefined;
};

class Unit {
 public:
  /// `object` must outlive it. "delta.unsupported-object" names what cannot be cut.
  static Result<Unit> cut(const elf::Object& object, std::string name);
  /// The same for one of several objects that have much of their code in common.
  static Result<Unit> cut(const elf::Object& object, std::string name, InstructionFields& decoded);

  const std::string& name() const { return name_; }
  const elf::Object& object() const { return *object_; }
  const std::vector<Atom>& atoms() const { return atoms_; }
  const Atom& atom(AtomId id) const { return atoms_[id]; }
  const elf::Section& section_of(const Atom& atom) const { return object_->sections[atom.section]; }

  /// Empty for atoms without content in the file (.bss).
  ByteView bytes(const Atom& atom) const { return bytes(atom.section, atom.offset, atom.size); }
  ByteView bytes(std::uint32_t section, std::uint64_t offset, std::uint64_t size) const;
  /// References in that range, by offset.
  std::span<const Reference> references(std::uint32_t section, std::uint64_t offset,
                                        std::uint64_t size) const;
  std::span<const Reference> references(const Atom& atom) const {
    return references(atom.section, atom.offset, atom.size);
  }
  const std::string& symbol_name(const Reference& reference) const {
    return object_->symbols[reference.symbol].name;
  }
  /// The atom whose name this symbol of the object is; kNoAtom when none has it.
  AtomId atom_of(std::uint32_t symbol) const;
  /// The atom which holds this place, or ends there when none begins there; kNoAtom if none does.
  AtomId atom_at(std::uint32_t section, std::uint64_t offset) const;
  /// The function whose padding holds this place.
  AtomId padded_atom_at(std::uint32_t section, std::uint64_t offset) const;

 private:
  Unit(const elf::Object& object, std::string name) : object_(&object), name_(std::move(name)) {}
  void cut_section(std::uint32_t section, std::vector<std::uint32_t>& symbols);
  void cut_mergeable(std::uint32_t section);
  void cut_snippets(std::uint32_t section);
  void add_nameless(std::uint32_t section, std::uint64_t begin, std::uint64_t end);
  Result<void> read_references(InstructionFields& decoded);
  std::vector<InstructionField> fields_of(std::uint32_t section, InstructionFields& decoded) const;
  Result<void> add_resolved(std::uint32_t section, const std::vector<InstructionField>& fields);
  Result<void> check_ends(std::uint32_t section) const;
  Result<void> resolve(std::uint32_t section, Reference& reference) const;

  const elf::Object* object_;
  std::string name_;
  std::vector<Atom> atoms_;                         ///< by section and offset
  std::vector<std::uint32_t> first_atom_;           ///< by section; one more at the end
  std::vector<std::vector<Reference>> references_;  ///< by section
};

/// The name without what the compiler numbers anew in each build: "count.42" → "count",
/// "__UNIQUE_ID_x123" → "__UNIQUE_ID_x", "f.constprop.0" → "f.constprop".
std::string stable_name(std::string_view name);
/// "f" of "f.cold", "f.cold.3"; empty when it is not the cold part of a function.
std::string_view parent_of_cold(std::string_view name);

}  // namespace suture
