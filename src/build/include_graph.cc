// SPDX-License-Identifier: Apache-2.0
#include "build/include_graph.h"

#include <algorithm>
#include <array>

#include "base/process.h"

namespace suture {
namespace {

namespace fs = std::filesystem;

std::string last_part(std::string_view path) {
  return std::string(path.substr(path.rfind('/') + 1));
}

}  // namespace

bool is_left_out(std::string_view path) {
  for (const std::string_view folder : {"tools/", "samples/", "Documentation/", "scripts/", "usr/"}) {
    if (path.starts_with(folder)) return true;
  }
  return path.starts_with("arch/") && !path.starts_with("arch/x86/");
}

Result<IncludeGraph> IncludeGraph::read(const fs::path& tree, const BuildCache& cache,
                                        std::string_view version) {
  const std::string key = BuildCache::key_of({"includes", version});
  if (const auto lines = cache.find(key)) return parse(as_text(*lines));
  const Finished grep = TRY(run({.argv = {"grep", "-r", "-E", "-Z", "--include=*.c", "--include=*.h", "-e",
                                          "^[ \t]*#[ \t]*include[ \t]*[\"<]", "."},
                                 .directory = tree,
                                 .environment = {{"LC_ALL", "C"}, {"GREP_OPTIONS", ""}}}));
  if (grep.status > 1)
    return fail("build.kbuild-failed", "look for what includes what", grep.err.substr(0, 2000));
  cache.keep(key, as_bytes(grep.out));
  return parse(grep.out);
}

IncludeGraph IncludeGraph::parse(std::string_view lines) {
  IncludeGraph graph;
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(std::min(line.size() + 1, lines.size()));
    const std::size_t name_end = line.find('\0');
    if (name_end == std::string_view::npos) continue;
    const std::size_t open = line.find_first_of("\"<", name_end);
    if (open == std::string_view::npos) continue;
    const std::size_t close = line.find_first_of("\">", open + 1);
    if (close == std::string_view::npos) continue;
    const std::string file = fs::path(line.substr(0, name_end)).lexically_normal().string();
    if (is_left_out(file)) continue;
    Include include{.name = std::string(line.substr(open + 1, close - open - 1)),
                    .quoted = line[open] == '"'};
    graph.includers_[last_part(include.name)].insert(file);
    graph.includes_[file].push_back(std::move(include));
  }
  return graph;
}

/// A quoted name is looked for beside the includer first, then, as others are, in folders given to the
/// compiler: any file whose path ends so may be meant.
bool IncludeGraph::may_mean(const std::string& includer, const Include& include,
                            const std::string& file) const {
  if (include.quoted && (fs::path(includer).parent_path() / include.name).lexically_normal() == file)
    return true;
  const std::string written = fs::path(include.name).lexically_normal().string();
  std::string_view tail = written;
  while (tail.starts_with("../")) tail.remove_prefix(3);
  return file == tail || file.ends_with("/" + std::string(tail));
}

std::vector<std::string> IncludeGraph::units_that_include(const std::set<std::string>& files) const {
  std::set<std::string> reached = files;
  std::vector<std::string> open(files.begin(), files.end());
  std::set<std::string> units;
  while (!open.empty()) {
    const std::string file = std::move(open.back());
    open.pop_back();
    const auto candidates = includers_.find(last_part(file));
    if (candidates == includers_.end()) continue;
    for (const std::string& includer : candidates->second) {
      const std::vector<Include>& all = includes_.at(includer);
      const bool means =
          std::ranges::any_of(all, [&](const Include& include) { return may_mean(includer, include, file); });
      if (!means || !reached.insert(includer).second) continue;
      if (includer.ends_with(".c")) units.insert(includer);
      open.push_back(includer);
    }
  }
  return {units.begin(), units.end()};
}

}  // namespace suture
