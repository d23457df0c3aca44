// SPDX-License-Identifier: Apache-2.0
#include "build/declarations.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace suture {
namespace {

constexpr std::string_view kPrefix = "Suture-";
constexpr std::string_view kUpdate = "Suture-Update-Data:";
constexpr std::string_view kAccept = "Suture-Accept-Layout:";

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r'))
    text.remove_suffix(1);
  return text;
}

/// As in C; static locals may have the compiler's number behind a dot.
bool is_name(std::string_view name) {
  return !name.empty() && std::isdigit(static_cast<unsigned char>(name.front())) == 0 &&
         std::ranges::all_of(name,
                             [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '.'; });
}

bool is_type(std::string_view type) {
  const std::size_t space = type.find(' ');
  if (space == std::string_view::npos) return false;
  const std::string_view kind = type.substr(0, space);
  return (kind == "struct" || kind == "union") && is_name(type.substr(space + 1));
}

void keep(std::vector<std::string>& list, std::string_view item) {
  const auto at = std::ranges::lower_bound(list, item);
  if (at == list.end() || *at != item) list.insert(at, std::string(item));
}

}  // namespace

Result<Declarations> read_declarations(std::string_view words, const std::string& fix) {
  Declarations result;
  for (std::size_t number = 1; !words.empty(); ++number) {
    const std::string_view line = words.substr(0, words.find('\n'));
    words.remove_prefix(std::min(line.size() + 1, words.size()));
    if (!line.starts_with(kPrefix)) continue;
    const auto malformed = [&](std::string why) {
      return fail(
          "build.fix-malformed", "read the fix " + fix, fmt::format("line {}: {}", number, why),
          "declarations are \"Suture-Update-Data: VARIABLE\" and \"Suture-Accept-Layout: struct NAME\"");
    };
    if (line.starts_with(kUpdate)) {
      const std::string_view name = trimmed(line.substr(kUpdate.size()));
      if (!is_name(name)) return malformed(fmt::format("\"{}\" is not the name of a variable", name));
      keep(result.updated_data, name);
    } else if (line.starts_with(kAccept)) {
      const std::string_view type = trimmed(line.substr(kAccept.size()));
      if (!is_type(type)) return malformed(fmt::format("\"{}\" is not the name of a type", type));
      keep(result.accepted_layouts, type);
    } else {
      return malformed(fmt::format("\"{}\" declares nothing that is known", trimmed(line)));
    }
  }
  return result;
}

}  // namespace suture
