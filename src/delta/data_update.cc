// SPDX-License-Identifier: Apache-2.0
#include "delta/data_update.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "delta/select.h"
#include "delta/whole_values.h"

namespace suture {
namespace {

constexpr const char* kManual = "see docs/patch-authors.md";

const Reference* reference_at(const Unit& unit, const Atom& atom, std::uint64_t offset) {
  const auto found = unit.references(atom.section, atom.offset + offset, 1);
  return found.empty() ? nullptr : &found.front();
}

/// Bytes of a variable; zeros where the file has none (.bss).
Bytes content_of(const Unit& unit, const Atom& atom) {
  const ByteView bytes = unit.bytes(atom);
  Bytes content(bytes.begin(), bytes.end());
  content.resize(atom.size);
  return content;
}

/// Of variables that live in one place from boot on.
bool is_ordinary(std::string_view section) {
  if (is_init_section(section) || section.starts_with(".data..percpu")) return false;
  return section.starts_with(".data") || section.starts_with(".rodata") || section.starts_with(".bss");
}

class UpdateFinder {
 public:
  UpdateFinder(const UnitPair& units, const Correlation& correlation, const DebugInfo* debug)
      : original_(units.original), patched_(units.patched), correlation_(correlation) {
    if (debug != nullptr && !debug->empty()) types_.emplace(*debug);
  }

  Result<DataUpdate> find(AtomId id) const {
    const Atom& from = original_.atom(correlation_.original_of[id]);
    const Atom& to = patched_.atom(id);
    if (from.size != to.size) {
      return refuse("delta.update-not-atomic",
                    fmt::format("{} changes from {} to {} bytes", to.name, from.size, to.size),
                    "a variable in use cannot grow; use a new one, or shadow variables");
    }
    const std::vector<bool> differs = differing_bytes(from, to);
    const auto first = std::ranges::find(differs, true) - differs.begin();
    const auto behind = differs.rend() - std::ranges::find(differs.rbegin(), differs.rend(), true);
    const ByteRange values = TRY(whole(
        from, {.first = static_cast<std::uint64_t>(first), .behind = static_cast<std::uint64_t>(behind)}));
    DataUpdate update{.original = correlation_.original_of[id], .patched = id};
    if (!cover(from, values, update)) {
      return refuse(
          "delta.update-not-atomic",
          fmt::format("{} changes from byte {} to {}, which is more than one aligned word", to.name,
                      values.first, values.behind - 1),
          fmt::format("write it in a SUTURE_PRE_PATCH callback, with its readers in mind; {}", kManual));
    }
    TRY(check_pointers(from, to, update));
    return update;
  }

 private:
  std::unexpected<Error> refuse(std::string code, std::string why, std::string hint) const {
    return fail(std::move(code), "make a delta of " + patched_.name(), std::move(why), std::move(hint));
  }

  std::vector<bool> differing_bytes(const Atom& from, const Atom& to) const {
    const Bytes old_bytes = content_of(original_, from);
    const Bytes new_bytes = content_of(patched_, to);
    std::vector<bool> differs(old_bytes.size());
    for (std::size_t i = 0; i < differs.size(); ++i) differs[i] = old_bytes[i] != new_bytes[i];
    const auto mark = [&](const Unit& unit, const Atom& atom) {
      for (const Reference& reference : unit.references(atom)) {
        const std::uint64_t at = reference.offset - atom.offset;
        const Reference* a = reference_at(original_, from, at);
        const Reference* b = reference_at(patched_, to, at);
        const bool different = a == nullptr || b == nullptr || !same(*a, *b);
        const std::uint64_t end = std::min<std::uint64_t>(at + reference.width, differs.size());
        for (std::uint64_t i = at; i < end; ++i) differs[i] = different;
      }
    };
    mark(original_, from);
    mark(patched_, to);
    return differs;
  }

  bool same(const Reference& a, const Reference& b) const {
    if (a.type != b.type || a.addend != b.addend) return false;
    if (a.target == kNoAtom || b.target == kNoAtom)
      return a.target == b.target && original_.symbol_name(a) == patched_.symbol_name(b);
    const Atom& from = original_.atom(a.target);
    const Atom& to = patched_.atom(b.target);
    if (to.kind != AtomKind::kPrivate) return correlation_.original_of[b.target] == a.target;
    return from.kind == AtomKind::kPrivate && std::ranges::equal(original_.bytes(from), patched_.bytes(to)) &&
           original_.references(from).empty() && patched_.references(to).empty();
  }

