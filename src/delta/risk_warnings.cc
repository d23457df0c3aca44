// SPDX-License-Identifier: Apache-2.0
//
// WARN and BUG are traps with an entry in __bug_table each. One more may print, or stop a machine that is
// set to panic on warnings.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <set>

#include "delta/risk.h"

namespace suture {
namespace {

struct Site {
  AtomId atom;  ///< the function or its cold part
  std::uint64_t offset;
};

struct Traps {
  std::vector<Site> warnings;
  std::vector<Site> bugs;
};

void add_traps(const Unit& unit, const SpecialEntries& entries, AtomId atom, Traps& traps) {
  for (const SpecialEntry& entry : entries.of(atom)) {
    if (unit.object().sections[entry.section].name != "__bug_table") continue;
    // u16 flags at the end of struct bug_entry; BUGFLAG_WARNING in include/asm-generic/bug.h.
    const ByteView bytes = unit.bytes(entry.section, entry.offset, entry.size);
    const bool warning = bytes.size() >= 6 && (bytes[bytes.size() - 2] & 1) != 0;
    (warning ? traps.warnings : traps.bugs).push_back({atom, static_cast<std::uint64_t>(entry.place)});
  }
}

/// Of a function and its cold part.
Traps traps_of(const Unit& unit, const SpecialEntries& entries, const Flow& flow) {
  std::set<AtomId> atoms;
  for (const Step& step : flow.steps) atoms.insert(step.atom);
  Traps traps;
  for (const AtomId atom : atoms) add_traps(unit, entries, atom, traps);
  return traps;
}

void report(RiskReport& to, const char* kind, const std::vector<Site>& now, std::size_t then) {
  if (now.size() <= then) return;
  std::vector<std::string> places;
  places.reserve(now.size());
  for (const Site& site : now) places.push_back(to.place_of(site.atom, site.offset));
  to.add("risk.warning-added", now.back().atom, now.back().offset,
         fmt::format("{} {} site{} where {} {}: {}", now.size(), kind, now.size() == 1 ? "" : "s", then,
                     then == 1 ? "was" : "were", fmt::join(places, ", ")));
}

}  // namespace

void report_warnings(RiskReport& to, const ChangedFunction& function) {
  const RiskInput& input = to.input();
  const Traps now = traps_of(input.units.patched, input.units.patched_entries, function.after);
  const Traps then = function.before
                         ? traps_of(input.units.original, input.units.original_entries, *function.before)
                         : Traps{};
  report(to, "WARN", now.warnings, then.warnings.size());
  report(to, "BUG", now.bugs, then.bugs.size());
}

}  // namespace suture
