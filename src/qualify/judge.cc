// SPDX-License-Identifier: Apache-2.0
#include "qualify/judge.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <set>
#include <sstream>

namespace suture {
namespace {

constexpr std::size_t kMostDetail = 2000;
constexpr std::string_view kRan = "functions that ran";

std::string shortened(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  if (text.size() > kMostDetail) text = text.substr(0, kMostDetail) + " ...";
  return text;
}

/// The first of what it printed, as one line.
std::string in_short(std::string_view text) {
  constexpr std::size_t kMost = 300;
  std::string line;
  for (const char c : text.substr(0, kMost)) line += c == '\n' ? "; " : std::string(1, c);
  while (line.ends_with("; ")) line.resize(line.size() - 2);
  return line;
}

QualificationCheck to_check(const CheckResult& result) {
  const CheckOutcome outcome = result.reported ? CheckOutcome::kReported
                               : result.passed ? CheckOutcome::kPassed
                                               : CheckOutcome::kFailed;
  return {.step = result.step,
          .name = result.name,
          .outcome = outcome,
          .seconds = result.seconds,
          .detail = outcome == CheckOutcome::kPassed ? "" : shortened(result.output)};
}

/// The mark in the kernel's log behind which the complaint stands: "suture-qualify: patch".
std::string phase_of(std::string_view console, const KernelFault& fault) {
  constexpr std::string_view kMark = "suture-qualify: ";
  const std::string_view before = console.substr(0, console.find(fault.line));
  const std::size_t mark = before.rfind(kMark);
  if (mark == std::string_view::npos) return "before the patch";
  const std::string_view rest = before.substr(mark + kMark.size());
  return std::string(rest.substr(0, rest.find_first_of("\r\n")));
}

void add_machine_failures(const VmResult& machine, Qualification& qualification) {
  std::set<std::string> kinds;  // one oops brings many lines
  for (const KernelFault& fault : machine.faults) {
    const std::string phase = phase_of(machine.console, fault);
    if (!kinds.insert(fault.kind + phase).second) continue;
    qualification.failures.push_back(fmt::format("{}: kernel {}: {}", phase, fault.kind, fault.line));
  }
  if (machine.outcome == VmOutcome::kHang ||
      (machine.outcome == VmOutcome::kKernelFault && machine.faults.empty()))
    qualification.failures.push_back(machine.reason);
}

/// Which of the watched functions the tracer saw.
void note_functions(const VmResult& machine, const std::vector<std::string>& functions,
                    Qualification& qualification) {
  std::set<std::string> seen;
  const auto report = std::ranges::find(machine.checks, kRan, &CheckResult::name);
  if (report == machine.checks.end()) return;  // it did not come to its end
  std::istringstream words(report->output);
  for (std::string word; words >> word;) seen.insert(word);
  for (const std::string& function : functions) {
    const std::string name = function.substr(function.find(':') + 1);
    (seen.contains(name) ? qualification.ran : qualification.never_ran).push_back(function);
  }
}

}  // namespace

void judge_trial(const VmResult& machine, const std::vector<std::string>& functions,
                 Qualification& qualification) {
  for (const CheckResult& result : machine.checks) {
    qualification.checks.push_back(to_check(result));
    if (!result.passed)
      qualification.failures.push_back(
          fmt::format("{}: {}: {}", result.step, result.name, in_short(result.output)));
  }
  if (machine.checks.empty()) qualification.failures.push_back("the machine checked nothing");
  add_machine_failures(machine, qualification);
  note_functions(machine, functions, qualification);
  if (qualification.never_ran.empty()) return;
  qualification.checks.push_back({.step = "end",
                                  .name = "functions that were never called, by probes or workload",
                                  .outcome = CheckOutcome::kReported,
                                  .seconds = 0,
                                  .detail = fmt::format("{}", fmt::join(qualification.never_ran, " "))});
}

void judge_cost(const VmResult& machine, Qualification& qualification) {
  constexpr double kSlow = 2;
  std::map<std::string, double> before;
  for (const CheckResult& result : machine.checks) {
    const bool first = result.name.starts_with("cost before ");
    const bool second = result.name.starts_with("cost after ");
    double cost = 0;
    std::from_chars(result.output.data(), result.output.data() + result.output.size(), cost);
    const std::string probe = result.name.substr(result.name.rfind(' ') + 1);
    if (!result.passed) {
      qualification.failures.push_back(fmt::format("cost: {}: {}", result.name, in_short(result.output)));
      qualification.checks.push_back(to_check(result));
    } else if (first) {
      before[probe] = cost;
    } else if (second && before[probe] > 0 && cost > 0) {
      const double ratio = cost / before[probe];
      qualification.checks.push_back(
          {.step = "cost",
           .name = fmt::format("{}: the calls take {:.2f} times as many instructions", probe, ratio),
           .outcome = ratio >= kSlow ? CheckOutcome::kReported : CheckOutcome::kPassed,
           .seconds = 0,
           .detail = ratio >= kSlow ? fmt::format("{:.0f} before, {:.0f} after", before[probe], cost) : ""});
    }
  }
  add_machine_failures(machine, qualification);
}

bool may_be_slowness(const VmResult& machine) {
  const bool slow =
      std::ranges::all_of(machine.faults, [](const KernelFault& fault) { return may_be_slowness(fault); });
  return machine.outcome != VmOutcome::kPassed && slow &&
         (!machine.faults.empty() || machine.outcome == VmOutcome::kHang);
}

}  // namespace suture
