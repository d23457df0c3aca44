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
constexpr std::string_view kOutOfReach = "ftrace does not reach";

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

QualificationCheck to_check(const CheckResult& result, const std::string& engine) {
  const CheckOutcome outcome = result.reported ? CheckOutcome::kReported
                               : result.passed ? CheckOutcome::kPassed
                                               : CheckOutcome::kFailed;
  return {.engine = engine,
          .step = result.step,
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

void add_machine_failures(const VmResult& machine, const std::string& engine, Qualification& qualification) {
  // The machine that counts instructions tries several.
  const std::string with = engine.empty() ? "" : engine + ": ";
  std::set<std::string> kinds;  // one oops brings many lines
  for (const KernelFault& fault : machine.faults) {
    const std::string phase = phase_of(machine.console, fault);
    if (!kinds.insert(fault.kind + phase).second) continue;
    qualification.failures.push_back(fmt::format("{}{}: kernel {}: {}", with, phase, fault.kind, fault.line));
  }
  if (machine.outcome == VmOutcome::kHang ||
      (machine.outcome == VmOutcome::kKernelFault && machine.faults.empty()))
    qualification.failures.push_back(with + machine.reason);
}

/// The words of a check's output; none when the machine did not come to it.
std::set<std::string> words_of(const VmResult& machine, std::string_view check) {
  std::set<std::string> words;
  const auto report = std::ranges::find(machine.checks, check, &CheckResult::name);
  if (report == machine.checks.end()) return words;
  std::istringstream text(report->output);
  for (std::string word; text >> word;) words.insert(word);
  return words;
}

/// Which of the watched functions the tracer saw. Returns those that it did not see.
std::vector<std::string> note_functions(const VmResult& machine, const std::vector<std::string>& functions,
                                        Qualification& qualification) {
  std::vector<std::string> never;
  if (std::ranges::find(machine.checks, kRan, &CheckResult::name) == machine.checks.end()) return never;
  const std::set<std::string> seen = words_of(machine, kRan);
  const std::set<std::string> unwatched = words_of(machine, kOutOfReach);
  const auto add = [](std::vector<std::string>& list, const std::string& function) {
    if (std::ranges::find(list, function) == list.end()) list.push_back(function);
  };
  for (const std::string& function : functions) {
    if (unwatched.contains(function)) continue;
    if (seen.contains(function.substr(function.find(':') + 1))) {
      add(qualification.ran, function);
      std::erase(qualification.never_ran, function);
    } else {
      never.push_back(function);
      if (std::ranges::find(qualification.ran, function) == qualification.ran.end())
        add(qualification.never_ran, function);
    }
  }
  return never;
}

/// "cost klp": the engine that was measured there.
std::string engine_of_step(std::string_view step) {
  constexpr std::string_view kBefore = "cost ";
  return step.starts_with(kBefore) ? std::string(step.substr(kBefore.size())) : "";
}

}  // namespace

void judge_trial(const VmResult& machine, const std::string& engine,
                 const std::vector<std::string>& functions, Qualification& qualification) {
  for (const CheckResult& result : machine.checks) {
    qualification.checks.push_back(to_check(result, engine));
    if (!result.passed)
      qualification.failures.push_back(
          fmt::format("{}: {}: {}: {}", engine, result.step, result.name, in_short(result.output)));
  }
  if (machine.checks.empty()) qualification.failures.push_back(engine + ": the machine checked nothing");
  add_machine_failures(machine, engine, qualification);
  const std::vector<std::string> never = note_functions(machine, functions, qualification);
  if (never.empty()) return;
  qualification.checks.push_back({.engine = engine,
                                  .step = "end",
                                  .name = "functions that were never called, by probes or workload",
                                  .outcome = CheckOutcome::kReported,
                                  .seconds = 0,
                                  .detail = fmt::format("{}", fmt::join(never, " "))});
}

void judge_cost(const VmResult& machine, Qualification& qualification) {
  constexpr double kSlow = 2;
  std::map<std::string, double> before;
  for (const CheckResult& result : machine.checks) {
    const bool first = result.name.starts_with("cost before ");
    const bool second = result.name.starts_with("cost after ");
    const std::string engine = engine_of_step(result.step);
    double cost = 0;
    std::from_chars(result.output.data(), result.output.data() + result.output.size(), cost);
    const std::string probe = result.name.substr(result.name.rfind(' ') + 1);
    if (!result.passed) {
      qualification.failures.push_back(fmt::format("{}{}cost: {}: {}", engine, engine.empty() ? "" : ": ",
                                                   result.name, in_short(result.output)));
      qualification.checks.push_back(to_check(result, engine));
      qualification.checks.back().step = "cost";
    } else if (first) {
      before[probe] = cost;
    } else if (second && before[probe] > 0 && cost > 0) {
      const double ratio = cost / before[probe];
      qualification.checks.push_back(
          {.engine = engine,
           .step = "cost",
           .name = fmt::format("{}: the calls take {:.2f} times as many instructions", probe, ratio),
           .outcome = ratio >= kSlow ? CheckOutcome::kReported : CheckOutcome::kPassed,
           .seconds = 0,
           .detail = ratio >= kSlow ? fmt::format("{:.0f} before, {:.0f} after", before[probe], cost) : ""});
    }
  }
  add_machine_failures(machine, {}, qualification);
}

bool may_be_slowness(const VmResult& machine) {
  const bool slow =
      std::ranges::all_of(machine.faults, [](const KernelFault& fault) { return may_be_slowness(fault); });
  return machine.outcome != VmOutcome::kPassed && slow &&
         (!machine.faults.empty() || machine.outcome == VmOutcome::kHang);
}

}  // namespace suture
