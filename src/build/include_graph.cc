// SPDX-License-Identifier: Apache-2.0
#include "build/include_graph.h"

#include <algorithm>
#include <array>

#include "base/process.h"

namespace suture {
namespace {

namespace fs = std::filesystem;

/// Folders without code of an x86 kernel.
bool is_left_out(std::string_view path) {
  for (const std::string_view folder : {"tools/", "samples/", "Documentation/", "scripts/", "usr/",
                                        "drivers/s390/", "drivers/parisc/", "drivers/sh/"}) {
    if (path.starts_with(folder)) return true;
  }
  return path.starts_with("arch/") && !path.starts_with("arch/x86/");
}

bool is_unit(std::string_view path) {
  return path.ends_with(".c");
}

/// scripts/Makefile.lib, c_flags: what every unit is compiled with.
constexpr std::array<std::string_view, 3> kGivenToAll{
    "include/linux/compiler-version.h", "include/linux/kconfig.h", "include/linux/compiler_types.h"};

/// scripts/Makefile.asm-generic: the header that kbuild may make to include this one (or one that is
/// called alike, without "uapi"); empty for others.
std::string wrapper_of(std::string_view file) {
  constexpr std::string_view kFolder = "asm-generic/";
  const std::size_t at = file.rfind(kFolder);
  if (at == std::string_view::npos || (at != 0 && file[at - 1] != '/')) return {};
  return "arch/x86/include/generated/uapi/asm/" + std::string(file.substr(at + kFolder.size()));
}

std::string last_part(std::string_view path) {
  return std::string(path.substr(path.rfind('/') + 1));
}

}  // namespace

Result<IncludeGraph> IncludeGraph::read(const fs::path& tree) {
  const Finished grep = TRY(run({.argv = {"grep", "-r", "-E", "-Z", "--include=*.c", "--include=*.h", "-e",
                                          "^[ \t]*#[ \t]*include[ \t]*[\"<]", "."},
                                 .directory = tree,
                                 .environment = {{"LC_ALL", "C"}, {"GREP_OPTIONS", ""}}}));
  if (grep.status > 1)
    return fail("build.kbuild-failed", "look for what includes what", grep.err.substr(0, 2000));
  IncludeGraph graph = parse(grep.out);
  // Some include nothing, yet are there.
  const Finished find = TRY(run_ok({.argv = {"find", ".", "-name", "*.[ch]", "-print0"},
                                    .directory = tree,
                                    .environment = {{"LC_ALL", "C"}}}));
  for (std::string_view rest = find.out; !rest.empty();) {
    const std::string_view name = rest.substr(0, rest.find('\0'));
    rest.remove_prefix(std::min(name.size() + 1, rest.size()));
    graph.add(fs::path(name).lexically_normal().string());
  }
  return graph;
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
    graph.add(fs::path(line.substr(0, name_end)).lexically_normal().string(),
              {.name = std::string(line.substr(open + 1, close - open - 1)), .quoted = line[open] == '"'});
  }
  return graph;
}

bool IncludeGraph::add(const std::string& file) {
  if (is_left_out(file)) return false;
  includes_.try_emplace(file);
  return true;
}

void IncludeGraph::add(const std::string& file, Include include) {
  if (!add(file)) return;
  includers_[last_part(include.name)].insert(file);
  includes_[file].push_back(std::move(include));
}

std::size_t IncludeGraph::units() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(includes_, [](const auto& file) { return is_unit(file.first); }));
}

/// A quoted name is looked for beside the includer first, and only when nothing is there, as others are, in
/// folders given to the compiler: then any file whose path ends so may be meant.
bool IncludeGraph::may_mean(const std::string& includer, const Include& include,
                            const std::string& file) const {
  if (include.quoted) {
    const std::string beside = (fs::path(includer).parent_path() / include.name).lexically_normal().string();
    if (beside == file || includes_.contains(beside)) return beside == file;
  }
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
    if (std::ranges::find(kGivenToAll, file) != kGivenToAll.end()) {
      for (const auto& [name, includes] : includes_) {
        if (is_unit(name)) units.insert(name);
      }
    }
    if (std::string wrapper = wrapper_of(file); !wrapper.empty() && reached.insert(wrapper).second)
      open.push_back(std::move(wrapper));
    const auto candidates = includers_.find(last_part(file));
    if (candidates == includers_.end()) continue;
    for (const std::string& includer : candidates->second) {
      const std::vector<Include>& all = includes_.at(includer);
      const bool means =
          std::ranges::any_of(all, [&](const Include& include) { return may_mean(includer, include, file); });
      if (!means || !reached.insert(includer).second) continue;
      if (is_unit(includer)) units.insert(includer);
      open.push_back(includer);
    }
  }
  return {units.begin(), units.end()};
}

}  // namespace suture
