// SPDX-License-Identifier: Apache-2.0
//
// `suture watch list` and `show`: what sources have said.
#include <fmt/format.h>

#include <algorithm>
#include <ranges>

#include "base/cve_id.h"
#include "base/json.h"
#include "base/terminal.h"
#include "cli/foreign_text.h"
#include "cli/watch.h"

namespace suture::cli {
namespace {

constexpr const char* kListExamples = R"(
Examples:
  suture watch list --kernel --since 2026-11-01
  suture watch list --exploited                       exploited somewhere, as CISA knows
  suture watch list --package openssl --score 7
  suture watch list --match 'use-after-free' --limit 20
)";

constexpr const char* kShowExamples = R"(
Examples:
  suture watch show CVE-2026-46234
  suture watch show CVE-2026-46234 --json | jq '.voices[].voice.fix_commits'
)";

constexpr std::size_t kTitleLength = 72;

struct ListOptions {
  SharedWatchOptions watch;
  AdvisoryFilter filter;
};

struct ShowOptions {
  SharedWatchOptions watch;
  std::string cve;
};

Json to_json(const AdvisoryLine& line) {
  return {{"cve", line.cve},
          {"title", line.title},
          {"cvss", line.score ? Json(*line.score) : Json()},
          {"epss", line.epss ? Json(*line.epss) : Json()},
          {"exploited", line.exploited},
          {"kernel", line.kernel},
          {"withdrawn", line.withdrawn},
          {"modified", line.modified},
          {"sources", line.sources}};
}

std::string marks(const AdvisoryLine& line) {
  std::string text;
  if (line.exploited) text += coloured("exploited", Colour::kRed);
  if (line.withdrawn) text += (text.empty() ? "" : " ") + std::string("withdrawn");
  return text;
}

Result<int> list(const ListOptions& options, bool json) {
  AdvisoryStore store = TRY(open_advisories(*options.watch));
  const auto lines = TRY(store.list(options.filter));
  if (json) {
    Json all = Json::array();
    for (const AdvisoryLine& line : lines) all.push_back(to_json(line));
    fmt::print("{}", json_text({{"advisories", std::move(all)}}));
    return kOk;
  }
  if (lines.empty()) {
    fmt::print("none\n");
    return kOk;
  }
  std::vector<std::vector<std::string>> rows;
  for (const AdvisoryLine& line : lines) {
    rows.push_back({line.cve, line.score ? fmt::format("{:.1f}", *line.score) : "-",
                    line.epss ? fmt::format("{:.1f} %", *line.epss * 100) : "-", line.modified.substr(0, 10),
                    marks(line), one_line(line.title, kTitleLength)});
  }
  fmt::print("{}", table({"CVE", "CVSS", "EPSS", "MODIFIED", "", "TITLE"}, rows));
  return kOk;
}

void print_field(std::string_view name, const std::string& value, const std::vector<std::string>& by) {
  fmt::print("{:<12} {}  {}\n", name, value,
             coloured(fmt::format("[{}]", fmt::join(by, ", ")), Colour::kDim));
}

std::string text_of(const AffectedRange& range) {
  std::string text = range.affected ? "" : "not ";
  text += range.introduced.empty() ? "from the beginning" : "from " + range.introduced;
  if (!range.fixed.empty()) return text + " to before " + range.fixed;
  if (!range.last.empty()) return text + " to " + range.last;
  return text + " on";
}

void print_product(const AffectedProduct& product) {
  std::string line = product.ecosystem + " " + product.name;
  if (!product.status.empty()) line += ": " + product.status;
  if (!product.justification.empty()) line += ", " + product.justification;
  fmt::print("  {}\n", one_line(line));
  for (const AffectedRange& range : product.ranges) {
    fmt::print("    {:<8} {}\n", name_of(range.order), one_line(text_of(range)));
  }
}

void print_voice(const SourcedVoice& said) {
  const Voice& voice = said.voice;
  fmt::print("\n{}  {}{}{}\n", coloured(said.source, Colour::kBold), one_line(voice.record),
             voice.modified.empty() ? "" : ", " + one_line(voice.modified),
             voice.withdrawn ? ", withdrawn" : "");
  constexpr std::size_t kMost = 40;
  for (const AffectedProduct& product : voice.products | std::views::take(kMost)) print_product(product);
  if (voice.products.size() > kMost) {
    fmt::print("  and {} products more, which --json has\n", voice.products.size() - kMost);
  }
}