  /// The values that differ, each as a whole.
  Result<ByteRange> whole(const Atom& from, ByteRange differing) const {
    if (differing.first >= differing.behind) return differing;
    if (from.size == 1 || from.size == 2 || from.size == 4 || from.size == 8)
      return ByteRange{.first = 0, .behind = from.size};
    if (types_) {
      if (const auto values = whole_values(*types_, stable_name(from.name), from.size, differing))
        return *values;
    }
    return refuse("delta.update-unknown-type",
                  "no debug information tells where the values in " + from.name + " begin and end",
                  "compile both with -g");
  }

  /// The smallest aligned word, inside of the variable, that holds the values.
  bool cover(const Atom& atom, ByteRange values, DataUpdate& update) const {
    if (values.first >= values.behind) return false;
    const std::uint64_t alignment = original_.section_of(atom).alignment;
    for (const std::uint64_t width : {1u, 2u, 4u, 8u}) {
      const std::uint64_t start = (atom.offset + values.first) / width * width;
      const bool inside = start >= atom.offset && start + width <= atom.offset + atom.size;
      if (!inside || alignment < width || start + width < atom.offset + values.behind) continue;
      update.offset = start - atom.offset;
      update.width = width;
      return true;
    }
    return false;
  }

  /// What is written, and what is expected to be there, must mean something in the running kernel before and
  /// after the patch.
  Result<void> check_pointers(const Atom& from, const Atom& to, const DataUpdate& update) const {
    const auto pointer = [&](const Unit& unit, const Atom& atom, const char* which) -> Result<void> {
      for (const Reference& reference :
           unit.references(atom.section, atom.offset + update.offset, update.width)) {
        if (reference.type != R_X86_64_64 || reference.offset != atom.offset + update.offset) {
          return refuse(
              "delta.update-pointer",
              fmt::format("the {} value of {} is an address of another form than 8 bytes", which, atom.name),
              "");
        }
        if (reference.target == kNoAtom) continue;
        const Atom& target = unit.atom(reference.target);
        const bool in_kernel = &unit == &original_ || correlation_.original_of[reference.target] != kNoAtom;
        if (in_kernel && target.kind != AtomKind::kPrivate && target.symbol != elf::kUndefined) continue;
        return refuse(
            "delta.update-pointer",
            fmt::format("the {} value of {} is the address of {}, which {}", which, atom.name, target.name,
                        in_kernel ? "has no name in the kernel" : "comes with the patch and goes with it"),
            fmt::format("a reader may hold the address when the patch goes; {}", kManual));
      }
      return {};
    };
    TRY(pointer(original_, from, "old"));
    return pointer(patched_, to, "new");
  }

  const Unit& original_;
  const Unit& patched_;
  const Correlation& correlation_;
  std::optional<Types> types_;
};

/// Field by field as `struct suture_update` in module/runtime/suture.h.
constexpr std::uint64_t kAddressField = 0;
constexpr std::uint64_t kOldField = 8;
constexpr std::uint64_t kNewField = 16;
constexpr std::uint64_t kWidthField = 24;
constexpr std::uint64_t kUpdateSize = 56;  // three more that the module fills in

class UpdateWriter {
 public:
  UpdateWriter(const Unit& original, const Unit& patched, const Correlation& correlation, Delta& delta)
      : original_(original), patched_(patched), correlation_(correlation), delta_(delta) {}

  void add(const DataUpdate& update) {
    const Atom& from = original_.atom(update.original);
    const Atom& to = patched_.atom(update.patched);
    elf::Section entry{.name = ".data.suture_update",
                       .flags = SHF_ALLOC | SHF_WRITE,
                       .alignment = 8,
                       .size = kUpdateSize,
                       .data = Bytes(kUpdateSize)};
    entry.relocations.push_back({.offset = kAddressField,
                                 .type = R_X86_64_64,
                                 .symbol = need(from.name, from.symbol),
                                 .addend = static_cast<std::int64_t>(update.offset)});
    put(original_, from, update, kOldField, entry);
    put(patched_, to, update, kNewField, entry);
    entry.data[kWidthField] = static_cast<std::uint8_t>(update.width);
    const auto section = static_cast<std::uint32_t>(delta_.object.sections.size());
    delta_.object.sections.push_back(std::move(entry));
    delta_.updates.push_back({.name = from.name,
                              .offset = update.offset,
                              .width = update.width,
                              .symbol = add_symbol({.name = "suture_update." + from.name,
                                                    .type = STT_OBJECT,
                                                    .section = section,
                                                    .size = kUpdateSize})});
  }

