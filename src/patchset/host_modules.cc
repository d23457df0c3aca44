// SPDX-License-Identifier: Apache-2.0
#include "patchset/host_modules.h"

#include <algorithm>

#include "base/json.h"

namespace suture {
bool is_plain_module(std::string_view name) {
  return !name.empty() && name.size() <= kLongestModule &&
         std::ranges::all_of(name, [](char c) { return c > ' ' && c < 0x7f && c != '-' && c != '"'; });
}

std::string plain_module(std::string_view name) {
  std::string plain(name);
  std::ranges::replace(plain, '-', '_');
  return plain;
}

Json to_json(const HostModules& modules) {
  return {{"loaded", modules.loaded},
          {"blocked", modules.blocked},
          {"blacklisted", modules.blacklisted},
          {"loading", modules.loading},
          {"user_namespaces", modules.user_namespaces}};
}

}  // namespace suture
