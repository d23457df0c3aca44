// SPDX-License-Identifier: Apache-2.0
#include "advisory/package_update.h"

#include <algorithm>

#include "advisory/changelog_items.h"
#include "advisory/tree_difference.h"
#include "advisory/version_change.h"

namespace suture {
namespace {

/// With what announcements say of its vulnerabilities.
Result<DescribedFix> described(const ChangelogItem& item, const PackageUpdate::Known& known) {
  DescribedFix fix{.title = item.subject, .description = {}, .files = {}};
  for (const std::string& cve : item.cves) {
    const auto advisory = TRY(known(cve));
    if (!advisory) continue;
    if (const auto text = advisory->description()) fix.description += text->value + '\n';
    for (const Told<std::string>& file : advisory->files()) fix.files.push_back(file.value);
  }
  return fix;
}

void add(CodeChange& whole, const CodeChange& part) {
  whole.mixed = whole.mixed || part.mixed;
  if (whole.note.empty()) whole.note = part.note;
  whole.other_files.insert(whole.other_files.end(), part.other_files.begin(), part.other_files.end());
  for (const FileCodeChange& file : part.files) {
    const auto there = std::ranges::find(whole.files, file.path, &FileCodeChange::path);
    if (there == whole.files.end()) {
      whole.files.push_back(file);
      continue;
    }
    there->lines.insert(there->lines.end(), file.lines.begin(), file.lines.end());
    for (const CodeItem& item : file.items) {
      if (std::ranges::find(there->items, item.name, &CodeItem::name) == there->items.end())
        there->items.push_back(item);
    }
  }
}

}  // namespace

Result<PackageUpdate> PackageUpdate::read(const PackageVersions& versions, const Known& known) {
  const auto items = TRY(items_since(versions.changelog, versions.before_version));
  std::vector<DescribedFix> fixes;
  for (const ChangelogItem& item : items) fixes.push_back(TRY(described(item, known)));
  const auto difference = TRY(read_tree_difference(versions.before, versions.after));
  const std::string origin = "what the package changed after " + versions.before_version;
  std::vector<CodeChange> changes = changes_of_fixes(difference, fixes, origin);

  PackageUpdate update;
  update.files_ = difference.size();
  for (std::size_t i = 0; i < items.size(); ++i) {
    for (const std::string& cve : items[i].cves) {
      if (changes[i].files.empty()) continue;
      CodeChange& whole = update.by_cve_[cve];
      whole.origin = origin;
      add(whole, changes[i]);
    }
    update.fixes_.push_back(
        {.title = items[i].subject, .cves = items[i].cves, .change = std::move(changes[i])});
  }
  return update;
}

const CodeChange* PackageUpdate::change_of(const std::string& cve) const {
  const auto found = by_cve_.find(cve);
  return found == by_cve_.end() ? nullptr : &found->second;
}

}  // namespace suture
