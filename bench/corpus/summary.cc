// SPDX-License-Identifier: Apache-2.0
#include "corpus/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "base/json.h"
#include "base/terminal.h"

namespace suture::corpus {
namespace {

constexpr std::array kOutcomes{Outcome::kDoesNotCompile, Outcome::kUnchanged,     Outcome::kPatched,
                               Outcome::kRefused,        Outcome::kInternalError, Outcome::kOpen};

std::string_view words_for(Outcome outcome) {
  constexpr std::array<std::string_view, kOutcomes.size()> kWords{
      "does not compile alone", "no functional change", "patched", "refused",
      "internal error",         "not done yet"};
  return kWords[static_cast<std::size_t>(outcome)];
}

/// Of the compile phase: the unit cannot be tried by itself. Anything else it says is our fault.
bool says_not_alone(const std::string& code) {
  constexpr std::array<std::string_view, 6> kCodes{"build.does-not-compile", "build.generated-file-missing",
                                                   "build.unit-included",    "build.unit-not-built",
                                                   "build.no-such-unit",     "corpus.unit-removed"};
  return std::ranges::find(kCodes, code) != kCodes.end();
}

/// Of the delta phase: a refusal, which is for the user to understand. Anything else is our fault.
bool says_refused(const std::string& code) {
  constexpr std::array<std::string_view, 6> kCodes{"build.not-as-shipped", "build.symbol-ambiguous",
                                                   "build.symbol-unknown", "build.no-debug-info",
                                                   "module.late-table",    "module.name-too-long"};
  return code.starts_with("delta.") || std::ranges::find(kCodes, code) != kCodes.end();
}

/// Counted once, read by table, page and JSON.
struct Count {
  std::size_t units = 0;
  std::map<std::string, std::size_t> details;  ///< by reason code, or by how it went in the machine
};

std::map<Outcome, Count> count(const std::vector<Record>& records) {
  std::map<Outcome, Count> counts;
  for (const Outcome outcome : kOutcomes) counts[outcome];
  for (const Record& record : records) {
    const Outcome outcome = outcome_of(record);
    Count& entry = counts[outcome];
    ++entry.units;
    if (outcome == Outcome::kPatched) ++entry.details[vm_outcome_of(record)];
    if (const Failure* failure = failure_that_counts(record)) ++entry.details[failure->code];
  }
  return counts;
}

std::string detail_words(Outcome outcome, const std::string& detail) {
  if (outcome != Outcome::kPatched) return detail;
  if (detail == "open") return "not tried in the machine yet";
  return detail + " in the machine";
}

/// What the figure to reach is about: patched and passed, of those that can be tried and change something.
std::string rate(const std::map<Outcome, Count>& counts) {
  const Count& patched = counts.at(Outcome::kPatched);
  const std::size_t all =
      patched.units + counts.at(Outcome::kRefused).units + counts.at(Outcome::kInternalError).units;
  const auto found = patched.details.find("passed");
  const std::size_t passed = found == patched.details.end() ? 0 : found->second;
  const auto percent = [&](std::size_t part) {
    return all == 0 ? 0.0 : 100.0 * static_cast<double>(part) / static_cast<double>(all);
  };
  return fmt::format(
      "Of {} units that compile alone and change what they do, {} are patched ({:.1f} %), and {} passed in "
      "the "
      "machine ({:.1f} %).\n",
      all, patched.units, percent(patched.units), passed, percent(passed));
}

std::vector<std::vector<std::string>> rows_of(const std::map<Outcome, Count>& counts,
                                              std::string_view indent) {
  std::vector<std::vector<std::string>> rows;
  std::size_t total = 0;
  for (const auto& [outcome, entry] : counts) {
    total += entry.units;
    rows.push_back({std::string(words_for(outcome)), std::to_string(entry.units), ""});
    for (const auto& [detail, units] : entry.details)
      rows.push_back({fmt::format("{}{}", indent, detail_words(outcome, detail)), "", std::to_string(units)});
  }
  rows.push_back({"total", std::to_string(total), ""});
  return rows;
}

/// One line for a list: of a compiler's words only its first error. Nothing of it may look like markup.
std::string one_line(std::string text) {
  std::ranges::replace(text, '`', '\'');
  const std::size_t error = text.find("error: ");
  std::string line = text.substr(0, text.find('\n'));
  if (error != std::string::npos && error > line.size())
    line += text.substr(error + 7, std::min(text.find('\n', error), text.size()) - error - 7);
  return line;
}

std::string list_of(const std::vector<Record>& records, Outcome wanted) {
  std::map<std::string, std::string> by_code;
  std::map<std::string, std::size_t> units;
  for (const Record& record : records) {
    if (outcome_of(record) != wanted) continue;
    const Failure* failure = failure_that_counts(record);
    const std::string code = failure == nullptr ? "" : failure->code;
    ++units[code];
    by_code[code] +=
        fmt::format("- `{}`: {}\n", record.entry.unit, failure == nullptr ? "" : one_line(failure->text));
  }
  std::string text;
  for (const auto& [code, lines] : by_code)
    text += fmt::format("\n`{}`, {}:\n\n{}", code, units[code], lines);
  return text.empty() ? "\nNone.\n" : text;
}

std::string failed_in_machine(const std::vector<Record>& records) {
  std::string text;
  for (const Record& record : records) {
    if (!record.vm || record.vm->passed || outcome_of(record) != Outcome::kPatched) continue;
    text += fmt::format("- `{}`: {}\n", record.entry.unit, one_line(record.vm->text));
    for (const std::string& line : record.vm->log) text += "      " + line + "\n";
  }
  return text.empty() ? "\nNone.\n" : "\n" + text;
}

std::string not_loaded(const std::vector<Record>& records) {
  std::string text;
  for (const Record& record : records) {
    if (!record.vm || record.vm->target == "vmlinux" || record.vm->target == "loaded") continue;
    text += fmt::format("- `{}`: {}\n", record.entry.unit, one_line(record.vm->target));
  }
  return text.empty() ? "\nNone.\n" : "\n" + text;
}

}  // namespace

Outcome outcome_of(const Record& record) {
  if (!record.compile) return Outcome::kOpen;
  if (const auto& failure = record.compile->failure) {
    if (failure->code == "corpus.unit-same") return Outcome::kUnchanged;
    return says_not_alone(failure->code) ? Outcome::kDoesNotCompile : Outcome::kInternalError;
  }
  if (!record.delta) return Outcome::kOpen;
  if (const auto& failure = record.delta->failure)
    return says_refused(failure->code) ? Outcome::kRefused : Outcome::kInternalError;
  return record.delta->functions.empty() ? Outcome::kUnchanged : Outcome::kPatched;
}

std::string vm_outcome_of(const Record& record) {
  if (!record.vm) return "open";
  return record.vm->passed ? "passed" : "failed";
}

const Failure* failure_that_counts(const Record& record) {
  if (record.compile && record.compile->failure) return &*record.compile->failure;
  if (record.delta && record.delta->failure) return &*record.delta->failure;
  return nullptr;
}

std::string outcome_table(const std::vector<Record>& records) {
  const auto counts = count(records);
  return table({"OUTCOME", "UNITS", ""}, rows_of(counts, "  ")) + "\n" + rate(counts);
}

Json summary_json(const std::vector<Record>& records) {
  Json outcomes = Json::object();
  for (const auto& [outcome, entry] : count(records))
    outcomes[std::string(words_for(outcome))] = {{"units", entry.units}, {"by", entry.details}};
  Json units = Json::array();
  for (const Record& record : records) {
    Json unit{{"object", record.entry.object},
              {"unit", record.entry.unit},
              {"outcome", words_for(outcome_of(record))}};
    if (const Failure* failure = failure_that_counts(record)) unit["code"] = failure->code;
    if (record.vm) unit["vm"] = vm_outcome_of(record);
    units.push_back(std::move(unit));
  }
  return {{"total", records.size()}, {"outcomes", std::move(outcomes)}, {"units", std::move(units)}};
}

std::string markdown_page(const std::vector<Record>& records, const std::string& head) {
  const auto counts = count(records);
  std::string text = head + "\n| outcome | units | |\n|---|---:|---:|\n";
  for (const auto& row : rows_of(counts, "— "))
    text += fmt::format("| {} | {} | {} |\n", row[0], row[1], row[2]);
  text += "\n" + rate(counts);
  text += "\n## Internal errors\n" + list_of(records, Outcome::kInternalError);
  text += "\n## Failed in the machine\n" + failed_in_machine(records);
  text += "\n## Refused\n" + list_of(records, Outcome::kRefused);
  text +=
      "\n## Modules that could not be loaded in the machine\n\nTheir patches were loaded without them.\n" +
      not_loaded(records);
  text += "\n## Does not compile alone\n" + list_of(records, Outcome::kDoesNotCompile);
  return text;
}

std::size_t count_failed(const std::vector<Record>& records) {
  return static_cast<std::size_t>(std::ranges::count_if(records, [](const Record& record) {
    const Outcome outcome = outcome_of(record);
    return outcome == Outcome::kInternalError ||
           (outcome == Outcome::kPatched && record.vm && !record.vm->passed);
  }));
}

}  // namespace suture::corpus
