// SPDX-License-Identifier: Apache-2.0
//
// Addresses of functions in static tables are not exchanged. Calls through them arrive at the old code's
// entry, where ftrace sends them on to the new. (What has no such entry is not replaced while a table holds
// it.)
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
  const std::vector<AtomId>& replaced = input.selection.replaced;
  std::set<AtomId> told;
  for (const Reference& reference : input.units.patched.references(atom)) {
    const AtomId function = reference.target;
    if (reference.addend != 0 || !std::ranges::binary_search(replaced, function) ||
        function == input.selection.module_exit || !told.insert(function).second)
      continue;
    report.add(
        "risk.table-holds-address", function, 0,
        fmt::format("the table {} holds its old address; calls through it reach the new code only where "
                    "the engine redirects the old one's entry, as ftrace does",
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
