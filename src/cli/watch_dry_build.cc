// SPDX-License-Identifier: Apache-2.0
#include "cli/watch_dry_build.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include "advisory/change_text.h"
#include "advisory/commit_change.h"
#include "base/hash.h"
#include "base/json.h"
#include "build/build.h"
#include "build/fix_variant.h"
#include "build/fleet.h"
#include "cli/foreign_text.h"
#include "delta/refusal.h"

namespace suture::cli {
namespace {

namespace fs = std::filesystem;
using Answer = Patchable::Answer;

constexpr std::size_t kLargestFix = 16u << 20;
constexpr std::size_t kFunctionsToName = 12;

/// What a person who knows the code can do something about, by writing the fix in another way
/// (docs/patch-authors.md), or for this kernel's source.
bool is_for_an_author(const std::string& code) {
  static const std::set<std::string_view> kCodes{
      "build.fix-does-not-apply", "build.no-fix-for-kernel", "build.does-not-compile",
      "build.declaration-unused", "build.unit-added",        "build.fix-unsupported",
      "delta.data-changed",       "delta.percpu-added",      "delta.layout-changed",
      "delta.update-not-atomic",  "delta.update-pointer",    "delta.update-unknown-type",
      "delta.callback-not-added", "delta.callback-unknown",  "delta.callbacks-unpaired"};
  return kCodes.contains(code);
}

/// Refused before anything could be said of the change: a text that is no diff, files that are not at hand, a
/// limit that was set here.
bool is_no_verdict(const std::string& code) {
  static const std::set<std::string_view> kCodes{"build.fix-malformed",
                                                 "build.fix-empty",
                                                 "build.fix-path",
                                                 "build.image-differs",
                                                 "build.header-changed",
                                                 "build.generated-file-missing",
                                                 "build.no-debug-info",
                                                 "build.overlay-escape",
                                                 "build.command-line",
                                                 "build.glue",
                                                 "build.no-fix",
                                                 "build.no-such-unit",
                                                 "module.symvers-malformed"};
  return kCodes.contains(code);
}

Answer answer_of(const Error& error) {
  const bool broken = error.code.starts_with("delta.") && !is_refusal(error);
  if (broken || is_no_verdict(error.code)) return Answer::kUnknown;
  if (is_for_an_author(error.code)) return Answer::kNeedsAuthor;
  switch (outcome_of(error)) {
    case FleetOutcome::kNotAffected:
      return Answer::kNotNeeded;
    case FleetOutcome::kFailed:
      return Answer::kUnknown;
    default:
      return Answer::kNo;
  }
}

Patchable patchable_of(const Error& error, std::string fix) {
  return {.answer = answer_of(error),
          .fix = std::move(fix),
          .code = error.code,
          .reason = error.what + ": " + error.why,
          .hint = error.hint};
}

Patchable patchable_of(const BuildResult& built, std::string fix) {
  Patchable patchable{
      .answer = Answer::kYes, .fix = std::move(fix), .units = built.units, .notes = built.notes};
  for (const PatchModule& module : built.patchset.modules) patchable.engines.push_back(module.engine);
  for (const PatchedObject& object : built.patchset.objects) {
    for (const ReplacedFunction& function : object.functions)
      patchable.functions.push_back({.object = object.name, .name = function.name});
  }
  return patchable;
}

/// Of several diffs, this one is for another source than the target's.
bool is_for_other_source(const Patchable& patchable) {
  return patchable.answer == Answer::kNotNeeded || patchable.answer == Answer::kUnknown ||
         patchable.code == "build.fix-does-not-apply" || patchable.code == "build.no-fix-for-kernel";
}

/// What may be the fault of this machine, or of the target's files, may be right tomorrow: sources that are
/// not the kernel's, a compiler that failed on a full disk.
bool is_worth_keeping(const Patchable& patchable) {
  return patchable.answer != Answer::kUnknown && patchable.code != "build.not-as-shipped" &&
         patchable.code != "build.does-not-compile";
}

std::string functions_text(const std::vector<Patchable::Function>& functions) {
  if (functions.empty()) return "no function: data is written, or callbacks run";
  std::vector<std::string> names;
  for (const Patchable::Function& one : functions) {
    if (names.size() == kFunctionsToName) {
      names.push_back(fmt::format("{} more", functions.size() - kFunctionsToName));
      break;
    }
    names.push_back(one.object == "vmlinux" ? one.name : fmt::format("{} ({})", one.name, one.object));
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

DryBuilder::DryBuilder(Target target, fs::path cache, fs::path repository, fs::path diff)
    : target_(std::move(target)),
      folder_(std::move(cache)),
      cache_(folder_),
      repository_(std::move(repository)),
      diff_(std::move(diff)) {}

Patchable DryBuilder::ask(const Advisory& advisory, const CodeChange* packaged, Progress& progress) const {
  const auto fixes = texts(advisory, packaged);
  if (!fixes) return patchable_of(fixes.error(), diff_.filename().string());
  // What speaks of this kernel's source comes before what does not, a verdict before none.
  constexpr std::array kOrder{Answer::kNotNeeded, Answer::kNeedsAuthor, Answer::kUnknown};
  const auto place = [&](const Patchable& one) { return std::ranges::find(kOrder, one.answer); };
  std::optional<Patchable> best;
  for (const FixText& fix : *fixes) {
    Patchable one = answer(fix, progress);
    if (!is_for_other_source(one)) return one;
    if (!best || place(one) < place(*best)) best = std::move(one);
  }
  if (best) return std::move(*best);
  return {
      .code = "watch.no-diff",
      .reason = "no diff of the fix is at hand",
      .hint = "--fix names a file; --code a clone of the kernel's stable tree, which has the fix's commit"};
}

Result<std::vector<DryBuilder::FixText>> DryBuilder::texts(const Advisory& advisory,
                                                           const CodeChange* packaged) const {
  std::vector<FixText> texts;
  if (!diff_.empty()) {
    const fs::path file = TRY(variant_for(diff_, target_.id.release));
    texts.push_back({.origin = file.filename().string(),
                     .name = diff_.filename().string(),
                     .text = TRY(read_text_file(file, kLargestFix))});
    return texts;
  }
  for (const Told<std::string>& commit : advisory.fix_commits()) {
    if (repository_.empty()) break;
    // Not every clone has every series.
    if (auto text = read_commit_diff(repository_, commit.value)) {
      texts.push_back({.origin = "commit " + commit.value.substr(0, 12),
                       .name = advisory.cve + ".patch",
                       .text = std::move(*text)});
    }
  }
  // What may be another fix's, too, would be a verdict on that.
  if (texts.empty() && packaged != nullptr && !packaged->mixed && packaged->other_files.empty()) {
    texts.push_back({.origin = packaged->origin,
                     .name = advisory.cve + ".patch",
                     .text = TRY(text_of_change(*packaged, target_.source))});
  }
  return texts;
}

Patchable DryBuilder::answer(const FixText& fix, Progress& progress) const {
  const std::string key =
      BuildCache::key_of({"dry build", target_.id.build_id, target_.id.version, fix.name, fix.text});
  if (const auto kept = cache_.find(key)) {
    const auto json = parse_json(as_text(*kept), "a kept answer");
    if (auto patchable = json ? patchable_from_json(*json) : std::unexpected(json.error())) {
      patchable->fix = fix.origin;
      return std::move(*patchable);
    }
  }
  Patchable patchable = build(fix, progress);
  if (is_worth_keeping(patchable)) cache_.keep(key, as_bytes(json_text(to_json(patchable))));
  return patchable;
}

Patchable DryBuilder::build(const FixText& fix, Progress& progress) const {
  const auto try_it = [&]() -> Result<BuildResult> {
    const TempDir folder = TRY(TempDir::make("suture-dry-build"));
    const fs::path file = folder.path() / fix.name;
    TRY(write_file(file, fix.text));
    return build_patchset(
        {.target = target_, .fixes = {file}, .output = folder.path() / "patchset", .cache = folder_},
        progress);
  };
  const Result<BuildResult> built = try_it();
  return built ? patchable_of(*built, fix.origin) : patchable_of(built.error(), fix.origin);
}

void DryBuilder::shrink_cache() const {
  if (cache_.exists()) cache_.shrink(kLargestBuildCache);
}

std::string patchable_text(const Patchable& patchable) {
  std::string text =
      fmt::format("  {}", patchable.answer == Answer::kNeedsAuthor ? "not as the fix stands"
                          : patchable.answer == Answer::kNotNeeded ? "not needed"
                                                                   : name_of(patchable.answer));
  if (!patchable.fix.empty()) text += fmt::format(", with {}", one_line(patchable.fix));
  if (patchable.answer == Answer::kYes) {
    text += fmt::format(", for {}; {} unit{} compiled\n", fmt::join(patchable.engines, " and "),
                        patchable.units, patchable.units == 1 ? "" : "s");
    text += fmt::format("  changes {}\n", one_line(functions_text(patchable.functions)));
  } else {
    text += fmt::format(": {} [{}]\n", one_line(patchable.reason), patchable.code);
    if (!patchable.hint.empty()) text += fmt::format("  {}\n", one_line(patchable.hint));
  }
  for (const std::string& note : patchable.notes) text += fmt::format("  note: {}\n", one_line(note));
  return text;
}

}  // namespace suture::cli
