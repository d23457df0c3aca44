// SPDX-License-Identifier: Apache-2.0
//
// `suture watch affected` and `explain`: what is announced, for one kernel.
#include <fmt/format.h>

#include <array>

#include "base/cve_id.h"
#include "base/json.h"
#include "base/terminal.h"
#include "cli/foreign_text.h"
#include "cli/watch_kernel.h"

namespace suture::cli {
namespace {

constexpr const char* kAffectedExamples = R"(
Examples:
  suture watch affected --target 6.1.0-47-cloud-amd64
  suture watch affected --target 6.1.0-47-cloud-amd64 --all --json | jq '.findings[] | select(.standing == "fixed")'
  suture watch affected --target 6.1.0-47-cloud-amd64 --reports /var/lib/fleet/reports
  suture watch affected --target 6.1.0-47-cloud-amd64 --code /srv/linux-stable.git --since 2026-11-01
  suture watch affected --target 6.1.0-47-cloud-amd64 --newer 6.1.0-51-cloud-amd64
  suture watch affected --target 6.1.0-47-cloud-amd64 --code /srv/linux-stable.git --dry-build
)";

constexpr const char* kExplainExamples = R"(
Examples:
  suture watch explain CVE-2026-53249 --target 6.1.0-47-cloud-amd64
  suture watch explain CVE-2026-53249 --target $(uname -r) --host
  suture watch explain CVE-2026-53249 --target 6.1.0-47-cloud-amd64 --fix CVE-2026-53249.patch
  suture watch explain CVE-2026-53249 --target 6.1.0-47-cloud-amd64 --fix CVE-2026-53249.patch --dry-build
)";

constexpr std::size_t kReasonLength = 90;

struct ExplainOptions {
  KernelQuestion kernel;
  std::string cve;
};

struct AffectedOptions {
  KernelQuestion kernel;
  AdvisoryFilter filter;
  bool all = false;
};

std::string coloured_name(Standing standing) {
  const std::string name(name_of(standing));
  switch (standing) {
    case Standing::kAffected:
      return coloured(name, Colour::kRed);
    case Standing::kUnderInvestigation:
      return coloured(name, Colour::kYellow);
    case Standing::kFixed:
    case Standing::kNotAffected:
      break;
  }
  return coloured(name, Colour::kGreen);
}

/// "net/ipv4/ip_options.c:533 ip_options_get: "
std::string place_of(const Evidence& evidence) {
  if (evidence.file.empty()) return {};
  std::string place = one_line(evidence.file);
  if (evidence.line != 0) place += fmt::format(":{}", evidence.line);
  if (!evidence.function.empty()) place += " " + one_line(evidence.function);
  return place + ": ";
}

void print_explanation(const Judged& judged, const Advisory& advisory) {
  const Finding& finding = judged.finding;
  fmt::print("{} for {}: {}{}\n", coloured(finding.cve, Colour::kBold), finding.target,
             coloured_name(finding.standing),
             finding.justification == Justification::kNone
                 ? std::string()
                 : fmt::format(" ({})", name_of(finding.justification)));
  if (!judged.title.empty()) fmt::print("{}\n", one_line(judged.title));
  fmt::print("\n{}\n", one_line(finding.reason));
  if (!finding.evidence.empty()) fmt::print("\n{}\n", coloured("what was seen and said", Colour::kBold));
  for (const Evidence& one : finding.evidence) {
    fmt::print("  {:<20} {}{}{}\n", name_of(one.speaks_for), place_of(one), one_line(one.text),
               one.by.empty() ? std::string() : coloured(fmt::format("  [{}]", one.by), Colour::kDim));
  }
  if (!finding.places.empty() || !finding.reach.empty())
    fmt::print("\n{}\n", coloured("where the code is", Colour::kBold));
  for (const CodePlace& one : finding.places) {
    std::string how = one.has_symbol ? "has a symbol" : "no symbol";
    if (!one.inlined_into.empty()) how = fmt::format("inlined into {}", fmt::join(one.inlined_into, ", "));
    fmt::print("  {:<12} {:<40} {}\n", one.object, one_line(one.function.empty() ? one.file : one.function),
               one.function.empty() ? std::string() : how);
  }
  for (const ObjectReach& one : finding.reach) {
    fmt::print("  {:<12} {}\n", one.object, one_line(one.text));
    if (!one.on_hosts.empty()) fmt::print("  {:<12} {}\n", "", one_line(one.on_hosts));
  }
  for (const Contradiction& contradiction : advisory.contradictions()) {
    fmt::print("\n{} {}: {}\n", coloured("contradicting:", Colour::kYellow), contradiction.about,
               one_line(contradiction.text));
  }
  if (finding.patchable)
    fmt::print("\n{}\n{}", coloured("can it be live patched", Colour::kBold),
               patchable_text(*finding.patchable));
  if (judged.priority.reasons.empty()) return;
  fmt::print("\n{} {} of 100\n", coloured("priority", Colour::kBold), judged.priority.points);
  for (const PriorityReason& one : judged.priority.reasons)
    fmt::print("  {:>+4}  {}\n", one.points, one_line(one.text));
}

