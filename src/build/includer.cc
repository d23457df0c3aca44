// SPDX-License-Identifier: Apache-2.0
#include "build/includer.h"

#include <algorithm>
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

Result<std::string> includer_of(const fs::path& tree, const std::string& file) {
  const std::string pattern =
      "^[ \t]*#[ \t]*include[ \t]+[\"<]([^\">]*/)?" + escaped(fs::path(file).filename().string()) + "[\">]";
  const Finished grep =
      TRY(run({.argv = {"grep", "-r", "-E", "-Z", "--include=*.c", "--include=*.h", "-e", pattern, "."},
               .directory = tree,
               .environment = {{"LC_ALL", "C"}, {"GREP_OPTIONS", ""}}}));
  if (grep.status > 1)
    return fail("build.kbuild-failed", "look for what includes " + file, grep.err.substr(0, 2000));
  // "./kernel/sched/build_policy.c\0#include "deadline.c"\n"
  std::string first;
  for (std::string_view rest = grep.out; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    const std::size_t open = line.find_first_of("\"<", line.find('\0'));
    if (open == std::string_view::npos) continue;
    const std::string_view included = line.substr(open + 1, line.find_first_of("\">", open + 1) - open - 1);
    const fs::path includer = fs::path(line.substr(0, line.find('\0'))).lexically_normal();
    // The order in which grep walks a folder is the file system's.
    if (names(tree, std::string(included), includer, file) && (first.empty() || includer.string() < first))
      first = includer.string();
  }
  return first;
}

}  // namespace suture
