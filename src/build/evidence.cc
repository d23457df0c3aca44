// SPDX-License-Identifier: Apache-2.0
#include "build/evidence.h"

#include <algorithm>

#include "build/code_match.h"

namespace suture {
namespace {

/// Where one function's references say that other things are.
struct Findings {
  std::map<AtomId, std::uint64_t> atoms;
  std::map<std::string, std::uint64_t> outside;
};

class Checker {
  using Match = std::expected<CodeMatch, CodeDifference>;

 public:
  Checker(const Unit& unit, const ShippedObject& shipped, Evidence known)
      : unit_(unit), shipped_(shipped), result_(std::move(known)) {}
  Checker(const Unit& unit, const ShippedObject& shipped) : Checker(unit, shipped, {}) {
    result_.record.unit = unit.name();
    result_.proven.resize(unit.atoms().size());
    result_.address_of.resize(unit.atoms().size());
  }

  Evidence run() {
    std::vector<AtomId> open;
    for (AtomId id = 0; id < unit_.atoms().size(); ++id) {
      const Atom& atom = unit_.atom(id);
      const bool named = atom.kind == AtomKind::kFunction && atom.symbol != elf::kUndefined;
      if (named && atom.size != 0 && !is_overridden(atom)) open.push_back(id);
    }
    result_.record.functions_compared = static_cast<std::uint32_t>(open.size());
    // Of two small functions that read alike, the callers tell which one is the unit's: so as long as a round
    // proves something, the next may prove more.
    std::size_t before = 0;
    do {
      before = open.size();
      std::erase_if(open, [&](AtomId id) { return prove(id); });
    } while (!open.empty() && open.size() < before);
    result_.record.functions_equal =
        result_.record.functions_compared - static_cast<std::uint32_t>(open.size());
    for (const AtomId id : open) result_.record.different.push_back(unit_.atom(id).name);
    return std::move(result_);
  }

  /// The place which fits farthest is the one that was meant.
  Difference difference(AtomId id) const {
    const Atom& atom = unit_.atom(id);
    if (is_overridden(atom)) return {.kind = Difference::Kind::kOverridden};
    Difference farthest;
    for (const ShippedSymbol& candidate : shipped_.find(atom.name)) {
      Difference here{.kind = Difference::Kind::kSeveral, .offset = atom.size, .address = candidate.address};
      if (const Match& match = match_at(id, candidate.address); !match) {
        here.kind = Difference::Kind::kCode;
        here.offset = match.error().ours;
        here.shipped_offset = match.error().shipped;
      } else if (const auto field = first_different_field(id, *match, candidate.address)) {
        here.kind = Difference::Kind::kReference;
        here.offset = field->ours;
        here.shipped_offset = field->shipped;
      }
      if (farthest.kind == Difference::Kind::kNotThere || here.offset > farthest.offset) farthest = here;
    }
    return farthest;
  }

 private:
  bool is_overridden(const Atom& atom) const {
    if (unit_.object().symbols[atom.symbol].binding != STB_WEAK) return false;
    const std::vector<ShippedSymbol> places = shipped_.find(atom.name);
    return !places.empty() && std::ranges::none_of(places, &ShippedSymbol::weak);
  }

  /// One place must fit, and no other may.
  bool prove(AtomId id) {
    const Atom& atom = unit_.atom(id);
    std::optional<std::uint64_t> place;
    Findings findings;
    for (const ShippedSymbol& candidate : shipped_.find(atom.name)) {
      std::optional<Findings> found = compare(id, candidate.address);
      if (!found || !agrees(*found, id, candidate.address)) continue;
      if (place && *place != candidate.address) return false;
      place = candidate.address;
      findings = std::move(*found);
    }
    if (!place) return false;
    findings.atoms.emplace(id, *place);
    for (const auto& [target, address] : findings.atoms) result_.address_of[target] = address;
    result_.outside.insert(findings.outside.begin(), findings.outside.end());
    result_.proven[id] = true;
    return true;
  }

  /// No other function said otherwise.
  bool agrees(const Findings& findings, AtomId self, std::uint64_t address) const {
    const auto same = [&](AtomId id, std::uint64_t found) {
      return !result_.address_of[id] || *result_.address_of[id] == found;
    };
    if (!same(self, address)) return false;
    return std::ranges::all_of(findings.atoms,
                               [&](const auto& entry) { return same(entry.first, entry.second); });
  }

  std::optional<Findings> compare(AtomId id, std::uint64_t address) const {
    const Match& match = match_at(id, address);
    if (!match) return std::nullopt;
    Findings findings;
    for (const FieldPair& field : match->fields) {
      if (!compare_field(id, *match, address, field, findings)) return std::nullopt;
    }
    return findings;
  }

