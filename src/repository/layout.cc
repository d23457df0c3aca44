// SPDX-License-Identifier: Apache-2.0
#include "repository/layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <vector>

namespace suture {
namespace {

bool is_channel(std::string_view text) {
  return !text.empty() && text.size() <= 64 && text.front() != '.' && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  });
}

bool is_file_name(std::string_view text) {
  return !text.empty() && text.size() <= 255 && text.front() != '.' &&
         std::ranges::all_of(text,
                             [](unsigned char c) { return c > ' ' && c != '/' && c != '\\' && c != 0x7f; });
}

}  // namespace

std::string level_text(std::uint32_t level) {
  return fmt::format("{:06}", level);
}

Result<std::string> target_path(const TargetPath& parts) {
  if (!is_channel(parts.channel)) {
    return fail("repository.bad-channel", "name the channel \"" + parts.channel + "\"",
                "a channel has lower-case letters, digits, dots, dashes and underscores",
                "For example: stable");
  }
  if (parts.level == 0 || parts.level > kHighestLevel) {
    return fail("repository.bad-level", "publish level " + std::to_string(parts.level),
                "levels go from 1 to " + std::to_string(kHighestLevel));
  }
  if (!is_file_name(parts.file)) {
    return fail("repository.malformed", "name the file \"" + parts.file + "\"", "it is not a plain name");
  }
  return fmt::format("{}/{}/{}/{}", parts.channel, parts.build_id, level_text(parts.level), parts.file);
}

Result<TargetPath> parse_target_path(std::string_view path) {
  std::vector<std::string_view> parts;
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    parts.push_back(path.substr(begin, end - begin));
    begin = end + 1;
  }
  TargetPath read;
  const auto bad = [&] {
    return fail("repository.malformed", "read the target path " + std::string(path),
                "no patchset stands there");
  };
  if (parts.size() != 4 || parts[2].size() != 6) return bad();
  const auto [rest, problem] = std::from_chars(parts[2].begin(), parts[2].end(), read.level);
  if (problem != std::errc() || rest != parts[2].end()) return bad();
  read.channel = parts[0];
  read.build_id = parts[1];
  read.file = parts[3];
  if (!target_path(read)) return bad();
  return read;
}

std::string stored_path(std::string_view target_path, std::string_view sha256) {
  const std::size_t slash = target_path.rfind('/');
  const std::size_t name = slash == std::string_view::npos ? 0 : slash + 1;
  return fmt::format("targets/{}{}.{}", target_path.substr(0, name), sha256, target_path.substr(name));
}

}  // namespace suture
