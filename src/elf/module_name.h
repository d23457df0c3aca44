// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace suture {

/// What the kernel calls the module of a file: "dm-mod.ko", "drivers/md/dm-mod" and "dm-mod" (as other
/// modules depend on it) are all "dm_mod" (scripts/Makefile.lib, name-fix).
inline std::string module_name(std::string_view file) {
  file = file.substr(file.rfind('/') + 1);
  std::string name(file.substr(0, file.find(".ko")));
  std::ranges::replace(name, '-', '_');
  return name;
}

}  // namespace suture