  std::optional<CodeDifference> first_different_field(AtomId id, const CodeMatch& match,
                                                      std::uint64_t address) const {
    Findings findings;
    for (const FieldPair& field : match.fields) {
      if (!compare_field(id, match, address, field, findings))
        return CodeDifference{field.ours->offset - unit_.atom(id).offset, field.place - address};
    }
    return std::nullopt;
  }

  /// Each is asked for again by every reference into the middle of a function.
  const Match& match_at(AtomId id, std::uint64_t address) const {
    const auto found = matches_.find({id, address});
    if (found != matches_.end()) return found->second;
    return matches_.emplace(std::pair(id, address), match_code(unit_, unit_.atom(id), shipped_, address))
        .first->second;
  }

  bool compare_field(AtomId id, const CodeMatch& match, std::uint64_t address, const FieldPair& field,
                     Findings& findings) const {
    const Reference& reference = *field.ours;
    const std::optional<std::uint64_t> held = shipped_.field(
        field.place, field.width, elf::is_pc_relative(reference.type), reference.type != R_X86_64_32);
    if (!held) return false;
    const std::uint64_t place = *held + field.bias;
    if (reference.target == kNoAtom) {
      const elf::Symbol& symbol = unit_.object().symbols[reference.symbol];
      if (symbol.defined_in_section())
        return compare_entry(symbol.section, reference.addend, place, id, match, address);
      return compare_outside(symbol.name, place - static_cast<std::uint64_t>(reference.addend), findings);
    }
    const std::uint64_t found = start_of(reference, place);
    const Atom& target = unit_.atom(reference.target);
    if (target.kind == AtomKind::kPrivate) return match_at(reference.target, found).has_value();
    const auto [entry, added] = findings.atoms.try_emplace(reference.target, found);
    return entry->second == found && (!added || has_name(target, found));
  }

  /// Where the target begins, if the reference leads to `place`. In code something may have moved.
  std::uint64_t start_of(const Reference& reference, std::uint64_t place) const {
    const Atom& target = unit_.atom(reference.target);
    const auto offset = static_cast<std::uint64_t>(reference.addend);
    if (target.kind == AtomKind::kFunction && target.symbol != elf::kUndefined && offset != 0) {
      for (const ShippedSymbol& candidate : shipped_.find(target.name)) {
        const Match& match = match_at(reference.target, candidate.address);
        if (match && match->is_same_place(offset, place - candidate.address)) return candidate.address;
      }
    }
    return place - offset;
  }

  /// Code may name its own entry of a table (WARN does, since 6.19). Which one it is there is told by what
  /// all entries begin with: the place in the code that they are for.
  bool compare_entry(std::uint32_t table, std::int64_t offset, std::uint64_t place, AtomId id,
                     const CodeMatch& match, std::uint64_t address) const {
    if (offset < 0) return false;
    const auto fields = unit_.references(table, static_cast<std::uint64_t>(offset), 1);
    if (fields.empty() || fields.front().target != id) return false;
    const Reference& ours = fields.front();
    const auto held =
        shipped_.field(place, ours.width, elf::is_pc_relative(ours.type), ours.type != R_X86_64_32);
    return held && match.is_same_place(static_cast<std::uint64_t>(ours.addend), *held - address);
  }

  bool compare_outside(const std::string& name, std::uint64_t found, Findings& findings) const {
    if (!is_at(name, found)) return false;
    const auto [entry, added] = findings.outside.try_emplace(name, found);
    return entry->second == found;
  }

  bool is_at(const std::string& name, std::uint64_t address) const {
    const std::vector<std::uint64_t> places = shipped_.addresses_of(name);
    return std::ranges::find(places, address) != places.end();
  }

  /// A named thing has its name there. Weak definitions may have lost against another unit's: then that has
  /// it.
  bool has_name(const Atom& atom, std::uint64_t address) const {
    return atom.symbol == elf::kUndefined || is_at(atom.name, address);
  }

  const Unit& unit_;
  const ShippedObject& shipped_;
  Evidence result_;
  mutable std::map<std::pair<AtomId, std::uint64_t>, Match> matches_;
};

}  // namespace

Evidence check_against_shipped(const Unit& unit, const ShippedObject& shipped) {
  return Checker(unit, shipped).run();
}

Difference find_difference(const Unit& unit, const Evidence& evidence, AtomId function,
                           const ShippedObject& shipped) {
  return Checker(unit, shipped, evidence).difference(function);
}

}  // namespace suture
