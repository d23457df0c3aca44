// SPDX-License-Identifier: Apache-2.0
#include "build/places.h"

#include <algorithm>

namespace suture {
namespace {

// A character that neither source nor command lines have.
constexpr char kMark = '\x01';

}  // namespace

void Places::add(const std::filesystem::path& path, std::string_view name) {
  if (path.empty()) return;
  names_.emplace_back(path.string(), std::string{kMark}.append(name) + kMark);
  std::ranges::stable_sort(names_, std::ranges::greater{},
                           [](const auto& entry) { return entry.first.size(); });
}

std::string Places::hide(std::string_view text) const {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    // All are absolute.
    const std::size_t slash = std::min(text.find('/'), text.size());
    result.append(text.substr(0, slash));
    text.remove_prefix(slash);
    if (text.empty()) break;
    const auto found =
        std::ranges::find_if(names_, [&](const auto& entry) { return text.starts_with(entry.first); });
    if (found == names_.end()) {
      result += '/';
      text.remove_prefix(1);
    } else {
      result += found->second;
      text.remove_prefix(found->first.size());
    }
  }
  return result;
}

std::string Places::show(std::string_view text) const {
  std::string result;
  while (!text.empty()) {
    const std::size_t mark = std::min(text.find(kMark), text.size());
    result.append(text.substr(0, mark));
    text.remove_prefix(mark);
    if (text.empty()) break;
    const auto found =
        std::ranges::find_if(names_, [&](const auto& entry) { return text.starts_with(entry.second); });
    result += found == names_.end() ? std::string{kMark} : found->first;
    text.remove_prefix(found == names_.end() ? 1 : found->second.size());
  }
  return result;
}

}  // namespace suture
