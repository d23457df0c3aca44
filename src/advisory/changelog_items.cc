// SPDX-License-Identifier: Apache-2.0
#include "advisory/changelog_items.h"

#include <algorithm>
#include <utility>

#include "advisory/debian_changelog.h"
#include "base/cve_id.h"
#include "base/debian_changelog.h"
#include "base/lines.h"

namespace suture {
namespace {

constexpr std::size_t kLongestItem = 8192;
/// A year of a kernel's stable updates are some ten thousand.
constexpr std::size_t kMostItems = 1u << 18;

}  // namespace

void ChangelogItems::add(std::string_view line) {
  const std::string_view text = line.substr(std::min(line.size(), line.find_first_not_of(" \t")));
  const bool starts =
      text.size() > 1 && std::string_view("*-+").find(text[0]) != std::string_view::npos && text[1] == ' ';
  const std::size_t column = line.size() - text.size();
  // What stands further left than the item's text is a line of its own: the address of an upstream changelog.
  if (starts || text.empty() || column <= column_) end();
  if (starts) column_ = column;
  too_long_ = too_long_ || item_.size() + text.size() > kLongestItem;
  if (too_long_) return;
  if (!item_.empty()) item_ += ' ';
  item_ += starts ? text.substr(2) : text;
}

void ChangelogItems::end() {
  const std::string item = std::exchange(item_, {});
  if (!item.empty()) sink_(item);
}

Result<std::vector<ChangelogItem>> items_since(std::string_view changelog, std::string_view version) {
  const auto unreadable = [&](std::string why) {
    return fail("advisory.changelog", "read what a changelog has above version " + std::string(version),
                std::move(why));
  };
  std::vector<ChangelogItem> all;
  ChangelogItems items([&](const std::string& item) {
    ChangelogItem one{.subject = subject_of_item(item), .cves = {}};
    for_each_cve_id(item, [&](std::string_view cve) { one.cves.emplace_back(cve); });
    if (!one.subject.empty() || !one.cves.empty()) all.push_back(std::move(one));
  });
  bool within = false;
  while (!changelog.empty()) {
    const std::string_view line = take_line(changelog);
    if (const auto head = read_debian_head(line)) {
      items.end();
      if (is_entry_of(*head, version)) return all;
      within = true;
    } else if (line.starts_with(" -- ")) {  // by whom, and when
      items.end();
    } else if (within) {
      items.add(line);
    }
    if (items.too_long()) return unreadable("an item in it has no end");
    if (all.size() > kMostItems) return unreadable("it has too many items");
  }
  return unreadable("it has no entry of that version");
}

}  // namespace suture
