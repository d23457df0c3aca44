// SPDX-License-Identifier: Apache-2.0
#include "cli/watch_kernel.h"

#include <algorithm>
#include <array>
#include <tuple>

#include "base/json.h"
#include "base/terminal.h"

namespace suture::cli {
namespace {

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

}  // namespace

void add_kernel_question(CLI::App& command, KernelQuestion& question) {
  command.add_option("--target", question.target, "Kernel of the store, as `suture target list` shows it")
      ->type_name("TARGET")
      ->required();
  command.add_option("--store", question.store, "Folder that holds the targets, if not where it says")
      ->type_name("FOLDER");
  command
      .add_option("--code", question.code,
                  "Clone of the kernel's stable tree, for the code of fixes, if not where it says")
      ->type_name("FOLDER");
}

Result<AskedKernel> read_asked(const KernelQuestion& question) {
  // All that is asked for may be given by hand; then there need be no configuration.
  const auto config = watch_config(*question.watch);
  std::filesystem::path store = question.store;
  std::filesystem::path repository = question.code;
  if (config && store.empty()) store = config->target_store;
  if (config && repository.empty()) repository = config->code;
  const TargetStore targets = TRY(TargetStore::at(store));
  const Target target = TRY(targets.find(question.target));
  return AskedKernel{.facts = TRY(target_facts(target, targets.cache())),
                     .code = TRY(FixCode::of(repository, question.fix))};
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

Judged judge(const Advisory& advisory, const AskedKernel& kernel) {
  Judged judged{.finding = verdict_of(advisory, kernel.code.changes(advisory), kernel.facts),
                .priority = {},
                .title = {}};
  judged.priority = priority_of(advisory, judged.finding);
  if (const auto title = advisory.title()) judged.title = title->value;
  return judged;
}

Result<std::vector<Judged>> judge_all(AdvisoryStore& store, AdvisoryFilter filter,
                                      const AskedKernel& kernel) {
  Progress progress("matching");
  std::vector<Judged> all;
  filter.kernel_only = true;
  TRY(store.each(filter, [&](const Advisory& advisory) -> Result<void> {
    progress.step(advisory.cve);
    all.push_back(judge(advisory, kernel));
    return {};
  }));
  std::ranges::stable_sort(all, [](const Judged& a, const Judged& b) {
    return std::tuple(a.finding.standing, -a.priority.points) <
           std::tuple(b.finding.standing, -b.priority.points);
  });
  return all;
}

StandingCounts count_standings(const std::vector<Judged>& all) {
  StandingCounts counts{};
  for (const Judged& judged : all) ++counts.at(static_cast<std::size_t>(judged.finding.standing));
  return counts;
}

}  // namespace suture::cli
