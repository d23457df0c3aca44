// SPDX-License-Identifier: Apache-2.0
#include "module/glue.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace suture {
namespace {

// The text below becomes part of a kernel module, hence its licence. It does what modpost would write as
// well: no second C file is made, and the linker of src/module/link.cc adds the symbol versions.
constexpr std::string_view kHead = R"(// SPDX-License-Identifier: GPL-2.0-only
#define INCLUDE_VERMAGIC
#include <linux/kernel.h>
#include <linux/livepatch.h>
#include <linux/module.h>
#include <linux/vermagic.h>

)";

constexpr std::string_view kTail = R"(
static struct klp_patch suture_patch = {
	.mod = THIS_MODULE,
	.objs = suture_objects,
	/* Cumulative: this patch takes the place of all earlier ones in one transition. */
	.replace = true,
};

static int __init suture_init(void)
{
	return klp_enable_patch(&suture_patch);
}

static void __exit suture_exit(void)
{
}

module_init(suture_init);
module_exit(suture_exit);

__visible struct module __this_module __section(".gnu.linkonce.this_module") = {
	.name = KBUILD_MODNAME,
	.init = init_module,
	.exit = cleanup_module,
	.arch = MODULE_ARCH_INIT,
};

MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
MODULE_INFO(depends, "");
MODULE_INFO(name, KBUILD_MODNAME);
MODULE_INFO(vermagic, VERMAGIC_STRING);
#ifdef CONFIG_RETPOLINE
MODULE_INFO(retpoline, "Y");
#endif
)";

/// Symbols and modules may hold dots and dashes; nothing of them ends a C string.
Result<void> check_name(std::string_view name) {
  const bool fits = std::ranges::all_of(
      name, [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '.' || c == '-'; });
  if (fits && !name.empty()) return {};
  return fail("module.bad-name", "write the module's tables",
              fmt::format("\"{}\" is not the name of a symbol", name));
}

std::string function_table(std::size_t object, const std::vector<ReplacedFunction>& functions) {
  std::string declarations;
  std::string entries;
  for (std::size_t i = 0; i < functions.size(); ++i) {
    const std::string symbol = glue_symbol(object, i);
    declarations += fmt::format("extern void {}(void);\n", symbol);
    entries += fmt::format("\t{{ .old_name = \"{}\", .new_func = {}, .old_sympos = {} }},\n",
                           functions[i].name, symbol, functions[i].sympos);
  }
  return fmt::format("{}static struct klp_func suture_functions_{}[] = {{\n{}\t{{}}\n}};\n\n", declarations,
                     object, entries);
}

}  // namespace

std::string glue_symbol(std::size_t object, std::size_t function) {
  return fmt::format("suture_new_{}_{}", object, function);
}

Result<std::string> glue_source(const GlueInput& input) {
  std::string source(kHead);
  std::string objects;
  for (std::size_t i = 0; i < input.objects.size(); ++i) {
    const PatchedObject& object = input.objects[i];
    TRY(check_name(object.name));
    for (const ReplacedFunction& function : object.functions) TRY(check_name(function.name));
    source += function_table(i, object.functions);
    const std::string name = object.name == "vmlinux" ? "NULL" : fmt::format("\"{}\"", object.name);
    objects += fmt::format("\t{{ .name = {}, .funcs = suture_functions_{} }},\n", name, i);
  }
  source += fmt::format("static struct klp_object suture_objects[] = {{\n{}\t{{}}\n}};\n", objects);
  source += kTail;
  source += fmt::format("MODULE_DESCRIPTION(\"Suture live patch, level {}\");\n", input.level);
  for (const std::string& name : input.namespaces) {
    TRY(check_name(name));
    source += fmt::format("MODULE_INFO(import_ns, \"{}\");\n", name);
  }
  return source;
}

}  // namespace suture
