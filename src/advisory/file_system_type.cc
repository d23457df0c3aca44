// SPDX-License-Identifier: Apache-2.0
#include "advisory/file_system_type.h"

#include <string>

namespace suture {
namespace {

constexpr std::string_view kType = "struct file_system_type ";
constexpr std::string_view kFlag = "FS_USERNS_MOUNT";

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// FS_USERNS_MOUNT, but not FS_USERNS_MOUNT_RESTRICTED, which narrows it.
bool has_flag(std::string_view text) {
  for (std::size_t at = text.find(kFlag); at != std::string_view::npos; at = text.find(kFlag, at + 1)) {
    const std::size_t end = at + kFlag.size();
    if (end == text.size() || !is_word(text[end])) return true;
  }
  return false;
}

/// A member that is set behind, as overlayfs does under a parameter: "fs_flags |= FS_USERNS_MOUNT".
bool is_set_later(std::string_view text) {
  constexpr std::string_view kSet = "fs_flags |= ";
  for (std::size_t at = text.find(kSet); at != std::string_view::npos; at = text.find(kSet, at + 1)) {
    if (has_flag(text.substr(at, text.find(';', at) - at))) return true;
  }
  return false;
}

}  // namespace

std::optional<bool> is_mounted_in_user_namespace(std::string_view text, std::string_view name) {
  const std::string quoted = '"' + std::string(name) + '"';
  for (std::size_t at = text.find(kType); at != std::string_view::npos; at = text.find(kType, at + 1)) {
    const std::size_t begin = text.find_first_of("{;", at);
    if (begin == std::string_view::npos || text[begin] != '{') continue;
    const std::string_view body = text.substr(begin, text.find("};", begin) - begin);
    const std::size_t member = body.find(".name");
    if (member == std::string_view::npos) continue;
    if (body.substr(member, body.find_first_of(",}", member) - member).find(quoted) == std::string_view::npos)
      continue;
    return has_flag(body) || is_set_later(text);
  }
  return std::nullopt;
}

}  // namespace suture
