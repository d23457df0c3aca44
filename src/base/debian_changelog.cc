// SPDX-License-Identifier: Apache-2.0
#include "base/debian_changelog.h"
#include "base/lines.h"

#include <algorithm>
#include <cctype>

#include "base/cve_id.h"

namespace suture {

bool is_package_word(std::string_view text) {
  constexpr std::size_t kLongest = 128;
  return !text.empty() && text.size() <= kLongest && std::ranges::all_of(text, [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view(".+-~:_^").find(static_cast<char>(c)) != std::string_view::npos;
  });
}

std::optional<DebianChangelogHead> read_debian_head(std::string_view line) {
  if (line.empty() || std::isalnum(static_cast<unsigned char>(line.front())) == 0) return std::nullopt;
  const std::size_t open = line.find(" (");
  const std::size_t close = line.find(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) return std::nullopt;
  DebianChangelogHead head{line.substr(0, open), line.substr(open + 2, close - open - 2),
                           line.substr(close + 1)};
  head.distribution.remove_prefix(
      std::min(head.distribution.size(), head.distribution.find_first_not_of(' ')));
  head.distribution = head.distribution.substr(0, head.distribution.find_first_of("; \t\r"));
  if (!is_package_word(head.package) || !is_package_word(head.version)) return std::nullopt;
  return head;
}

bool is_entry_of(const DebianChangelogHead& head, std::string_view version) {
  if (head.version == version) return true;
  std::string signed_version(version);
  std::ranges::replace(signed_version, '-', '+');
  return head.package.starts_with("linux-signed") && head.version == signed_version;
}

std::optional<ClosedCves> cves_closed_in(std::string_view changelog, std::string_view version) {
  ClosedCves closed;
  std::string entry;  // empty: above that of the version
  while (!changelog.empty()) {
    const std::string_view line = take_line(changelog);
    if (const auto head = read_debian_head(line)) {
      if (!entry.empty()) {
        entry = head->version;
      } else if (is_entry_of(*head, version)) {
        entry = version;
      }
    }
    if (entry.empty()) continue;
    for_each_cve_id(line, [&](std::string_view cve) { closed[std::string(cve)] = entry; });
  }
  if (entry.empty()) return std::nullopt;
  return closed;
}

}  // namespace suture
