// SPDX-License-Identifier: Apache-2.0
#include "patchset/host_modules.h"

#include <algorithm>
#include <utility>

#include "base/json.h"

namespace suture {
namespace {

Result<std::vector<std::string>> names_field(const Json& json, const char* key) {
  const auto wrong = [&](const char* why) {
    return fail("json.schema", std::string("read the field \"") + key + "\"", why);
  };
  const Json& list = *TRY(json_array(json, key));
  if (list.size() > kMostModules) return wrong("it has more entries than a host has modules");
  std::vector<std::string> names;
  for (const Json& item : list) {
    if (!item.is_string()) return wrong("an entry is not a string");
    std::string name = item.get<std::string>();
    if (!is_plain_module(name)) return wrong("an entry is not a plain name");
    names.push_back(std::move(name));
  }
  std::ranges::sort(names);
  names.erase(std::ranges::unique(names).begin(), names.end());
  return names;
}

}  // namespace

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

Result<HostModules> host_modules_from_json(const Json& json) {
  if (!json.is_object()) return fail("json.schema", "read a host's modules", "they are not an object");
  HostModules modules;
  modules.loaded = TRY(names_field(json, "loaded"));
  modules.blocked = TRY(names_field(json, "blocked"));
  modules.blacklisted = TRY(names_field(json, "blacklisted"));
  modules.loading = TRY(json_flag(json, "loading"));
  modules.user_namespaces = TRY(json_flag(json, "user_namespaces"));
  return modules;
}

}  // namespace suture