Result<int> explain(const ExplainOptions& options, bool json) {
  if (!is_cve_id(options.cve)) {
    return fail("watch.cve-id", "explain \"" + one_line(options.cve) + "\"", "it is no CVE id",
                "ids look like CVE-2026-46234");
  }
  AdvisoryStore store = TRY(open_advisories(*options.kernel.watch));
  const auto advisory = TRY(store.advisory(options.cve));
  if (!advisory) {
    return fail("watch.unknown-cve", "explain " + options.cve, "no source has said anything of it",
                "`suture watch sources` tells how old that is; `suture watch sync` asks anew.");
  }
  const AskedKernel asked = TRY(read_asked(options.kernel, store));
  Judged judged = judge(*advisory, asked);
  if (asked.builder) {
    Progress progress("dry build of " + options.cve);
    judge_by_build(judged, *advisory, asked, progress);
  }
  if (json) {
    fmt::print("{}", json_text(to_json(judged)));
  } else {
    print_explanation(judged, *advisory);
  }
  return kOk;
}

/// What a build said, where there was one: "yes", or why not.
std::string live_patch_cell(const std::optional<Patchable>& patchable) {
  if (!patchable) return "-";
  if (patchable->answer == Patchable::Answer::kYes) return coloured("yes", Colour::kGreen);
  return fmt::format("{} {}", name_of(patchable->answer), patchable->code);
}

void print_table(const std::vector<Judged>& findings, const StandingCounts& counts, bool dry_build) {
  std::vector<std::string> head{"CVE", "STANDING", "PRIORITY", "WHY"};
  if (dry_build) head.insert(head.end() - 1, "LIVE PATCH");
  std::vector<std::vector<std::string>> rows;
  for (const Judged& judged : findings) {
    std::vector<std::string> row{judged.finding.cve, coloured_name(judged.finding.standing),
                                 judged.priority.points == 0 ? "-" : std::to_string(judged.priority.points),
                                 one_line(judged.finding.reason, kReasonLength)};
    if (dry_build) row.insert(row.end() - 1, live_patch_cell(judged.finding.patchable));
    rows.push_back(std::move(row));
  }
  if (!rows.empty()) fmt::print("{}\n", table(head, rows));
  for (const Standing one :
       {Standing::kAffected, Standing::kFixed, Standing::kNotAffected, Standing::kUnderInvestigation}) {
    fmt::print("{} {}\n", counts.at(static_cast<std::size_t>(one)), name_of(one));
  }
}

Result<int> affected(const AffectedOptions& options, bool json) {
  AdvisoryStore store = TRY(open_advisories(*options.kernel.watch));
  const AskedKernel asked = TRY(read_asked(options.kernel, store));
  std::vector<Judged> findings = TRY(judge_all(store, options.filter, asked));
  const StandingCounts counts = count_standings(findings);
  if (!options.all) {
    std::erase_if(findings, [](const Judged& judged) {
      return judged.finding.standing == Standing::kFixed || judged.finding.standing == Standing::kNotAffected;
    });
  }
  if (json) {
    Json all = Json::array();
    for (const Judged& judged : findings) all.push_back(to_json(judged));
    Json numbers = Json::object();
    for (std::size_t i = 0; i < counts.size(); ++i)
      numbers[std::string(name_of(static_cast<Standing>(i)))] = counts.at(i);
    fmt::print("{}", json_text({{"target", options.kernel.target}, {"counts", numbers}, {"findings", all}}));
  } else {
    print_table(findings, counts, options.kernel.dry_build);
  }
  return kOk;
}

}  // namespace

void add_watch_affected(CLI::App& watch, const SharedWatchOptions& shared, Invocation& invocation) {
  CLI::App& command =
      *watch.add_subcommand("affected", "Which vulnerabilities a kernel has, the most urgent first");
  command.footer(kAffectedExamples);
  const auto options = std::make_shared<AffectedOptions>();
  options->kernel.watch = shared;
  add_kernel_question(command, options->kernel);
  add_dry_build(command, options->kernel);
  command.add_flag("--all", options->all, "Also those that are fixed in it, or not its business");
  command.add_option("--since", options->filter.since, "Announced or changed then or later")
      ->type_name("DATE");
  command.add_flag("--exploited", options->filter.exploited_only, "Exploited somewhere, as CISA knows");
  command.callback([&invocation, options] {
    invocation.action = [options, &invocation] { return affected(*options, invocation.json); };
  });
}

void add_watch_explain(CLI::App& watch, const SharedWatchOptions& shared, Invocation& invocation) {
  CLI::App& command =
      *watch.add_subcommand("explain", "Whether a kernel has a vulnerability, and on what evidence");
  command.footer(kExplainExamples);
  const auto options = std::make_shared<ExplainOptions>();
  options->kernel.watch = shared;
  command.add_option("cve", options->cve, "Its id")->required()->type_name("CVE");
  add_kernel_question(command, options->kernel);
  add_dry_build(command, options->kernel);
  command.add_option("--fix", options->kernel.fix, "The fix's diff, instead of what a clone has")
      ->type_name("FILE");
  command.callback([&invocation, options] {
    invocation.action = [options, &invocation] { return explain(*options, invocation.json); };
  });
}

}  // namespace suture::cli
