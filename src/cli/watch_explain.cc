// SPDX-License-Identifier: Apache-2.0
//
// `suture watch affected` and `explain`: what is announced, for one kernel.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <tuple>

#include "advisory/priority.h"
#include "base/cve_id.h"
#include "base/json.h"
#include "base/terminal.h"
#include "cli/foreign_text.h"
#include "cli/watch.h"
#include "cli/watch_verdict.h"

namespace suture::cli {
namespace {

constexpr const char* kAffectedExamples = R"(
Examples:
  suture watch affected --target 6.1.0-47-cloud-amd64
  suture watch affected --target 6.1.0-47-cloud-amd64 --all --json | jq '.findings[] | select(.standing == "fixed")'
  suture watch affected --target 6.1.0-47-cloud-amd64 --code /srv/linux-stable.git --since 2026-11-01
)";

constexpr const char* kExplainExamples = R"(
Examples:
  suture watch explain CVE-2026-53249 --target 6.1.0-47-cloud-amd64
  suture watch explain CVE-2026-53249 --target 6.1.0-47-cloud-amd64 --fix CVE-2026-53249.patch
)";

constexpr std::size_t kReasonLength = 90;

struct MatchOptions {
  SharedWatchOptions watch;
  std::string target;
  std::string store;
  std::string code;
  // Of one.
  std::string cve;
  std::string fix;
  // Of many.
  AdvisoryFilter filter;
  bool all = false;
};

struct Judged {
  Finding finding;
  Priority priority;
  std::string title;
};

Json to_json(const Evidence& evidence) {
  static constexpr std::array<std::string_view, 6> kKinds = {"source",  "configuration", "image",
                                                             "version", "changelog",     "statement"};
  return {{"kind", kKinds.at(static_cast<std::size_t>(evidence.kind))},
          {"speaks_for", name_of(evidence.speaks_for)},
          {"text", evidence.text},
          {"file", evidence.file},
          {"line", evidence.line},
          {"function", evidence.function},
          {"by", evidence.by}};
}

Json to_json(const CodePlace& place) {
  return {{"file", place.file},
          {"object", place.object},
          {"function", place.function},
          {"has_symbol", place.has_symbol},
          {"inlined_into", place.inlined_into}};
}

Json to_json(const Judged& judged) {
  const Finding& finding = judged.finding;
  Json evidence = Json::array();
  for (const Evidence& one : finding.evidence) evidence.push_back(to_json(one));
  Json places = Json::array();
  for (const CodePlace& one : finding.places) places.push_back(to_json(one));
  Json reasons = Json::array();
  for (const PriorityReason& one : judged.priority.reasons)
    reasons.push_back({{"points", one.points}, {"text", one.text}});
  return {{"cve", finding.cve},
          {"title", judged.title},
          {"target", finding.target},
          {"standing", name_of(finding.standing)},
          {"justification", name_of(finding.justification)},
          {"reason", finding.reason},
          {"evidence", std::move(evidence)},
          {"places", std::move(places)},
          {"priority", {{"points", judged.priority.points}, {"reasons", std::move(reasons)}}}};
}

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

Judged judge(const Advisory& advisory, const FixCode& code, const TargetFacts& facts) {
  Judged judged{.finding = verdict_of(advisory, code, facts), .priority = {}, .title = {}};
  judged.priority = priority_of(advisory, judged.finding);
  if (const auto title = advisory.title()) judged.title = title->value;
  return judged;
}

/// The kernel that is asked about, read as a whole.
struct Asked {
  TargetFacts facts;
  FixCode code;
};

Result<Asked> read_asked(const MatchOptions& options) {
  // All that is asked for may be given by hand; then there need be no configuration.
  const auto config = watch_config(*options.watch);
  std::filesystem::path store = options.store;
  std::filesystem::path repository = options.code;
  if (config && store.empty()) store = config->target_store;
  if (config && repository.empty()) repository = config->code;
  const TargetStore targets = TRY(TargetStore::at(store));
  const Target target = TRY(targets.find(options.target));
  return Asked{.facts = TRY(target_facts(target, targets.cache())),
               .code = TRY(FixCode::of(repository, options.fix))};
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
    fmt::print("  {:<20} {}{}\n", name_of(one.speaks_for), one_line(one.text),
               one.by.empty() ? std::string() : coloured(fmt::format("  [{}]", one.by), Colour::kDim));
  }
  if (!finding.places.empty()) fmt::print("\n{}\n", coloured("where the code is", Colour::kBold));
  for (const CodePlace& one : finding.places) {
    std::string how = one.has_symbol ? "has a symbol" : "no symbol";
    if (!one.inlined_into.empty()) how = fmt::format("inlined into {}", fmt::join(one.inlined_into, ", "));
    fmt::print("  {:<12} {:<40} {}\n", one.object, one_line(one.function.empty() ? one.file : one.function),
               one.function.empty() ? std::string() : how);
  }
  for (const Contradiction& contradiction : advisory.contradictions()) {
    fmt::print("\n{} {}: {}\n", coloured("contradicting:", Colour::kYellow), contradiction.about,
               one_line(contradiction.text));
  }
  if (judged.priority.points == 0) return;
  fmt::print("\n{} {} of 100\n", coloured("priority", Colour::kBold), judged.priority.points);
  for (const PriorityReason& one : judged.priority.reasons)
    fmt::print("  {:>+4}  {}\n", one.points, one_line(one.text));
}

