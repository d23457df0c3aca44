// SPDX-License-Identifier: Apache-2.0
#include "build/includer.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <string_view>

#include "base/process.h"

namespace suture {
namespace {

namespace fs = std::filesystem;

/// A name within `#include "…"` is relative to the includer; only if nothing is there, to a folder that its
/// Makefile gives with -I.
bool names(const fs::path& tree, const std::string& included, const fs::path& includer,
           const std::string& file) {
  const fs::path beside = (includer.parent_path() / included).lexically_normal();
  std::error_code error;
  if (beside == file || fs::exists(tree / beside, error)) return beside == file;
  return ("/" + file).ends_with("/" + included);
}

std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (std::string_view(".[]()*+?{}|^$\\").find(c) != std::string_view::npos) result += '\\';
    result += c;
  }
  return result;
}

}  // namespace

Result<std::map<std::string, std::string>> includers_of(const fs::path& tree,
                                                        std::span<const std::string> files) {
  std::map<std::string, std::string> found;
  if (files.empty()) return found;
  std::multimap<std::string, std::string> by_name;
  std::set<std::string> endings;
  for (const std::string& file : files) {
    by_name.emplace(fs::path(file).filename().string(), file);
    endings.insert(escaped(fs::path(file).extension().string()));
  }
  const std::string pattern =
      fmt::format("^[ \t]*#[ \t]*include[ \t]+[\"<][^\">]*({})[\">]", fmt::join(endings, "|"));
  const Finished grep =
      TRY(run({.argv = {"grep", "-r", "-E", "-Z", "--include=*.c", "--include=*.h", "-e", pattern, "."},
               .directory = tree,
               .environment = {{"LC_ALL", "C"}, {"GREP_OPTIONS", ""}}}));
  if (grep.status > 1)
    return fail("build.kbuild-failed", fmt::format("look for what includes {}", fmt::join(files, ", ")),
                grep.err.substr(0, 2000));
  // "./kernel/sched/build_policy.c\0#include "deadline.c"\n"
  for (std::string_view rest = grep.out; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    const std::size_t open = line.find_first_of("\"<", line.find('\0'));
    if (open == std::string_view::npos) continue;
    const std::string included(line.substr(open + 1, line.find_first_of("\">", open + 1) - open - 1));
    const std::string includer = fs::path(line.substr(0, line.find('\0'))).lexically_normal().string();
    const auto [begin, end] = by_name.equal_range(fs::path(included).filename().string());
    for (auto asked = begin; asked != end; ++asked) {
      if (!names(tree, included, includer, asked->second)) continue;
      // The order in which grep walks a folder is the file system's.
      const auto [first, added] = found.emplace(asked->second, includer);
      if (!added) first->second = std::min(first->second, includer);
    }
  }
  return found;
}

}  // namespace suture
