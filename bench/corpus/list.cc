// SPDX-License-Identifier: Apache-2.0
#include "corpus/list.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>

namespace suture::corpus {
namespace {

constexpr std::string_view kBlank = " \t\r";

std::string_view take_word(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(kBlank), line.size()));
  const std::string_view word = line.substr(0, line.find_first_of(kBlank));
  line.remove_prefix(word.size());
  return word;
}

/// Units become parts of paths, which may not lead out of the source tree.
bool is_unit(std::string_view word) {
  const std::filesystem::path path(word);
  return word.ends_with(".c") && path.is_relative() && path == path.lexically_normal() &&
         *path.begin() != "..";
}

bool is_object(std::string_view word) {
  return word == "vmlinux" || (word.size() > 3 && word.ends_with(".ko") && !word.contains('/'));
}

}  // namespace

std::string Entry::file_name() const {
  std::string name;
  for (const char c : unit) name += c == '/' ? "__" : std::string(1, c);
  return name;
}

Result<std::vector<Entry>> parse_list(std::string_view text, std::string_view name) {
  std::vector<Entry> entries;
  std::set<std::string, std::less<>> seen;
  for (std::size_t number = 1; !text.empty(); ++number) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const std::string_view object = take_word(line);
    if (object.empty() || object.starts_with('#')) continue;
    const std::string_view unit = take_word(line);
    std::string why;
    if (!is_object(object)) why = fmt::format("\"{}\" is neither vmlinux nor a .ko", object);
    if (why.empty() && !is_unit(unit)) why = fmt::format("\"{}\" is not a .c file of the source tree", unit);
    if (why.empty() && !take_word(line).empty()) why = "more words than object and unit";
    if (why.empty() && !seen.emplace(unit).second) why = fmt::format("{} is there twice", unit);
    if (!why.empty()) {
      return fail("corpus.list-malformed", fmt::format("read {}, line {}", name, number), why,
                  "each line names an object and a unit: vmlinux net/core/sock.c");
    }
    entries.push_back({.object = std::string(object), .unit = std::string(unit)});
  }
  if (!entries.empty()) return entries;
  return fail("corpus.list-malformed", fmt::format("read {}", name), "it names no unit");
}

std::vector<Entry> matching(std::vector<Entry> entries, std::string_view pattern) {
  std::erase_if(entries, [&](const Entry& entry) { return !entry.unit.contains(pattern); });
  return entries;
}

}  // namespace suture::corpus
