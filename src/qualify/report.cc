// SPDX-License-Identifier: Apache-2.0
#include "qualify/report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/json.h"
#include "base/terminal.h"

namespace suture {
namespace {

std::string_view outcome_text(const MatrixEntry& entry) {
  if (!entry.result) return "not tried";
  return entry.passed() ? "qualified" : "failed";
}

std::size_t count_of(const Qualification& qualification, CheckOutcome outcome) {
  return static_cast<std::size_t>(
      std::ranges::count(qualification.checks, outcome, &QualificationCheck::outcome));
}

/// "klp, stopmachine"; of older statements nothing is known.
std::string engines_text(const std::vector<std::string>& engines) {
  return engines.empty() ? "-" : fmt::format("{}", fmt::join(engines, ", "));
}

/// What is to be known of all engines that were tried is said once.
std::string reported_text(const Qualification& qualification) {
  std::vector<std::pair<std::string, std::vector<std::string>>> said;
  for (const QualificationCheck& check : qualification.checks) {
    if (check.outcome != CheckOutcome::kReported) continue;
    const std::string text = check.name + (check.detail.empty() ? "" : ": " + check.detail);
    auto known = std::ranges::find(said, text, &decltype(said)::value_type::first);
    if (known == said.end()) known = said.insert(said.end(), {text, {}});
    if (std::ranges::find(known->second, check.engine) == known->second.end())
      known->second.push_back(check.engine);
  }
  const std::size_t all = std::max<std::size_t>(1, qualification.engines().size());
  std::string lines;
  for (const auto& [text, engines] : said) {
    const std::string with = engines.size() == all ? "" : " of " + engines_text(engines);
    lines += fmt::format("  to know{}: {}\n", with, text);
  }
  return lines;
}

constexpr std::string_view kHead = R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Suture: qualification</title>
<style>
:root { color-scheme: light dark; font: 15px/1.45 system-ui, sans-serif; }
body { max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .25rem .75rem .25rem 0; vertical-align: top; }
th { font-weight: 600; border-bottom: 1px solid #8886; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
.passed, .qualified { color: #1a7f37; }
.failed { color: #cf222e; font-weight: 600; }
.reported, .not { color: #9a6700; }
.bar { background: #8883; height: .6rem; min-width: 8rem; }
.bar span { display: block; background: #4a7fc1; height: 100%; }
details { margin: .4rem 0; }
summary { cursor: pointer; }
pre { overflow-x: auto; background: #8881; padding: .6rem; font-size: 12.5px; }
section { border-top: 1px solid #8884; margin-top: 2rem; }
</style>
</head>
<body>
)";

std::string check_rows(const Qualification& qualification) {
  std::string rows;
  for (const QualificationCheck& check : qualification.checks) {
    const std::string_view outcome = check.outcome == CheckOutcome::kPassed   ? "passed"
                                     : check.outcome == CheckOutcome::kFailed ? "failed"
                                                                              : "reported";
    rows += fmt::format(
        "<tr><td>{}</td><td>{}</td><td>{}{}</td><td class=\"{}\">{}</td><td "
        "class=\"number\">{:.2f}</td></tr>\n",
        escaped(check.engine), escaped(check.step), escaped(check.name),
        check.detail.empty() ? "" : "<pre>" + escaped(check.detail) + "</pre>", outcome, outcome,
        check.seconds);
  }
  return rows;
}

double share_of(double seconds, const Qualification& qualification) {
  return qualification.seconds > 0 ? 100 * seconds / qualification.seconds : 0;
}

std::string share_rows(const Qualification& qualification) {
  std::string rows;
  for (const auto& [engine, step, checks, seconds] : time_by_step(qualification)) {
    const double share = share_of(seconds, qualification);
    rows += fmt::format(
        "<tr><td>{}</td><td>{}</td><td class=\"number\">{:.1f} s</td><td class=\"number\">{:.0f} %</td>"
        "<td><div class=\"bar\"><span style=\"width:{:.1f}%\"></span></div></td></tr>\n",
        escaped(engine), escaped(step), seconds, share, std::clamp(share, 0.0, 100.0));
  }
  return rows;
}

std::string section_of(const MatrixEntry& entry, std::size_t number) {
  std::string text =
      fmt::format("<section id=\"p{}\"><h2>{}</h2>\n", number, escaped(entry.patchset.filename().string()));
  if (!entry.result) return text + "<p class=\"not\">" + escaped(entry.error.message()) + "</p></section>\n";
  const Qualification& qualification = entry.result->qualification();
  text += fmt::format("<p>{} {} ({}), level {}; {}; {}</p>\n", escaped(qualification.target.distribution),
                      escaped(qualification.target.release), escaped(qualification.target.version),
                      qualification.level, escaped(qualification.machine), escaped(qualification.finished));
  for (const std::string& failure : qualification.failures)
    text += "<p class=\"failed\">" + escaped(failure) + "</p>\n";
  text += fmt::format(
      "<details><summary>{} checks</summary><table><tr><th>engine</th><th>step</th><th>check</th><th></th>"
      "<th class=\"number\">seconds</th></tr>\n{}</table></details>\n",
      qualification.checks.size(), check_rows(qualification));
  text += "<details><summary>where the time went</summary><table>\n" + share_rows(qualification) +
          "</table></details>\n";
  return text + "<details><summary>what the machines printed</summary><pre>" +
         escaped(entry.result->console) + "</pre></details></section>\n";
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      default:
        result += static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t' ? '?' : c;
    }
  }
  return result;
}

std::vector<StepTime> time_by_step(const Qualification& qualification) {
  std::vector<StepTime> steps;
  double sum = 0;
  for (const QualificationCheck& check : qualification.checks) {
    sum += check.seconds;
    auto known = std::ranges::find_if(
        steps, [&](const StepTime& step) { return step.engine == check.engine && step.step == check.step; });
    if (known == steps.end()) known = steps.insert(steps.end(), StepTime{check.engine, check.step});
    known->checks += 1;
    known->seconds += check.seconds;
  }
  steps.push_back({{}, "booting, and between checks", 0, std::max(0.0, qualification.seconds - sum)});
  return steps;
}

std::string qualification_text(const Qualification& qualification) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& [engine, step, checks, seconds] : time_by_step(qualification)) {
    rows.push_back({engine.empty() ? "-" : engine, step, checks == 0 ? "" : std::to_string(checks),
                    fmt::format("{:.1f}", seconds),
                    fmt::format("{:.0f} %", share_of(seconds, qualification))});
  }
  return table({"ENGINE", "STEP", "CHECKS", "SECONDS", "SHARE"}, rows);
}

std::string matrix_text(const std::vector<MatrixEntry>& entries) {
  std::vector<std::vector<std::string>> rows;
  std::string more;
  for (const MatrixEntry& entry : entries) {
    const std::string name = entry.patchset.filename().string();
    const std::string_view outcome = outcome_text(entry);
    const std::string shown = coloured(outcome, entry.passed() ? Colour::kGreen : Colour::kRed);
    if (!entry.result) {
      rows.push_back({shown, name, "-", "-", "-", "-"});
      more += fmt::format("\n{}: {}\n", name, entry.error.message());
      continue;
    }
    const Qualification& qualification = entry.result->qualification();
    rows.push_back({shown, name, qualification.target.release, engines_text(qualification.engines()),
                    std::to_string(count_of(qualification, CheckOutcome::kPassed)),
                    entry.kept ? "kept" : fmt::format("{:.1f}", qualification.seconds)});
    std::string said;
    for (const std::string& failure : qualification.failures) said += "  failed: " + failure + "\n";
    said += reported_text(qualification);
    if (!said.empty()) more += "\n" + name + ":\n" + said;
  }
  return table({"", "PATCHSET", "KERNEL", "ENGINES", "CHECKS PASSED", "SECONDS"}, rows) + more;
}

std::string matrix_html(const std::vector<MatrixEntry>& entries) {
  std::string text(kHead);
  const auto good = std::ranges::count_if(entries, &MatrixEntry::passed);
  text += fmt::format(
      "<h1>Qualification</h1>\n<p>{} of {} patchsets are qualified.</p>\n<table><tr><th></th>"
      "<th>patchset</th><th>kernel</th><th>engines</th><th class=\"number\">checks passed</th>"
      "<th class=\"number\">seconds</th></tr>\n",
      good, entries.size());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const MatrixEntry& entry = entries[i];
    const Qualification* qualification = entry.result ? &entry.result->qualification() : nullptr;
    text += fmt::format(
        "<tr><td class=\"{0}\">{0}</td><td><a href=\"#p{1}\">{2}</a></td><td>{3}</td><td>{4}</td><td "
        "class=\"number\">{5}</td>"
        "<td class=\"number\">{6}</td></tr>\n",
        outcome_text(entry), i, escaped(entry.patchset.filename().string()),
        qualification == nullptr ? "" : escaped(qualification->target.release),
        qualification == nullptr ? "" : escaped(engines_text(qualification->engines())),
        qualification == nullptr ? 0 : count_of(*qualification, CheckOutcome::kPassed),
        qualification == nullptr ? "-" : fmt::format("{:.1f}", qualification->seconds));
  }
  text += "</table>\n";
  for (std::size_t i = 0; i < entries.size(); ++i) text += section_of(entries[i], i);
  return text + "</body>\n</html>\n";
}

Json matrix_json(const std::vector<MatrixEntry>& entries) {
  Json patchsets = Json::array();
  for (const MatrixEntry& entry : entries) {
    Json json = {
        {"patchset", entry.patchset.string()}, {"outcome", outcome_text(entry)}, {"kept", entry.kept}};
    if (entry.result) {
      json["statement"] = to_json(entry.result->statement);
    } else {
      json["error"] = {{"code", entry.error.code}, {"message", entry.error.message()}};
    }
    patchsets.push_back(std::move(json));
  }
  return {{"patchsets", std::move(patchsets)}};
}

}  // namespace suture
