// SPDX-License-Identifier: Apache-2.0
#include "delta/unit.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <tuple>

#include "delta/instruction.h"
#include "delta/special_sections.h"

namespace suture {
namespace {

/// Sums with it do not overflow. None of a real object comes near: not even one that leads from the kernel's
/// addresses to those of memory.
constexpr std::int64_t kLargestAddend = std::int64_t{1} << 60;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::string_view without_trailing_digits(std::string_view name) {
  while (!name.empty() && is_digit(name.back())) name.remove_suffix(1);
  return name;
}

/// Variables that gcc or a kernel macro makes anew for each place of use.
bool is_private_name(std::string_view name) {
  constexpr std::array kPrefixes{
      "__func__.", "__FUNCTION__.", "__PRETTY_FUNCTION__.", "__msg.", "CSWTCH.", "C.", ".LC"};
  return std::ranges::any_of(kPrefixes, [&](std::string_view prefix) { return name.starts_with(prefix); });
}

AtomKind kind_of(const elf::Section& section, const elf::Symbol& symbol) {
  if (section.executable() || symbol.type == STT_FUNC) return AtomKind::kFunction;
  // struct _ddebug: made for each pr_debug(), found by the kernel through its section.
  if (section.name == "__dyndbg" || section.name == "__verbose") return AtomKind::kPrivate;
  if (!section.writable() && symbol.binding == STB_LOCAL && is_private_name(symbol.name))
    return AtomKind::kPrivate;
  return AtomKind::kData;
}

bool is_function_padding(const elf::Section& section, const elf::Symbol& symbol) {
  const bool named = symbol.name.starts_with("__pfx_") || symbol.name.starts_with("__cfi_");
  return named && section.executable() && symbol.size != 0;
}

bool is_padding(ByteView bytes, bool code) {
  return code ? is_filler(bytes) : std::ranges::all_of(bytes, [](std::uint8_t byte) { return byte == 0; });
}

/// Little-endian, as wide as there are bytes.
std::uint64_t signed_number(ByteView bytes) {
  std::uint64_t value = !bytes.empty() && bytes.back() >= 0x80 ? ~std::uint64_t{0} : 0;
  for (std::size_t i = bytes.size(); i-- > 0;) value = value << 8 | bytes[i];
  return value;
}

}  // namespace

std::string stable_name(std::string_view name) {
  if (name.starts_with("__UNIQUE_ID_") || name.starts_with("__BTF_ID__")) {
    return std::string(without_trailing_digits(name));
  }
  // "__initcall__kmod_MODULE__COUNTER_LINE_FUNCTIONn", ___initcall_id in include/linux/init.h.
  constexpr std::string_view kInitcall = "__initcall__kmod_";
  if (const std::size_t at = name.find("__", kInitcall.size());
      name.starts_with(kInitcall) && at < name.size()) {
    const std::size_t function = name.find_first_not_of("0123456789_", at);
    return std::string(name.substr(0, at)) + std::string(name.substr(std::min(function, name.size())));
  }
  while (true) {
    const std::string_view stem = without_trailing_digits(name);
    if (stem.size() == name.size() || !stem.ends_with('.') || stem.size() == 1) return std::string(name);
    name = stem.substr(0, stem.size() - 1);
  }
}

std::string_view parent_of_cold(std::string_view name) {
  std::string_view stem = without_trailing_digits(name);
  if (stem.size() < name.size() && stem.ends_with('.'))
    stem.remove_suffix(1);
  else
    stem = name;
  return stem.ends_with(".cold") ? stem.substr(0, stem.size() - 5) : std::string_view{};
}

Result<Unit> Unit::cut(const elf::Object& object, std::string name) {
  InstructionFields decoded;
  return cut(object, std::move(name), decoded);
}

Result<Unit> Unit::cut(const elf::Object& object, std::string name, InstructionFields& decoded) {
  Unit unit(object, std::move(name));
  std::vector<std::vector<std::uint32_t>> symbols(object.sections.size());
  for (std::uint32_t i = 0; i < object.symbols.size(); ++i) {
    const elf::Symbol& symbol = object.symbols[i];
    if (symbol.section == elf::kCommon) {
      return fail("delta.common-symbol", "read the unit " + unit.name_,
                  fmt::format("{} is a common symbol", symbol.name),
                  "compile it with -fno-common, as the kernel is");
    }
    if (!symbol.defined_in_section() || symbol.type == STT_SECTION || symbol.type == STT_FILE) continue;
    symbols[symbol.section].push_back(i);
  }
  for (std::uint32_t section = 0; section < object.sections.size(); ++section) {
    unit.first_atom_.push_back(static_cast<std::uint32_t>(unit.atoms_.size()));
    const elf::Section& content = object.sections[section];
    if (!content.allocated() || is_special_section(content.name)) continue;
    if ((content.flags & SHF_MERGE) != 0 && content.relocations.empty()) {
      unit.cut_mergeable(section);
    } else if (content.name == ".fixup" || content.name == ".altinstr_aux") {
      unit.cut_snippets(section);
    } else {
      unit.cut_section(section, symbols[section]);
    }
  }
  unit.first_atom_.push_back(static_cast<std::uint32_t>(unit.atoms_.size()));
  TRY(unit.read_references(decoded));
  return unit;
}

/// One atom for each address that has a symbol, reaching as far as the symbol says, or, where it does not say
/// (labels of assembly), to the next one; nameless ones for what is left between.
void Unit::cut_section(std::uint32_t section, std::vector<std::uint32_t>& symbols) {
  const elf::Section& content = object_->sections[section];
  // Of several names for one place the first is the one with a size, then the global one.
  std::ranges::stable_sort(symbols, [&](std::uint32_t left, std::uint32_t right) {
    const elf::Symbol& a = object_->symbols[left];
    const elf::Symbol& b = object_->symbols[right];
    return std::tuple(a.value, b.size, b.binding) < std::tuple(b.value, a.size, a.binding);
  });
  std::uint64_t end = 0;
  std::uint32_t padding = elf::kUndefined;  // that was met last
  for (std::size_t i = 0; i < symbols.size(); ++i) {
    const elf::Symbol& symbol = object_->symbols[symbols[i]];
    const bool at_the_end = content.size != 0 && symbol.value == content.size;
    if (symbol.value < end || at_the_end) continue;  // an alias, or a label inside
    if (i > 0 && symbol.value == object_->symbols[symbols[i - 1]].value) continue;
    if (symbol.value > end) add_nameless(section, end, symbol.value);
    const bool after_padding = padding != elf::kUndefined && symbol.value == end;
    if (is_function_padding(content, symbol)) {
      padding = symbols[i];
      end = symbol.value + symbol.size;
      continue;
    }
    std::uint64_t size = symbol.size;
    if (size == 0) {
      const auto next = std::ranges::find_if(
          symbols, [&](std::uint32_t other) { return object_->symbols[other].value > symbol.value; });
      size = (next == symbols.end() ? content.size : object_->symbols[*next].value) - symbol.value;
    }
    atoms_.push_back({.name = symbol.name,
                      .kind = kind_of(content, symbol),
                      .section = section,
                      .offset = symbol.value,
                      .size = size,
                      .symbol = symbols[i],
                      .global = symbol.binding != STB_LOCAL,
                      .padding = after_padding ? object_->symbols[padding].size : 0,
                      .padding_symbol = after_padding ? padding : elf::kUndefined});
    end = symbol.value + size;
  }
  if (end < content.size) add_nameless(section, end, content.size);
}

void Unit::add_nameless(std::uint32_t section, std::uint64_t begin, std::uint64_t end) {
  const elf::Section& content = object_->sections[section];
  const bool referenced = std::ranges::any_of(content.relocations, [&](const elf::Relocation& relocation) {
    return relocation.offset >= begin && relocation.offset < end;
  });
  const bool between = begin > 0 || content.type == SHT_NOBITS;
  if (!referenced && between && end - begin < content.alignment + 16 &&
      is_padding(bytes(section, begin, end - begin), content.executable())) {
    return;
  }
  const AtomKind kind = content.executable() ? AtomKind::kFunction
                        // ".data..Lubsan_data7": made by the compiler for one place of use.
                        : content.writable() && !content.name.starts_with(".data..L") ? AtomKind::kData
                                                                                      : AtomKind::kPrivate;
  atoms_.push_back(
      {.name = content.name, .kind = kind, .section = section, .offset = begin, .size = end - begin});
}

/// Strings end at their terminator; constants have the size of the section's entries.
void Unit::cut_mergeable(std::uint32_t section) {
  const elf::Section& content = object_->sections[section];
  const std::uint64_t width = std::max<std::uint64_t>(content.entry_size, 1);
  const auto is_terminator = [&](std::uint64_t at) {
    return is_padding(bytes(section, at, std::min(width, content.size - at)), false);
  };
  std::uint64_t begin = 0;
  while (begin < content.size) {
    std::uint64_t end = begin;
    if ((content.flags & SHF_STRINGS) != 0) {
      while (end < content.size && !is_terminator(end)) end += width;
    }
    end = std::min(end + width, content.size);
    atoms_.push_back({.name = content.name,
                      .kind = AtomKind::kPrivate,
                      .section = section,
                      .offset = begin,
                      .size = end - begin});
    begin = end;
  }
}

/// Code out of line that macros write without names: what repairs a faulted instruction (.fixup, up to 5.15),
/// or tests a CPU's feature until alternatives are in place (.altinstr_aux). Each piece begins where an entry
/// of a table or a jump leads to, and goes with the function that this belongs to.
void Unit::cut_snippets(std::uint32_t section) {
  constexpr std::int64_t kJumpBias = 4;  // a jump's distance counts from its end, right behind the field
  const elf::Section& content = object_->sections[section];
  std::set<std::uint64_t> starts{0, content.size};
  for (const elf::Section& from : object_->sections) {
    if (!from.allocated() || &from == &content) continue;
    for (const elf::Relocation& relocation : from.relocations) {
      const elf::Symbol& symbol = object_->symbols[relocation.symbol];
      if (symbol.section != section) continue;
      const std::int64_t bias = from.executable() && elf::is_pc_relative(relocation.type) ? kJumpBias : 0;
      const std::uint64_t place = symbol.value + static_cast<std::uint64_t>(relocation.addend + bias);
      if (place < content.size) starts.insert(place);
    }
  }
  for (auto begin = starts.begin(), end = std::next(begin); end != starts.end(); begin = end++) {
    atoms_.push_back({.name = content.name,
                      .kind = AtomKind::kPrivate,
                      .section = section,
                      .offset = *begin,
                      .size = *end - *begin});
  }
}

ByteView Unit::bytes(std::uint32_t section, std::uint64_t offset, std::uint64_t size) const {
  const Bytes& data = object_->sections[section].data;
  if (offset > data.size() || size > data.size() - offset) return {};
  return ByteView(data).subspan(offset, size);
}

AtomId Unit::padded_atom_at(std::uint32_t section, std::uint64_t offset) const {
  for (AtomId id = first_atom_[section]; id < first_atom_[section + 1]; ++id) {
    const Atom& atom = atoms_[id];
    if (offset < atom.offset && atom.offset - offset <= atom.padding) return id;
  }
  return kNoAtom;
}

std::span<const Reference> Unit::references(std::uint32_t section, std::uint64_t offset,
                                            std::uint64_t size) const {
  const std::vector<Reference>& all = references_[section];
  const auto begin = std::ranges::lower_bound(all, offset, {}, &Reference::offset);
  const auto end = std::ranges::lower_bound(begin, all.end(), offset + size, {}, &Reference::offset);
  return {begin, end};
}

AtomId Unit::atom_of(std::uint32_t symbol) const {
  const auto found = std::ranges::find(atoms_, symbol, &Atom::symbol);
  return found == atoms_.end() ? kNoAtom : static_cast<AtomId>(found - atoms_.begin());
}

AtomId Unit::atom_at(std::uint32_t section, std::uint64_t offset) const {
  const auto begin = atoms_.begin() + first_atom_[section];
  const auto end = atoms_.begin() + first_atom_[section + 1];
  auto after = std::upper_bound(begin, end, offset,
                                [](std::uint64_t at, const Atom& atom) { return at < atom.offset; });
  if (after == begin) return kNoAtom;
  --after;
  if (offset > after->offset + after->size) return kNoAtom;
  return static_cast<AtomId>(after - atoms_.begin());
}

Result<void> Unit::read_references(InstructionFields& decoded) {
  references_.resize(object_->sections.size());
  for (std::uint32_t section = 0; section < object_->sections.size(); ++section) {
    const elf::Section& content = object_->sections[section];
    const bool several = first_atom_[section + 1] - first_atom_[section] > 1;
    const bool has_distances = several && content.executable();
    if (!content.allocated() || is_ignored_section(content.name)) continue;
    if (content.relocations.empty() && !has_distances) continue;
    std::vector<Reference>& references = references_[section];
    for (const elf::Relocation& relocation : content.relocations) {
      if (relocation.type == R_X86_64_NONE) continue;
      if (relocation.addend > kLargestAddend || relocation.addend < -kLargestAddend) {
        return fail("delta.unsupported-object", "read the unit " + name_,
                    fmt::format("a relocation of section {} leads {:#x} bytes away from its symbol",
                                content.name, relocation.addend));
      }
      references.push_back({.offset = relocation.offset,
                            .type = relocation.type,
                            .symbol = relocation.symbol,
                            .addend = relocation.addend});
    }
    std::ranges::sort(references, {}, &Reference::offset);
    std::vector<InstructionField> fields;
    if (content.executable()) {
      fields = fields_of(section, decoded);
      for (Reference& reference : references) {
        const auto field = std::ranges::lower_bound(fields, reference.offset, {}, &InstructionField::offset);
        if (field == fields.end() || field->offset != reference.offset) continue;
        reference.branch = field->branch;
        if (elf::is_pc_relative(reference.type)) reference.bias = field->bias;
      }
    }
    for (Reference& reference : references) TRY(resolve(section, reference));
    if (has_distances) TRY(add_resolved(section, fields));
    TRY(check_ends(section));
  }
  return {};
}

/// A field that one atom begins and another ends could not be shipped with either.
Result<void> Unit::check_ends(std::uint32_t section) const {
  for (AtomId id = first_atom_[section]; id < first_atom_[section + 1]; ++id) {
    const std::uint64_t end = atoms_[id].offset + atoms_[id].size;
    const auto passes = [&](const Reference& field) { return field.offset + field.width > end; };
    if (std::ranges::any_of(references(atoms_[id]), passes)) {
      return fail("delta.unsupported-object", "read the unit " + name_,
                  fmt::format("a relocated field passes the end of {}", atoms_[id].name));
    }
  }
  return {};
}

/// Each atom's code is decoded from its own start, so data between two cannot derail the second.
std::vector<InstructionField> Unit::fields_of(std::uint32_t section, InstructionFields& decoded) const {
  const elf::Section& content = object_->sections[section];
  std::vector<InstructionField> fields;
  const auto decode = [&](std::uint64_t offset, std::uint64_t size) {
    for (InstructionField field : decoded.of(bytes(section, offset, size))) {
      field.offset += offset;
      fields.push_back(field);
    }
  };
  if (is_special_section(content.name)) decode(0, content.size);
  for (AtomId id = first_atom_[section]; id < first_atom_[section + 1]; ++id)
    decode(atoms_[id].offset, atoms_[id].size);
  std::ranges::sort(fields, {}, &InstructionField::offset);
  return fields;
}

/// Between two functions of one section, as of .sched.text or .exit.text, the assembler needs no relocation.
/// A function that is shipped without the other does.
Result<void> Unit::add_resolved(std::uint32_t section, const std::vector<InstructionField>& fields) {
  std::vector<Reference>& references = references_[section];
  const std::size_t relocated = references.size();
  for (const InstructionField& field : fields) {
    const auto end = references.begin() + static_cast<std::ptrdiff_t>(relocated);
    const auto known =
        std::ranges::lower_bound(references.begin(), end, field.offset, {}, &Reference::offset);
    if (!field.relative || (known != end && known->offset == field.offset)) continue;
    const AtomId from = atom_at(section, field.offset);
    const std::uint64_t place =
        field.offset + field.bias + signed_number(bytes(section, field.offset, field.width));
    const AtomId to = place < object_->sections[section].size ? atom_at(section, place) : kNoAtom;
    if (to == from) continue;
    if (to == kNoAtom || atoms_[to].symbol == elf::kUndefined) {
      return fail("delta.unsupported-object", "read the unit " + name_,
                  fmt::format("code of {} leads to code without a name in {}", atoms_[from].name,
                              object_->sections[section].name));
    }
    const std::uint32_t far = field.branch ? R_X86_64_PLT32 : R_X86_64_PC32;
    references.push_back({.offset = field.offset,
                          .type = field.width == 1 ? std::uint32_t{R_X86_64_PC8} : far,
                          .target = to,
                          .symbol = atoms_[to].symbol,
                          .addend = static_cast<std::int64_t>(place - atoms_[to].offset),
                          .width = field.width,
                          .bias = field.bias,
                          .branch = field.branch});
  }
  std::ranges::sort(references, {}, &Reference::offset);
  return {};
}

/// From "symbol or section, plus addend" to "atom, plus offset".
Result<void> Unit::resolve(std::uint32_t section, Reference& reference) const {
  reference.width = static_cast<std::uint8_t>(TRY(elf::relocation_width(reference.type)));
  reference.addend += reference.bias;
  const elf::Symbol& symbol = object_->symbols[reference.symbol];
  if (!symbol.defined_in_section()) return {};
  const elf::Section& target = object_->sections[symbol.section];
  // A symbol stands for its own atom, also when the addend leads outside of it (an array's element -1), and
  // so does the section's symbol when the section is one atom. Else that stands for whatever lies at the
  // offset.
  const bool only_atom = first_atom_[symbol.section] + 1 == first_atom_[symbol.section + 1];
  const bool by_place = symbol.type == STT_SECTION && !only_atom;
  const std::int64_t place = static_cast<std::int64_t>(symbol.value) + (by_place ? reference.addend : 0);
  if (!target.allocated() || place < 0) {
    return fail("delta.unsupported-object", "read the unit " + name_,
                fmt::format("a relocation of section {} leads to no code or data: {}{:+}",
                            object_->sections[section].name, symbol.name, reference.addend));
  }
  const bool no_atom = first_atom_[symbol.section] == first_atom_[symbol.section + 1];
  if (no_atom && is_special_section(target.name)) return {};
  reference.target =
      only_atom ? first_atom_[symbol.section] : atom_at(symbol.section, static_cast<std::uint64_t>(place));
  // Unwind data tells of the padding, too.
  if (reference.target == kNoAtom)
    reference.target = padded_atom_at(symbol.section, static_cast<std::uint64_t>(place));
  if (reference.target == kNoAtom) {
    return fail("delta.unsupported-object", "read the unit " + name_,
                fmt::format("a relocation of section {} leads between two symbols: {}{:+}",
                            object_->sections[section].name, symbol.name, reference.addend));
  }
  reference.addend +=
      static_cast<std::int64_t>(symbol.value) - static_cast<std::int64_t>(atoms_[reference.target].offset);
  return {};
}

}  // namespace suture