Result<int> explain(const MatchOptions& options, bool json) {
  if (!is_cve_id(options.cve)) {
    return fail("watch.cve-id", "explain \"" + one_line(options.cve) + "\"", "it is no CVE id",
                "ids look like CVE-2026-46234");
  }
  AdvisoryStore store = TRY(open_advisories(*options.watch));
  const auto advisory = TRY(store.advisory(options.cve));
  if (!advisory) {
    return fail("watch.unknown-cve", "explain " + options.cve, "no source has said anything of it",
                "`suture watch sources` tells how old that is; `suture watch sync` asks anew.");
  }
  const Asked asked = TRY(read_asked(options));
  const Judged judged = judge(*advisory, asked.code, asked.facts);
  if (json) {
    fmt::print("{}", json_text(to_json(judged)));
  } else {
    print_explanation(judged, *advisory);
  }
  return kOk;
}

void print_table(const std::vector<Judged>& findings, const std::array<std::size_t, 4>& counts) {
  std::vector<std::vector<std::string>> rows;
  for (const Judged& judged : findings) {
    rows.push_back({judged.finding.cve, coloured_name(judged.finding.standing),
                    judged.priority.points == 0 ? "-" : std::to_string(judged.priority.points),
                    one_line(judged.finding.reason, kReasonLength)});
  }
  if (!rows.empty()) fmt::print("{}\n", table({"CVE", "STANDING", "PRIORITY", "WHY"}, rows));
  for (const Standing one :
       {Standing::kAffected, Standing::kFixed, Standing::kNotAffected, Standing::kUnderInvestigation}) {
    fmt::print("{} {}\n", counts.at(static_cast<std::size_t>(one)), name_of(one));
  }
}

Result<int> affected(const MatchOptions& options, bool json) {
  AdvisoryStore store = TRY(open_advisories(*options.watch));
  const Asked asked = TRY(read_asked(options));
  Progress progress("matching");
  std::vector<Judged> findings;
  std::array<std::size_t, 4> counts{};
  AdvisoryFilter filter = options.filter;
  filter.kernel_only = true;
  TRY(store.each(filter, [&](const Advisory& advisory) -> Result<void> {
    Judged judged = judge(advisory, asked.code, asked.facts);
    progress.step(judged.finding.cve);
    ++counts.at(static_cast<std::size_t>(judged.finding.standing));
    const bool open = judged.finding.standing == Standing::kAffected ||
                      judged.finding.standing == Standing::kUnderInvestigation;
    if (open || options.all) findings.push_back(std::move(judged));
    return {};
  }));
  std::ranges::stable_sort(findings, [](const Judged& a, const Judged& b) {
    return std::tuple(a.finding.standing, -a.priority.points) <
           std::tuple(b.finding.standing, -b.priority.points);
  });
  if (json) {
    Json all = Json::array();
    for (const Judged& judged : findings) all.push_back(to_json(judged));
    Json numbers = Json::object();
    for (std::size_t i = 0; i < counts.size(); ++i)
      numbers[std::string(name_of(static_cast<Standing>(i)))] = counts.at(i);
    fmt::print("{}", json_text({{"target", options.target}, {"counts", numbers}, {"findings", all}}));
  } else {
    print_table(findings, counts);
  }
  return kOk;
}

void add_target(CLI::App& command, const std::shared_ptr<MatchOptions>& options) {
  command.add_option("--target", options->target, "Kernel of the store, as `suture target list` shows it")
      ->type_name("TARGET")
      ->required();
  command.add_option("--store", options->store, "Folder that holds the targets, if not where it says")
      ->type_name("FOLDER");
  command
      .add_option("--code", options->code,
                  "Clone of the kernel's stable tree, for the code of fixes, if not where it says")
      ->type_name("FOLDER");
}

}  // namespace

void add_watch_affected(CLI::App& watch, const SharedWatchOptions& shared, Invocation& invocation) {
  CLI::App& command =
      *watch.add_subcommand("affected", "Which vulnerabilities a kernel has, the most urgent first");
  command.footer(kAffectedExamples);
  const auto options = std::make_shared<MatchOptions>();
  options->watch = shared;
  add_target(command, options);
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
  const auto options = std::make_shared<MatchOptions>();
  options->watch = shared;
  command.add_option("cve", options->cve, "Its id")->required()->type_name("CVE");
  add_target(command, options);
  command.add_option("--fix", options->fix, "The fix's diff, instead of what a clone has")->type_name("FILE");
  command.callback([&invocation, options] {
    invocation.action = [options, &invocation] { return explain(*options, invocation.json); };
  });
}

}  // namespace suture::cli
