// SPDX-License-Identifier: Apache-2.0
#include "cli/watch_verdict.h"

#include <algorithm>
#include <memory>

#include "advisory/commit_change.h"
#include "advisory/match.h"
#include "base/file.h"
#include "build/built_units.h"

namespace suture::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLargestFix = 16u << 20;

/// Where the code is, of a fix that nobody has shown: whether it is compiled can be told all the same.
CodeChange files_of(const Advisory& advisory) {
  CodeChange change{.origin = "the files that announcements name", .files = {}, .mixed = false, .note = {}};
  for (const Told<std::string>& file : advisory.files()) {
    FileCodeChange one;
    one.path = file.value;
    change.files.push_back(std::move(one));
  }
  return change;
}

/// Did lines of the source decide?
bool is_seen_in_source(const Finding& finding) {
  return std::ranges::any_of(finding.evidence, [&](const Evidence& one) {
    return one.kind == Evidence::Kind::kSource && one.speaks_for == finding.standing;
  });
}

}  // namespace

Result<TargetFacts> target_facts(const Target& target, const fs::path& folder) {
  return read_target_facts(target, [&](const std::shared_ptr<const TargetSymbols>& symbols) {
    const auto units = std::make_shared<BuiltUnits>(
        target, BuildCache(folder),
        [symbols](const std::string& name) { return symbols->objects_with(name); });
    return [units](const std::string& file) { return units->objects_of(file); };
  });
}

Result<FixCode> FixCode::of(fs::path repository, const fs::path& diff) {
  FixCode code;
  code.repository_ = std::move(repository);
  if (!diff.empty()) {
    const std::string text = TRY(read_text_file(diff, kLargestFix));
    code.given_ = TRY(read_code_change(text, diff.filename().string()));
  }
  return code;
}

std::vector<CodeChange> FixCode::changes(const Advisory& advisory) const {
  if (given_) return {*given_};
  std::vector<CodeChange> changes;
  if (!repository_.empty()) {
    for (const Told<std::string>& commit : advisory.fix_commits()) {
      // Not every clone has every series.
      if (auto change = read_commit_change(repository_, commit.value)) changes.push_back(std::move(*change));
    }
  }
  if (changes.empty()) {
    if (const CodeChange* change = packaged(advisory.cve)) changes.push_back(*change);
  }
  if (changes.empty()) changes.push_back(files_of(advisory));
  return changes;
}

Finding verdict_of(const Advisory& advisory, const std::vector<CodeChange>& changes,
                   const TargetFacts& target) {
  std::optional<Finding> best;
  for (const CodeChange& change : changes) {
    Finding finding = match(advisory, change, target);
    if (is_seen_in_source(finding)) return finding;
    const bool better = finding.standing != Standing::kUnderInvestigation;
    if (!best || (better && best->standing == Standing::kUnderInvestigation)) best = std::move(finding);
  }
  return std::move(*best);
}

}  // namespace suture::cli
