// SPDX-License-Identifier: Apache-2.0
#include "elf/livepatch_names.h"

#include <charconv>

namespace suture::elf {
namespace {

/// "OBJECT.REST" behind the prefix. Names of modules hold no dot; what follows may.
std::optional<std::pair<std::string, std::string_view>> split(std::string_view name,
                                                              std::string_view prefix) {
  if (!name.starts_with(prefix)) return std::nullopt;
  name.remove_prefix(prefix.size());
  const std::size_t dot = name.find('.');
  if (dot == 0 || dot == std::string_view::npos || dot + 1 == name.size()) return std::nullopt;
  return std::pair(std::string(name.substr(0, dot)), name.substr(dot + 1));
}

}  // namespace

std::optional<LivepatchSymbol> parse_livepatch_symbol(std::string_view name) {
  const auto parts = split(name, ".klp.sym.");
  if (!parts) return std::nullopt;
  const auto& [object, rest] = *parts;
  const std::size_t comma = rest.rfind(',');
  if (comma == 0 || comma == std::string_view::npos) return std::nullopt;
  LivepatchSymbol symbol{.object = object, .name = std::string(rest.substr(0, comma))};
  const std::string_view digits = rest.substr(comma + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), symbol.sympos);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return symbol;
}

std::optional<LivepatchRelocations> parse_livepatch_relocations(std::string_view name) {
  const auto parts = split(name, ".klp.rela.");
  if (!parts) return std::nullopt;
  return LivepatchRelocations{.object = parts->first, .section = std::string(parts->second)};
}

}  // namespace suture::elf
