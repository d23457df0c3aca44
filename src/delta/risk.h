// SPDX-License-Identifier: Apache-2.0
//
// What code, tables and sizes tell the human who signs. docs/risk-report.md explains each kind of fact, and
// what to do about it.
#pragma once

#include <optional>
#include <vector>

#include "delta/correlate.h"
#include "delta/debug_info.h"
#include "delta/flow.h"
#include "delta/select.h"
#include "delta/unit_pair.h"
#include "patchset/risk_fact.h"

namespace suture {

struct RiskInput {
  const UnitPair& units;
  const Correlation& correlation;
  const Selection& selection;
  const DebugInfo* debug = nullptr;  ///< of the patched unit; null: places are offsets in functions
};

/// Those about functions by their order in the unit, then those about tables.
std::vector<RiskFact> assess_risks(const RiskInput& input);

/// A shipped function, and what it was; a new one was nothing.
struct ChangedFunction {
  AtomId patched = kNoAtom;
  AtomId original = kNoAtom;
  Flow after;
  std::optional<Flow> before;
};

class RiskReport {
 public:
  explicit RiskReport(const RiskInput& input) : input_(input) {}
  const RiskInput& input() const { return input_; }

  /// At a place in the patched unit.
  void add(std::string code, AtomId function, std::uint64_t offset, std::string text);
  std::string place_of(AtomId function, std::uint64_t offset) const;
  std::vector<RiskFact> take() && { return std::move(facts_); }

 private:
  const RiskInput& input_;
  std::vector<RiskFact> facts_;
};

// One kind of fact each, in the file of that name.
void report_locks(RiskReport& report, const ChangedFunction& function);     // risk_locks.cc
void report_loops(RiskReport& report, const ChangedFunction& function);     // risk_loops.cc
void report_warnings(RiskReport& report, const ChangedFunction& function);  // risk_warnings.cc
void report_growth(RiskReport& report, const ChangedFunction& function);    // risk_growth.cc
void report_tables(RiskReport& report);                                     // risk_tables.cc

}  // namespace suture
