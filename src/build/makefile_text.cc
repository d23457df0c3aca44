// SPDX-License-Identifier: Apache-2.0
#include "build/makefile_text.h"

#include <algorithm>
#include <sstream>

#include "base/file.h"

namespace suture {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLargestMakefile = 4u << 20;
constexpr int kDeepest = 8;

/// Lines without comments, those joined that go on.
std::vector<std::string> logical_lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  bool goes_on = false;
  for (std::string line; std::getline(in, line);) {
    if (const std::size_t hash = line.find('#'); hash != std::string::npos) line.resize(hash);
    const bool more = line.ends_with('\\');
    if (more) line.pop_back();
    if (goes_on) {
      lines.back() += " " + line;
    } else {
      lines.push_back(line);
    }
    goes_on = more;
  }
  return lines;
}

}  // namespace

const std::vector<MakefileTexts::List>& MakefileTexts::lists_of(const fs::path& folder) {
  const auto [known, is_new] = lists_.try_emplace(folder.string());
  if (!is_new) return known->second;
  Result<std::string> text = read_text_file(source_ / folder / "Kbuild", kLargestMakefile);
  if (!text) text = read_text_file(source_ / folder / "Makefile", kLargestMakefile);
  if (!text) return known->second;
  int conditions = 0;
  for (const std::string& line : logical_lines(*text)) {
    std::istringstream in(line);
    std::string first;
    in >> first;
    if (first == "ifeq" || first == "ifneq" || first == "ifdef" || first == "ifndef") ++conditions;
    if (first == "endif") --conditions;
    const std::size_t equals = line.find('=');
    if (equals == std::string::npos || equals == 0) continue;
    const bool signed_by_two = line[equals - 1] == '+' || line[equals - 1] == ':';
    std::istringstream left(line.substr(0, signed_by_two ? equals - 1 : equals));
    left >> first;
    const std::size_t dash = first.rfind('-', first.find("$("));
    if (dash == std::string::npos) continue;
    List list{.name = first.substr(0, dash),
              .option = first.substr(dash + 1),
              .words = {},
              .conditional = conditions > 0};
    std::istringstream right(line.substr(equals + 1));
    for (std::string word; right >> word;) list.words.push_back(word);
    known->second.push_back(std::move(list));
  }
  return known->second;
}

std::optional<MakefileTexts::State> MakefileTexts::state_of(const List& list) const {
  if (list.conditional) return std::nullopt;
  std::string value = list.option;
  if (value.starts_with("$(CONFIG_") && value.find(')') + 1 == value.size())
    value = value_of_(value.substr(2, value.size() - 3));
  if (value == "y" || value == "objs") return State::kYes;
  if (value == "m") return State::kModule;
  return value.empty() || value == "n" ? std::optional(State::kNo) : std::nullopt;
}

/// Where several lists name it, the one that builds it counts.
std::optional<MakefileTexts::Found> MakefileTexts::find(const fs::path& folder, const std::string& object,
                                                        int depth, Known& known) {
  if (depth > kDeepest) return std::nullopt;
  // Nothing, too, for one that is being looked for: it names itself.
  const auto [entry, is_new] = known.try_emplace(object);
  if (!is_new) return entry->second;
  std::optional<Found> best;
  for (const List& list : lists_of(folder)) {
    if (std::ranges::find(list.words, object) == list.words.end()) continue;
    const std::optional<State> state = state_of(list);
    if (!state) return std::nullopt;
    Found found{.state = *state, .module = object.substr(0, object.rfind('.'))};
    if (list.name != "obj" && list.name != "lib") {
      const std::optional<Found> whole = find(folder, list.name + ".o", depth + 1, known);
      if (!whole) return std::nullopt;
      found = *state == State::kNo ? Found{} : *whole;
    }
    if (!best || best->state < found.state) best = found;
  }
  entry->second = best;
  return best;
}

/// Whether kbuild comes to the folder. The top enters those without one above.
std::optional<MakefileTexts::State> MakefileTexts::entered(const fs::path& folder) {
  fs::path parent = folder.parent_path();
  if (parent.empty() || folder == "arch/x86" || parent == "arch/x86") return State::kYes;
  // "amd/amdgpu/" stands in the Makefile above "amd".
  while (!parent.empty() && lists_of(parent).empty()) parent = parent.parent_path();
  if (parent.empty()) return std::nullopt;
  std::optional<State> best;
  for (const List& list : lists_of(parent)) {
    if (list.name != "obj" ||
        std::ranges::find(list.words, folder.lexically_relative(parent).string() + "/") == list.words.end())
      continue;
    const std::optional<State> state = state_of(list);
    if (!state) return std::nullopt;
    if (!best || *best < *state) best = state;
  }
  if (!best || *best == State::kNo) return best;
  const std::optional<State> above = entered(parent);
  if (!above) return std::nullopt;
  return std::min(*best, *above);
}

std::optional<std::string> MakefileTexts::object_of(const std::string& unit) {
  const fs::path path(unit);
  if (path.is_absolute() || path.lexically_normal() != path) return std::nullopt;
  Known known;
  const std::optional<State> folder = entered(path.parent_path());
  if (folder == State::kNo) return std::string();
  const std::optional<Found> found =
      find(path.parent_path(), fs::path(path.filename()).replace_extension(".o").string(), 0, known);
  if (!found) return std::nullopt;
  if (found->state == State::kNo) return std::string();
  if (!folder) return std::nullopt;
  if (found->state == State::kModule) {
    std::string module = found->module;
    std::ranges::replace(module, '-', '_');
    return module;
  }
  // Built in, unless the folder is only there for modules.
  return *folder == State::kYes ? std::optional<std::string>("vmlinux") : std::nullopt;
}

}  // namespace suture
