// SPDX-License-Identifier: Apache-2.0
#include "module/modpost_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace suture {

// Both texts become part of kernel modules, which are GPL-2.0-only.
const std::string_view kModpostHead = R"(// SPDX-License-Identifier: GPL-2.0-only
#define INCLUDE_VERMAGIC
#include <linux/module.h>
#include <linux/vermagic.h>
)";

namespace {

constexpr std::string_view kRecord = R"(
__visible struct module __this_module __section(".gnu.linkonce.this_module") = {
	.name = KBUILD_MODNAME,
	.init = init_module,
#ifdef CONFIG_MODULE_UNLOAD
	.exit = cleanup_module,
#endif
	.arch = MODULE_ARCH_INIT,
};

MODULE_INFO(depends, "");
MODULE_INFO(name, KBUILD_MODNAME);
MODULE_INFO(vermagic, VERMAGIC_STRING);
#if defined(CONFIG_RETPOLINE) || defined(CONFIG_MITIGATION_RETPOLINE)
MODULE_INFO(retpoline, "Y");
#endif
)";

}  // namespace

Result<void> check_c_name(std::string_view name) {
  const bool fits = std::ranges::all_of(name, [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '.' || c == '-' || c == '/' || c == ':';
  });
  if (fits && !name.empty()) return {};
  return fail("module.bad-name", "write the module's tables",
              fmt::format("\"{}\" is not the name of a symbol", name));
}

Result<std::string> modpost_text(const std::set<std::string>& namespaces) {
  std::string text(kRecord);
  for (const std::string& name : namespaces) {
    TRY(check_c_name(name));
    text += fmt::format("MODULE_INFO(import_ns, \"{}\");\n", name);
  }
  return text;
}

}  // namespace suture
