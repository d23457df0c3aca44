// SPDX-License-Identifier: Apache-2.0
#include "delta/risk.h"

#include <fmt/format.h>

#include <algorithm>

namespace suture {
namespace {

/// Paths of the machine that compiled say nothing to a reader. The unit's own path ends like the unit's name
/// or like what the compiler was given; what else is in the tree begins where that one begins.
std::string path_in_tree(const std::string& file, const std::string& unit, std::string_view main_file) {
  if (!file.starts_with('/')) return file;
  for (const std::string_view own : {std::string_view(unit), main_file}) {
    if (!own.starts_with('/') && file.ends_with("/" + std::string(own))) return std::string(own);
  }
  if (main_file.ends_with("/" + unit)) {
    const std::string_view root = main_file.substr(0, main_file.size() - unit.size());
    if (file.starts_with(root)) return file.substr(root.size());
  }
  for (const std::string_view folder : {"/arch/", "/include/"}) {
    const std::size_t at = file.find(folder);
    if (at != std::string::npos) return file.substr(at + 1);
  }
  return file.substr(file.rfind('/') + 1);
}

}  // namespace

std::string RiskReport::place_of(AtomId function, std::uint64_t offset) const {
  const Unit& unit = input_.units.patched;
  const Atom& atom = unit.atom(function);
  if (input_.debug != nullptr && !input_.debug->empty()) {
    const auto line = input_.debug->line_at(unit.section_of(atom).name, atom.offset + offset);
    const auto& entries = input_.debug->entries();
    if (line && !entries.empty())
      return fmt::format("{}:{}", path_in_tree(line->file, unit.name(), entries.front().name), line->line);
  }
  return fmt::format("{}+{:#x}", atom.name, offset);
}

void RiskReport::add(std::string code, AtomId function, std::uint64_t offset, std::string text) {
  const std::string& name = input_.units.patched.atom(function).name;
  const std::string_view parent = parent_of_cold(name);
  facts_.push_back({.code = std::move(code),
                    .function = parent.empty() ? name : std::string(parent),
                    .place = place_of(function, offset),
                    .text = std::move(text)});
}

std::vector<RiskFact> assess_risks(const RiskInput& input) {
  RiskReport report(input);
  for (const AtomId id : input.selection.shipped) {
    const Atom& atom = input.units.patched.atom(id);
    if (atom.kind != AtomKind::kFunction || !parent_of_cold(atom.name).empty()) continue;
    ChangedFunction function{.patched = id,
                             .original = input.correlation.original_of[id],
                             .after = flow_of(input.units.patched, input.units.patched_entries, id),
                             .before = std::nullopt};
    if (function.original != kNoAtom)
      function.before = flow_of(input.units.original, input.units.original_entries, function.original);
    report_locks(report, function);
    report_loops(report, function);
    report_warnings(report, function);
    report_growth(report, function);
  }
  report_tables(report);
  return std::move(report).take();
}

}  // namespace suture
