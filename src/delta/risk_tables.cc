// SPDX-License-Identifier: Apache-2.0
//
// Addresses of functions in static tables are not exchanged. Calls through them arrive at the old code's
// entry, where ftrace sends them on to the new; where it does not, they run the old code.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "delta/risk.h"

namespace suture {
namespace {

/// Tables that the kernel's own machinery reads, such as ftrace's list of entries, say nothing here.
bool is_machinery(std::string_view section) {
  return is_special_section(section) || is_init_section(section) || section.starts_with("__ksymtab") ||
         section.starts_with("___ksymtab") || section.starts_with("__kcrctab") ||
         section.starts_with(".export") || section == "_kprobe_blacklist" || section == ".BTF_ids" ||
         section.starts_with(".discard") || section.starts_with("__tracepoints") ||
         section.starts_with(".debug");
}

void report_table(RiskReport& report, AtomId table) {
  const RiskInput& input = report.input();
  const Atom& atom = input.units.patched.atom(table);
  std::set<AtomId> told;
  for (const Reference& reference : input.units.patched.references(atom)) {
    const AtomId function = reference.target;
    if (function == kNoAtom || input.units.patched.atom(function).kind != AtomKind::kFunction ||
        input.correlation.original_of[function] == kNoAtom || reference.addend != 0 ||
        !std::ranges::binary_search(input.selection.shipped, function) || !told.insert(function).second)
      continue;
    const bool redirected =
        std::ranges::find(input.selection.replaced, function) != input.selection.replaced.end();
    report.add(redirected ? "risk.table-holds-address" : "risk.table-holds-old-code", function, 0,
               redirected
                   ? fmt::format("the table {} holds its old address; calls through it reach the new code "
                                 "only where the engine redirects the old one's entry, as ftrace does",
                                 atom.name)
                   : fmt::format("the table {} holds the address of its old code, which is not redirected: "
                                 "calls through it run the old code",
                                 atom.name));
  }
}

}  // namespace

void report_tables(RiskReport& report) {
  const Unit& unit = report.input().units.patched;
  for (AtomId id = 0; id < unit.atoms().size(); ++id) {
    const Atom& atom = unit.atom(id);
    if (atom.kind != AtomKind::kFunction && atom.symbol != elf::kUndefined &&
        !is_machinery(unit.section_of(atom).name))
      report_table(report, id);
  }
}

}  // namespace suture