void print_advisory(const Advisory& advisory) {
  fmt::print("{}{}\n", coloured(advisory.cve, Colour::kBold), advisory.withdrawn() ? "  withdrawn" : "");
  if (const auto title = advisory.title()) print_field("title", one_line(title->value), title->by);
  if (const auto cvss = advisory.cvss()) {
    print_field("CVSS", fmt::format("{:.1f} {}", cvss->value.score, one_line(cvss->value.vector)), cvss->by);
  }
  if (const auto epss = advisory.epss()) {
    print_field("EPSS",
                fmt::format("{:.2f} %, higher than {:.0f} % of all", epss->value.probability * 100,
                            epss->value.percentile * 100),
                epss->by);
  }
  if (const auto exploited = advisory.exploited()) {
    print_field("exploited", "seen, listed since " + one_line(exploited->value.added), exploited->by);
  }
  for (const auto& file : advisory.files()) print_field("file", one_line(file.value), file.by);
  for (const auto& commit : advisory.fix_commits()) print_field("fix", one_line(commit.value), commit.by);
  for (const Contradiction& contradiction : advisory.contradictions()) {
    fmt::print("{:<12} {}: {}\n", coloured("contradict", Colour::kYellow), contradiction.about,
               one_line(contradiction.text));
  }
  for (const SourcedVoice& said : advisory.voices) print_voice(said);
  if (const auto description = advisory.description()) {
    fmt::print("\n{}\n", plain_text(description->value));
  }
}

Result<int> show(const ShowOptions& options, bool json) {
  if (!is_cve_id(options.cve)) {
    return fail("watch.cve-id", "show \"" + one_line(options.cve, kTitleLength) + "\"",
                "it is no CVE id, such as CVE-2026-46234");
  }
  AdvisoryStore store = TRY(open_advisories(*options.watch));
  const auto advisory = TRY(store.advisory(options.cve));
  if (!advisory) {
    return fail("watch.unknown-cve", "show " + options.cve, "no source has said anything of it",
                "`suture watch sources` tells how old that is; `suture watch sync` asks anew.");
  }
  if (!json) {
    print_advisory(*advisory);
    return kOk;
  }
  Json voices = Json::array();
  for (const SourcedVoice& said : advisory->voices) {
    voices.push_back({{"source", said.source}, {"voice", to_json(said.voice)}});
  }
  Json contradictions = Json::array();
  for (const Contradiction& each : advisory->contradictions()) {
    contradictions.push_back({{"about", each.about}, {"text", each.text}});
  }
  fmt::print("{}", json_text({{"cve", advisory->cve},
                              {"withdrawn", advisory->withdrawn()},
                              {"voices", std::move(voices)},
                              {"contradictions", std::move(contradictions)}}));
  return kOk;
}

}  // namespace

void add_watch_list(CLI::App& watch, const SharedWatchOptions& shared, Invocation& invocation) {
  const auto options = std::make_shared<ListOptions>();
  options->watch = shared;
  CLI::App& command = *watch.add_subcommand("list", "Advisories, the newest first");
  command.footer(kListExamples);
  AdvisoryFilter& filter = options->filter;
  command.add_option("--source", filter.source, "That this source says something of")->type_name("SOURCE");
  command.add_option("--package", filter.package, "That name this package")->type_name("NAME");
  command.add_option("--match", filter.text, "With this in id or title")->type_name("TEXT");
  command.add_option("--since", filter.since, "Modified then or later")->type_name("DATE");
  command.add_option("--score", filter.least_score, "With a CVSS score from this on")
      ->type_name("SCORE")
      ->check(CLI::Range(0.0, 10.0));
  command.add_flag("--kernel", filter.kernel_only, "About the kernel");
  command.add_flag("--exploited", filter.exploited_only, "That are known to be exploited");
  command.add_flag("--withdrawn", filter.with_withdrawn, "Those that were withdrawn, too");
  command.add_option("--limit", filter.limit, "No more than so many")->type_name("NUMBER");
  command.callback([&invocation, options] {
    invocation.action = [&invocation, options] { return list(*options, invocation.json); };
  });
}

void add_watch_show(CLI::App& watch, const SharedWatchOptions& shared, Invocation& invocation) {
  const auto options = std::make_shared<ShowOptions>();
  options->watch = shared;
  CLI::App& command = *watch.add_subcommand("show", "All that is said of a vulnerability, and by whom");
  command.footer(kShowExamples);
  command.add_option("cve", options->cve, "Its id")->required()->type_name("CVE");
  command.callback([&invocation, options] {
    invocation.action = [&invocation, options] { return show(*options, invocation.json); };
  });
}

}  // namespace suture::cli
