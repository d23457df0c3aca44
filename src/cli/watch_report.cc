// SPDX-License-Identifier: Apache-2.0
//
// `suture watch report`: a kernel's vulnerabilities as a page for people, or as VEX for scanners.
#include <fmt/format.h>
#include <unistd.h>

#include <array>

#include "base/time.h"
#include "cli/document_output.h"
#include "cli/watch_kernel.h"
#include "scanner/csaf.h"
#include "scanner/openvex.h"
#include "scanner/xml_text.h"

namespace suture::cli {
namespace {

constexpr const char* kExamples = R"(
Examples:
  suture watch report --target 6.1.0-47-cloud-amd64 --output cloud.html
  suture watch report --target 6.1.0-47-cloud-amd64 --format openvex --output cloud.openvex.json
  suture watch report --target 6.1.0-47-cloud-amd64 --format csaf --author 'ACME IT' --namespace https://it.example.org
)";

constexpr std::string_view kHead = R"(<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{0}</title>
<style>
body {{ font: 15px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 75em; padding: 0 1em; }}
table {{ border-collapse: collapse; width: 100%; }}
th, td {{ border-bottom: 1px solid #8884; padding: .3em .6em; text-align: left; vertical-align: top; }}
td.affected {{ color: #b00020; }} td.under_investigation {{ color: #8a6100; }}
td.fixed, td.not_affected {{ color: #1b6e2c; }}
summary {{ cursor: pointer; }}
@media (prefers-color-scheme: dark) {{
  body {{ background: #16181c; color: #e4e6ea; }}
  td.affected {{ color: #ff8a95; }} td.under_investigation {{ color: #f0c05a; }}
  td.fixed, td.not_affected {{ color: #7fd694; }}
}}
</style>
<h1>{0}</h1>
<p>{1}</p>
)";

struct ReportOptions {
  KernelQuestion kernel;
  AdvisoryFilter filter;
  std::string format = "html";
  std::string output;
  std::string author;
  std::string name_space;
};

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "localhost";
  return name.data();
}

Verdict verdict_for(Standing standing) {
  switch (standing) {
    case Standing::kAffected:
      return Verdict::kOpen;
    case Standing::kFixed:
      return Verdict::kFixed;
    case Standing::kNotAffected:
      return Verdict::kNotAffected;
    case Standing::kUnderInvestigation:
      break;
  }
  return Verdict::kUnknown;
}

/// For the documents of the part scanner: a kernel that runs nowhere.
ScannedHost kernel_of(const TargetId& id, const std::vector<Judged>& findings, const ReportOptions& options) {
  ScannedHost kernel{.distribution = id.distribution,
                     .release = id.release,
                     .version = id.version,
                     .architecture = id.architecture,
                     .build_id = id.build_id,
                     .tool = SUTURE_VERSION,
                     .author = options.author,
                     .contact = options.name_space,
                     .time = time_text(wall_clock())};
  if (kernel.author.empty()) kernel.author = "administrator of " + host_name();
  if (kernel.contact.empty()) kernel.contact = "https://" + host_name();
  for (const Judged& judged : findings) {
    const Finding& finding = judged.finding;
    kernel.verdicts.push_back({.cve = finding.cve,
                               .verdict = verdict_for(finding.standing),
                               .why = finding.reason,
                               .level = 0,
                               .justification = std::string(name_of(finding.justification))});
  }
  return kernel;
}

std::string row_of(const Judged& judged) {
  const Finding& finding = judged.finding;
  std::string details;
  for (const Evidence& one : finding.evidence) {
    details += fmt::format("<li>{}: {}{}</li>", name_of(one.speaks_for), xml_escaped(one.text),
                           one.by.empty() ? "" : " [" + xml_escaped(one.by) + "]");
  }
  for (const ObjectReach& one : finding.reach) {
    details += fmt::format("<li>{}: {}{}</li>", xml_escaped(one.object), xml_escaped(one.text),
                           one.on_hosts.empty() ? "" : "; " + xml_escaped(one.on_hosts));
  }
  for (const PriorityReason& one : judged.priority.reasons)
    details += fmt::format("<li>priority {:+}: {}</li>", one.points, xml_escaped(one.text));
  return fmt::format(
      "<tr><td>{0}</td><td class=\"{1}\">{1}</td><td>{2}</td><td>{3}<details><summary>{4}</summary>"
      "<ul>{5}</ul></details></td></tr>\n",
      xml_escaped(finding.cve), name_of(finding.standing),
      judged.priority.points == 0 ? "" : std::to_string(judged.priority.points), xml_escaped(judged.title),
      xml_escaped(finding.reason), details);
}

std::string html_text(const TargetId& id, const std::vector<Judged>& findings) {
  const StandingCounts counts = count_standings(findings);
  std::string numbers;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    numbers += fmt::format("{}{} {}", i == 0 ? "" : ", ", counts.at(i), name_of(static_cast<Standing>(i)));
  }
  std::string text = fmt::format(
      kHead,
      xml_escaped(
          fmt::format("Vulnerabilities of Linux {} ({} {})", id.release, id.distribution, id.version)),
      xml_escaped(fmt::format("{}. Build-id {}, {}.", numbers, id.build_id, time_text(wall_clock()))));
  text += "<table>\n<tr><th>CVE</th><th>Standing</th><th>Priority</th><th>Why</th></tr>\n";
  for (const Judged& judged : findings) text += row_of(judged);
  return text + "</table>\n</html>\n";
}

Result<int> report(const ReportOptions& options) {
  AdvisoryStore store = TRY(open_advisories(*options.kernel.watch));
  const AskedKernel asked = TRY(read_asked(options.kernel, store));
  const std::vector<Judged> findings = TRY(judge_all(store, options.filter, asked));
  const TargetId& id = asked.facts.id;
  if (options.format == "html") {
    TRY(put_document(options.output, html_text(id, findings)));
    return kOk;
  }
  const ScannedHost kernel = kernel_of(id, findings, options);
  TRY(put_document(options.output, TRY(options.format == "csaf" ? csaf_text(kernel) : openvex_text(kernel))));
  return kOk;
}

}  // namespace

void add_watch_report(CLI::App& watch, const SharedWatchOptions& shared, Invocation& invocation) {
  CLI::App& command = *watch.add_subcommand("report", "A kernel's vulnerabilities for a browser, or as VEX");
  command.footer(kExamples);
  const auto options = std::make_shared<ReportOptions>();
  options->kernel.watch = shared;
  add_kernel_question(command, options->kernel);
  command.add_option("--since", options->filter.since, "Announced or changed then or later")
      ->type_name("DATE");
  command.add_option("--format", options->format, "What it is written as")
      ->check(CLI::IsMember({"html", "openvex", "csaf"}))
      ->capture_default_str();
  command.add_option("--output", options->output, "Where to (default: standard output)")->type_name("FILE");
  command.add_option("--author", options->author, "Who answers for it (default: this host's administrator)")
      ->type_name("NAME");
  command.add_option("--namespace", options->name_space, "URL of who answers for it")->type_name("URL");
  command.callback([&invocation, options] { invocation.action = [options] { return report(*options); }; });
}

}  // namespace suture::cli
