// SPDX-License-Identifier: Apache-2.0
#include "audit/mappings.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <utility>

namespace suture {
namespace {

constexpr std::string_view kDeleted = " (deleted)";

std::string_view take_word(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  const std::string_view word = line.substr(0, line.find(' '));
  line.remove_prefix(word.size());
  return word;
}

std::optional<std::uint64_t> number(std::string_view text, int base) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// The kernel writes a line break as \012; it alone, so a name can hold those four characters too. It is
/// looked up as it stands then, and not found.
std::string unescape(std::string_view path) {
  std::string result;
  for (std::size_t at = 0; at < path.size(); ++at) {
    if (path.substr(at).starts_with("\\012")) {
      result += '\n';
      at += 3;
    } else {
      result += path[at];
    }
  }
  return result;
}

/// What has a name and an inode, but no file that code is installed from.
bool is_memory(std::string_view path) {
  return path.starts_with("/memfd:") || path.starts_with("/SYSV") || path.starts_with("/dev/zero") ||
         path.starts_with("/dev/nvidia") || path.starts_with("/dev/dri/") || path.starts_with("/drm");
}

std::optional<Mapping> parse_line(std::string_view line) {
  const std::string_view range = take_word(line);
  const std::string_view rights = take_word(line);
  const auto offset = number(take_word(line), 16);
  const std::string_view device = take_word(line);
  const auto inode = number(take_word(line), 10);
  const std::size_t dash = range.find('-');
  if (dash == range.npos || rights.size() != 4 || !offset || device.empty() || !inode || *inode == 0)
    return std::nullopt;
  const auto start = number(range.substr(0, dash), 16);
  const auto end = number(range.substr(dash + 1), 16);
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  if (!start || !end || *start >= *end || !line.starts_with('/') || is_memory(line)) return std::nullopt;
  Mapping mapping{
      .start = *start, .end = *end, .offset = *offset, .executable = rights[2] == 'x', .inode = *inode};
  if (line.ends_with(kDeleted)) {
    mapping.deleted = true;
    line.remove_suffix(kDeleted.size());
  }
  mapping.path = unescape(line);
  return mapping;
}

}  // namespace

std::vector<Mapping> parse_mappings(std::string_view maps) {
  std::vector<Mapping> mappings;
  while (!maps.empty()) {
    const std::string_view line = maps.substr(0, maps.find('\n'));
    maps.remove_prefix(std::min(line.size() + 1, maps.size()));
    if (auto mapping = parse_line(line)) mappings.push_back(*std::move(mapping));
  }
  return mappings;
}

MappedCodes mapped_code(const std::vector<Mapping>& mappings, std::size_t limit) {
  // By the name with its mark and the inode: an updated library may be there twice, old and new.
  std::map<std::pair<std::string_view, std::pair<std::uint64_t, bool>>, MappedCode> files;
  for (const Mapping& mapping : mappings) {
    if (!mapping.executable) continue;
    files.try_emplace({mapping.path, {mapping.inode, mapping.deleted}}, MappedCode{.path = mapping.path,
                                                                                   .inode = mapping.inode,
                                                                                   .deleted = mapping.deleted,
                                                                                   .start = mapping.start,
                                                                                   .end = mapping.end});
  }
  for (const Mapping& mapping : mappings) {
    if (mapping.offset != 0) continue;
    const auto found = files.find({mapping.path, {mapping.inode, mapping.deleted}});
    if (found == files.end() || found->second.head != 0) continue;
    found->second.head = mapping.start;
    found->second.head_size = mapping.end - mapping.start;
  }
  MappedCodes result;
  for (auto& [key, file] : files) {
    if (result.files.size() == limit) {
      result.left_out = files.size() - limit;
      break;
    }
    result.files.push_back(std::move(file));
  }
  return result;
}

}  // namespace suture
