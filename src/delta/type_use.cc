// SPDX-License-Identifier: Apache-2.0
#include "delta/type_use.h"

#include <dwarf.h>

namespace suture {
namespace {

class Walk {
 public:
  Walk(const Types& types, Reach reach)
      : types_(types), reach_(reach), used_(types.entries().size()), functions_(types.entries().size()) {}

  void from_function(EntryId function) {
    if (function == kNoEntry || functions_[function]) return;
    functions_[function] = true;
    const auto& entries = types_.entries();
    for (EntryId id = function; id < entries[function].end; ++id) {
      const DebugEntry& entry = entries[id];
      from_type(entry.type);
      // What an inlined call or a parameter of it is made from, and what is called.
      if (entry.origin == kNoEntry) continue;
      if (entries[entry.origin].tag != DW_TAG_subprogram) {
        from_type(entries[entry.origin].type);
      } else if (entry.tag == DW_TAG_inlined_subroutine || entry.tag == DW_TAG_subprogram) {
        from_function(entry.origin);
      } else {
        from_face(entry.origin);
      }
    }
  }

  /// Result and parameters of a function which is called: values that the caller handles, in the end.
  void from_face(EntryId function) {
    if (reach_ == Reach::kDirect) return;
    const auto& entries = types_.entries();
    from_type(entries[function].type);
    for (EntryId id = function + 1; id < entries[function].end; id = entries[id].end) {
      if (entries[id].tag == DW_TAG_formal_parameter) from_type(entries[id].type);
    }
  }

  void from_type(EntryId type) {
    std::vector<EntryId> open{type};
    const auto& entries = types_.entries();
    while (!open.empty()) {
      const EntryId id = open.back();
      open.pop_back();
      if (id == kNoEntry || used_[id]) continue;
      used_[id] = true;
      const DebugEntry& entry = entries[id];
      open.push_back(entry.type);
      for (EntryId child = id + 1; child < entry.end; child = entries[child].end) {
        if (reach_ == Reach::kReachable || !is_pointer(entries[child].type))
          open.push_back(entries[child].type);
      }
    }
  }

  std::vector<bool> take() && { return std::move(used_); }

 private:
  bool is_pointer(EntryId type) const {
    const EntryId id = types_.resolve(type);
    return id != kNoEntry && types_.entry(id).tag == DW_TAG_pointer_type;
  }

  const Types& types_;
  Reach reach_;
  std::vector<bool> used_;       ///< types
  std::vector<bool> functions_;  ///< seen
};

}  // namespace

TypeUse::TypeUse(const Unit& unit, const Types& types, const DebugInfo& debug)
    : unit_(unit), types_(types), debug_(debug) {
  const auto& entries = types_.entries();
  for (EntryId id = 0; id < entries.size(); ++id) {
    const bool outermost = entries[id].parent != kNoEntry && entries[entries[id].parent].parent == kNoEntry;
    const bool known = entries[id].tag == DW_TAG_variable || entries[id].tag == DW_TAG_subprogram;
    if (outermost && known && !entries[id].name.empty()) named_.emplace(entries[id].name, id);
  }
}

EntryId TypeUse::function_of(AtomId id) const {
  const Atom& atom = unit_.atom(id);
  if (atom.kind != AtomKind::kFunction) return kNoEntry;
  return debug_.function_at(unit_.section_of(atom).name, atom.offset);
}

std::vector<bool> TypeUse::of(std::span<const AtomId> atoms, Reach reach, bool* unknown) const {
  const auto& entries = types_.entries();
  Walk walk(types_, reach);
  for (const AtomId id : atoms) {
    const Atom& atom = unit_.atom(id);
    const EntryId function = function_of(id);
    walk.from_function(function);
    if (function == kNoEntry && atom.kind == AtomKind::kFunction && unknown != nullptr) *unknown = true;
    const auto follow = [&](std::string_view name) {
      const auto found = named_.find(name);
      if (found == named_.end()) return;
      if (entries[found->second].tag == DW_TAG_variable) walk.from_type(entries[found->second].type);
      if (entries[found->second].tag == DW_TAG_subprogram) walk.from_face(found->second);
    };
    if (atom.kind != AtomKind::kFunction) follow(stable_name(atom.name));
    for (const Reference& reference : unit_.references(atom)) {
      const std::string& name =
          reference.target == kNoAtom ? unit_.symbol_name(reference) : unit_.atom(reference.target).name;
      follow(stable_name(name));
    }
  }
  return std::move(walk).take();
}

std::vector<bool> TypeUse::of_all() const {
  Walk walk(types_, Reach::kReachable);
  const auto& entries = types_.entries();
  for (EntryId id = 0; id < entries.size(); ++id) {
    if (entries[id].tag == DW_TAG_subprogram) walk.from_function(id);
    if (entries[id].tag == DW_TAG_variable) walk.from_type(entries[id].type);
  }
  return std::move(walk).take();
}

}  // namespace suture
