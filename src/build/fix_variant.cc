// SPDX-License-Identifier: Apache-2.0
#include "build/fix_variant.h"

#include <algorithm>
#include <cctype>
#include <vector>

namespace suture {

namespace fs = std::filesystem;

namespace {

bool fits(std::string_view version, std::string_view release) {
  if (version.empty() || !release.starts_with(version)) return false;
  // Where a part of a release begins: behind a digit another one would be the same number.
  const auto is_word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; };
  return release.size() == version.size() || !is_word(release[version.size()]) || !is_word(version.back());
}

}  // namespace

Result<fs::path> variant_for(const fs::path& fix, std::string_view release) {
  const std::string head = fix.stem().string() + "@";
  const std::string tail = fix.extension().string();
  std::string best;
  std::vector<std::string> others;
  std::error_code error;
  const fs::path folder = fix.has_parent_path() ? fix.parent_path() : fs::path(".");
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (!name.starts_with(head) || !name.ends_with(tail) || name.size() <= head.size() + tail.size())
      continue;
    const std::string version = name.substr(head.size(), name.size() - head.size() - tail.size());
    if (!fits(version, release)) {
      others.push_back(name);
    } else if (version.size() > best.size()) {
      best = version;
    }
  }
  if (!best.empty()) return fix.parent_path() / (head + best + tail);
  if (others.empty() || fs::exists(fix, error)) return fix;
  std::ranges::sort(others);
  return fail("build.no-fix-for-kernel", "find the fix " + fix.string() + " for " + std::string(release),
              "there is no such file, and its variants are for other kernels: " + others.front() +
                  (others.size() > 1 ? ", ..." : ""),
              "add " + fix.stem().string() + tail + " for all others, or a variant for this one");
}

}  // namespace suture
