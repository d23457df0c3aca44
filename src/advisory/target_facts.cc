// SPDX-License-Identifier: Apache-2.0
#include "advisory/target_facts.h"

namespace suture {

bool is_of_other_architecture(std::string_view path, std::string_view architecture) {
  constexpr std::string_view kFolder = "arch/";
  if (!path.starts_with(kFolder)) return false;
  path.remove_prefix(kFolder.size());
  const std::size_t slash = path.find('/');
  if (slash == std::string_view::npos) return false;  // arch/Kconfig
  const std::string_view folder = path.substr(0, slash);
  if (architecture == "x86_64") return folder != "x86";
  if (architecture == "aarch64") return folder != "arm64";
  if (architecture == "ppc64le") return folder != "powerpc";
  return folder != architecture;
}

}  // namespace suture
