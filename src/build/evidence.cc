// SPDX-License-Identifier: Apache-2.0
#include "build/evidence.h"

#include <algorithm>

namespace suture {
namespace {

/// Where one function's references say that other things are.
struct Findings {
  std::map<AtomId, std::uint64_t> atoms;
  std::map<std::string, std::uint64_t> outside;
};

class Checker {
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
      if (atom.kind == AtomKind::kFunction && atom.symbol != elf::kUndefined && atom.size != 0)
        open.push_back(id);
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
    Difference farthest;
    for (const ShippedSymbol& candidate : shipped_.find(atom.name)) {
      Difference here{.kind = Difference::Kind::kSeveral, .offset = atom.size, .address = candidate.address};
      if (const auto byte = first_different_byte(atom, candidate.address)) {
        here.kind = Difference::Kind::kCode;
        here.offset = *byte;
      } else if (const auto field = first_different_field(atom, candidate.address)) {
        here.kind = Difference::Kind::kReference;
        here.offset = *field;
      }
      if (farthest.kind == Difference::Kind::kNotThere || here.offset > farthest.offset) farthest = here;
    }
    return farthest;
  }

 private:
  /// One place must fit, and no other may.
  bool prove(AtomId id) {
    const Atom& atom = unit_.atom(id);
    std::optional<std::uint64_t> place;
    Findings findings;
    for (const ShippedSymbol& candidate : shipped_.find(atom.name)) {
      std::optional<Findings> found = compare(atom, candidate.address);
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

  std::optional<Findings> compare(const Atom& atom, std::uint64_t address) const {
    if (first_different_byte(atom, address)) return std::nullopt;
    Findings findings;
    for (const Reference& reference : unit_.references(atom)) {
      if (!compare_field(atom, address, reference, findings)) return std::nullopt;
    }
    return findings;
  }

  std::optional<std::uint64_t> first_different_field(const Atom& atom, std::uint64_t address) const {
    Findings findings;
    for (const Reference& reference : unit_.references(atom)) {
      if (!compare_field(atom, address, reference, findings)) return reference.offset - atom.offset;
    }
    return std::nullopt;
  }

  /// Outside of relocated fields. Calls to __fentry__ are fields as well: the build may make no-ops of them.
  std::optional<std::uint64_t> first_different_byte(const Atom& atom, std::uint64_t address) const {
    const ByteView ours = unit_.bytes(atom);
    const std::optional<ByteView> theirs = shipped_.bytes(address, atom.size);
    if (!theirs || ours.size() != theirs->size()) return 0;
    std::vector<bool> relocated(atom.size);
    for (const Reference& reference : unit_.references(atom)) {
      for (std::uint64_t i = 0; i < reference.width; ++i)
        relocated[reference.offset - atom.offset + i] = true;
    }
    for (std::size_t i = 0; i < ours.size(); ++i) {
      if (!relocated[i] && ours[i] != (*theirs)[i]) return i;
    }
    return std::nullopt;
  }

  bool compare_field(const Atom& atom, std::uint64_t address, const Reference& reference,
                     Findings& findings) const {
    const std::uint64_t place = address + reference.offset - atom.offset;
    const std::optional<std::uint64_t> held = shipped_.field(
        place, reference.width, elf::is_pc_relative(reference.type), reference.type != R_X86_64_32);
    if (!held) return false;
    const std::uint64_t found = *held + reference.bias - static_cast<std::uint64_t>(reference.addend);
    if (reference.target == kNoAtom) return compare_outside(unit_.symbol_name(reference), found, findings);
    const Atom& target = unit_.atom(reference.target);
    if (target.kind == AtomKind::kPrivate) return !first_different_byte(target, found);
    const auto [entry, added] = findings.atoms.try_emplace(reference.target, found);
    return entry->second == found && (!added || has_name(target, found));
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