 private:
  /// The word as the unit has it: bytes, or the address of something.
  void put(const Unit& unit, const Atom& atom, const DataUpdate& update, std::uint64_t field,
           elf::Section& entry) {
    const Bytes content = content_of(unit, atom);
    std::copy_n(content.begin() + static_cast<std::ptrdiff_t>(update.offset), update.width,
                entry.data.begin() + static_cast<std::ptrdiff_t>(field));
    const Reference* reference = reference_at(unit, atom, update.offset);
    if (reference == nullptr) return;
    std::ranges::fill_n(entry.data.begin() + static_cast<std::ptrdiff_t>(field), 8, std::uint8_t{0});
    entry.relocations.push_back({.offset = field,
                                 .type = R_X86_64_64,
                                 .symbol = need_target(unit, *reference),
                                 .addend = reference->addend});
  }

  std::uint32_t need_target(const Unit& unit, const Reference& reference) {
    if (reference.target == kNoAtom) {
      const std::string& name = unit.symbol_name(reference);
      const auto& symbols = original_.object().symbols;
      const auto known = std::ranges::find_if(symbols, [&](const elf::Symbol& symbol) {
        return symbol.name == name && symbol.section == elf::kUndefined;
      });
      return need(name, known == symbols.end() ? elf::kUndefined
                                               : static_cast<std::uint32_t>(known - symbols.begin()));
    }
    const AtomId original =
        &unit == &original_ ? reference.target : correlation_.original_of[reference.target];
    return need(original_.atom(original).name, original_.atom(original).symbol);
  }

  std::uint32_t need(const std::string& name, std::uint32_t original_symbol) {
    for (const DeltaNeed& known : delta_.needs) {
      if (known.original_symbol == original_symbol && delta_.object.symbols[known.symbol].name == name)
        return known.symbol;
    }
    const std::uint32_t symbol = add_symbol({.name = name, .binding = STB_GLOBAL});
    delta_.needs.push_back({.symbol = symbol, .original_symbol = original_symbol});
    return symbol;
  }

  std::uint32_t add_symbol(elf::Symbol symbol) {
    delta_.object.symbols.push_back(std::move(symbol));
    return static_cast<std::uint32_t>(delta_.object.symbols.size() - 1);
  }

  const Unit& original_;
  const Unit& patched_;
  const Correlation& correlation_;
  Delta& delta_;
};

bool copies_memory(std::string_view function) {
  constexpr std::array kCopiers{"memcpy",         "__memcpy", "memmove",       "__memmove",   "kmemdup",
                                "kmemdup_noprof", "kvmemdup", "kmemdup_array", "devm_kmemdup"};
  return std::ranges::find(kCopiers, function) != kCopiers.end();
}

/// It takes the variable's address, and calls something that copies memory.
bool seems_to_copy(const Unit& unit, const Atom& function, AtomId variable) {
  const auto references = unit.references(function);
  return std::ranges::any_of(references, [&](const Reference& r) { return r.target == variable; }) &&
         std::ranges::any_of(
             references, [&](const Reference& r) { return r.branch && copies_memory(unit.symbol_name(r)); });
}

}  // namespace

Result<std::vector<DataUpdate>> take_data_updates(const UnitPair& units, const Correlation& correlation,
                                                  const DeltaOptions& options, std::vector<AtomId>& changed) {
  const Unit& patched = units.patched;
  if (options.updated_data.empty()) return std::vector<DataUpdate>();
  if (options.original_debug != nullptr) TRY(options.original_debug->load());
  const UpdateFinder finder(units, correlation, options.original_debug);
  std::vector<DataUpdate> updates;
  std::vector<AtomId> rest;
  for (const AtomId id : changed) {
    const Atom& atom = patched.atom(id);
    const bool declared =
        options.updated_data.contains(atom.name) || options.updated_data.contains(stable_name(atom.name));
    if (declared && atom.kind == AtomKind::kData && is_ordinary(patched.section_of(atom).name)) {
      updates.push_back(TRY(finder.find(id)));
    } else {
      rest.push_back(id);
    }
  }
  changed = std::move(rest);
  return updates;
}

void add_data_updates(const std::vector<DataUpdate>& updates, const UnitPair& units,
                      const Correlation& correlation, Delta& delta) {
  const Unit& original = units.original;
  UpdateWriter writer(original, units.patched, correlation, delta);
  for (const DataUpdate& update : updates) {
    writer.add(update);
    const std::string& name = original.atom(update.original).name;
    for (const Atom& function : original.atoms()) {
      if (function.kind != AtomKind::kFunction || !seems_to_copy(original, function, update.original))
        continue;
      delta.notes.push_back(
          {.code = "delta.copied-at-run-time",
           .text =
               fmt::format("{} seems to copy {}: copies made before the patch keep the old value, those made "
                           "under it keep the new one when it goes",
                           function.name, name)});
    }
  }
}

}  // namespace suture
