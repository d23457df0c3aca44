// SPDX-License-Identifier: Apache-2.0
#include "cli/watch_kernel.h"

#include <algorithm>
#include <array>
#include <tuple>

#include "advisory/changelog_items.h"
#include "advisory/unpack.h"
#include "base/json.h"
#include "base/terminal.h"

namespace suture::cli {
namespace fs = std::filesystem;
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

/// What the package changed from the target to a later version.
Result<PackageUpdate> read_update(const KernelQuestion& question, const Target& target,
                                  const TargetStore& targets, AdvisoryStore& store) {
  fs::path tree = question.newer;
  fs::path changelog = question.changelog;
  std::error_code ignored;
  if (!fs::is_directory(tree, ignored)) {
    const Target newer = TRY(targets.find(question.newer));
    tree = newer.source;
    if (changelog.empty()) changelog = newer.changelog;
  }
  if (changelog.empty()) {
    return fail("watch.no-changelog", "read what changed until " + question.newer,
                "there is no changelog beside it", "Name one with --changelog.");
  }
  Progress progress("newer source");
  progress.step("compare " + target.source.filename().string() + " with " + tree.filename().string());
  const std::string text = TRY(read_packed_text(changelog, kLargestChangelog));
  return PackageUpdate::read(
      {.before = target.source, .before_version = target.id.version, .after = tree, .changelog = text},
      [&](const std::string& cve) { return store.advisory(cve); });
}

Json to_json(const ObjectReach& object) {
  return {{"object", object.object},   {"reach", name_of(object.reach)},
          {"text", object.text},       {"hosts", object.hosts},
          {"loaded", object.loaded},   {"unprivileged", object.unprivileged},
          {"blocked", object.blocked}, {"on_hosts", object.on_hosts}};
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
  CLI::Option& newer =
      *command
           .add_option("--newer", question.newer,
                       "A later version of the same package, for the code of fixes: a kernel "
                       "of the store, or a source tree")
           ->type_name("TARGET|FOLDER");
  command
      .add_option("--changelog", question.changelog,
                  "The later version's changelog, if it is not a kernel whose package has one")
      ->type_name("FILE")
      ->needs(&newer);
  add_hosts_question(command, question.hosts);
}

void add_dry_build(CLI::App& command, KernelQuestion& question) {
  command.add_flag(
      "--dry-build", question.dry_build,
      "Build the fix, and say whether the running kernel can be patched with it; nothing is kept");
}

Result<AskedKernel> read_asked(const KernelQuestion& question, AdvisoryStore& store) {
  // All that is asked for may be given by hand; then there need be no configuration.
  const auto config = watch_config(*question.watch);
  fs::path folder = question.store;
  fs::path repository = question.code;
  if (config && folder.empty()) folder = config->target_store;
  if (config && repository.empty()) repository = config->code;
  const TargetStore targets = TRY(TargetStore::at(folder));
  const Target target = TRY(targets.find(question.target));
  // What people may have got wrong comes before what takes seconds.
  HostsQuestion asked_hosts = question.hosts;
  if (config && asked_hosts.reports.empty()) asked_hosts.reports = config->reports;
  std::vector<HostModules> hosts = TRY(known_hosts(asked_hosts, target.id));
  FixCode code = TRY(FixCode::of(repository, question.fix));
  if (!question.newer.empty()) code.add(TRY(read_update(question, target, targets, store)));
  TargetFacts facts = TRY(target_facts(target, targets.cache()));
  FleetReach fleet(facts.reach, std::move(hosts));
  AskedKernel asked{.facts = std::move(facts), .code = std::move(code), .fleet = std::move(fleet)};
  if (question.dry_build) asked.builder.emplace(target, targets.cache(), repository, question.fix);
  return asked;
}

Json to_json(const Judged& judged) {
  const Finding& finding = judged.finding;
  Json evidence = Json::array();
  for (const Evidence& one : finding.evidence) evidence.push_back(to_json(one));
  Json places = Json::array();
  for (const CodePlace& one : finding.places) places.push_back(to_json(one));
  Json reach = Json::array();
  for (const ObjectReach& one : finding.reach) reach.push_back(to_json(one));
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
          {"live_patch", finding.patchable ? suture::to_json(*finding.patchable) : Json()},
          {"reach", std::move(reach)},
          {"priority", {{"points", judged.priority.points}, {"reasons", std::move(reasons)}}}};
}

Judged judge(const Advisory& advisory, const AskedKernel& kernel) {
  Judged judged{.finding = verdict_of(advisory, kernel.code.changes(advisory), kernel.facts),
                .priority = {},
                .title = {}};
  add_reach(judged.finding, kernel.facts, kernel.fleet);
  judged.priority = priority_of(advisory, judged.finding);
  if (const auto title = advisory.title()) judged.title = title->value;
  return judged;
}

void judge_by_build(Judged& judged, const Advisory& advisory, const AskedKernel& kernel, Progress& progress) {
  if (!kernel.builder) return;
  take_build(judged.finding, kernel.builder->ask(advisory, kernel.code.packaged(advisory.cve), progress));
  judged.priority = priority_of(advisory, judged.finding);
}

namespace {

/// One after another: each build takes all processors for itself.
Result<void> build_affected(std::vector<Judged>& all, AdvisoryStore& store, const AskedKernel& kernel) {
  std::vector<Judged*> affected;
  for (Judged& judged : all) {
    if (judged.finding.standing == Standing::kAffected) affected.push_back(&judged);
  }
  Progress progress("dry builds");
  for (std::size_t i = 0; i < affected.size(); ++i) {
    progress.step(affected[i]->finding.cve, i, affected.size());
    const auto advisory = TRY(store.advisory(affected[i]->finding.cve));
    Progress part(progress, affected[i]->finding.cve);
    if (advisory) judge_by_build(*affected[i], *advisory, kernel, part);
  }
  kernel.builder->shrink_cache();
  return {};
}

/// What is most urgent first; of equals what can be done now.
auto place_of(const Judged& judged) {
  const auto& patchable = judged.finding.patchable;
  return std::tuple(judged.finding.standing, -judged.priority.points,
                    order_of(patchable ? &*patchable : nullptr));
}

}  // namespace

Result<std::vector<Judged>> judge_all(AdvisoryStore& store, AdvisoryFilter filter,
                                      const AskedKernel& kernel) {
  std::vector<Judged> all;
  filter.kernel_only = true;
  {
    Progress progress("matching");
    TRY(store.each(filter, [&](const Advisory& advisory) -> Result<void> {
      progress.step(advisory.cve);
      all.push_back(judge(advisory, kernel));
      return {};
    }));
  }
  if (kernel.builder) TRY(build_affected(all, store, kernel));
  std::ranges::stable_sort(all, {}, place_of);
  return all;
}

StandingCounts count_standings(const std::vector<Judged>& all) {
  StandingCounts counts{};
  for (const Judged& judged : all) ++counts.at(static_cast<std::size_t>(judged.finding.standing));
  return counts;
}

}  // namespace suture::cli
