// SPDX-License-Identifier: Apache-2.0
#include "build/name_reach.h"

#include <algorithm>

#include "base/file.h"
#include "base/process.h"
#include "source/c_text.h"

namespace suture {
namespace {

namespace fs = std::filesystem;

/// Beyond that, nearly everything leads there.
constexpr std::size_t kMostNames = 400;
constexpr std::size_t kLargestHeader = 64u << 20;

bool has_any(std::string_view text, const Names& names) {
  return std::ranges::any_of(tokens_of(text), [&](std::string_view token) { return names.contains(token); });
}

/// Files of the tree, with this ending, that have one of the words.
Result<std::vector<std::string>> files_with(const fs::path& tree, const Names& names, const char* ending) {
  std::string words;
  for (const std::string& name : names) words += name + "\n";
  const Finished grep =
      TRY(run({.argv = {"grep", "-r", "-l", "-w", "-F", "-Z", "--include", ending, "-f", "-", "."},
               .directory = tree,
               .environment = {{"LC_ALL", "C"}, {"GREP_OPTIONS", ""}},
               .input = words}));
  if (grep.status > 1)
    return fail("build.kbuild-failed", "look for what names what", grep.err.substr(0, 2000));
  std::vector<std::string> files;
  for (std::string_view rest = grep.out; !rest.empty();) {
    const std::string_view name = rest.substr(0, rest.find('\0'));
    rest.remove_prefix(std::min(name.size() + 1, rest.size()));
    files.push_back(fs::path(name).lexically_normal().string());
  }
  std::ranges::sort(files);
  return files;
}

/// "NAME" of "#define NAME(x) ...", and what stands behind that.
std::pair<std::string_view, std::string_view> macro_of(std::string_view line) {
  line.remove_prefix(std::min(line.find_first_not_of("# \t"), line.size()));
  if (!line.starts_with("define")) return {};
  line.remove_prefix(std::min(line.find_first_of(" \t"), line.size()));
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  const auto end = std::ranges::find_if_not(line, is_word);
  const auto size = static_cast<std::size_t>(end - line.begin());
  return {line.substr(0, size), line.substr(size)};
}

/// What declares types only makes no code by itself.
bool declares_type(const std::string& item) {
  return (item.starts_with("struct ") || item.starts_with("union ") || item.starts_with("enum ")) &&
         item.find(" = ") == std::string::npos;
}

}  // namespace

HeaderNames names_leading_to(const Names& names, std::string_view header) {
  const std::string text = without_comments(header);
  HeaderNames result;
  for (const std::string_view line : preprocessor_lines(text)) {
    const auto [macro, body] = macro_of(line);
    if (!macro.empty() && has_any(body, names)) result.added.emplace(macro);
  }
  for (const std::string& item : top_level_items(text)) {
    if (!has_any(item, names)) continue;
    const std::string function = defined_function(item);
    if (!function.empty()) {
      result.added.insert(function);
    } else if (!declares_type(item) && dispensable_function(item).empty()) {
      result.elsewhere = true;
    }
  }
  return result;
}

Result<std::optional<std::vector<std::string>>> units_that_name(const fs::path& tree,
                                                                const IncludeGraph& graph, Names names,
                                                                const std::vector<std::string>& units) {
  std::set<std::string> telling;  // files
  for (std::size_t known = 0; known != names.size();) {
    known = names.size();
    for (const std::string& header : TRY(files_with(tree, names, "*.h"))) {
      if (is_left_out(header)) continue;
      HeaderNames found = names_leading_to(names, TRY(read_text_file(tree / header, kLargestHeader)));
      if (found.elsewhere) telling.insert(header);
      names.merge(found.added);
    }
    if (names.size() > kMostNames) return std::nullopt;
  }
  for (const std::string& source : TRY(files_with(tree, names, "*.c"))) telling.insert(source);
  std::set<std::string> reached = telling;
  for (std::string& unit : graph.units_that_include(telling)) reached.insert(std::move(unit));
  std::vector<std::string> result;
  std::ranges::copy_if(units, std::back_inserter(result),
                       [&](const std::string& unit) { return reached.contains(unit); });
  return result;
}

}  // namespace suture
