// SPDX-License-Identifier: Apache-2.0
#include "module/glue.h"

#include <fmt/format.h>

#include <algorithm>

#include "module/modpost_text.h"
#include "module/runtime_source.h"

namespace suture {
namespace {

// The text below becomes part of a kernel module. What modpost would write is in the same file: so no second
// one is compiled.
constexpr std::string_view kHead = R"(#include <linux/kernel.h>
#include <linux/livepatch.h>
#include <linux/version.h>

)";

constexpr std::string_view kTail = R"(
static struct klp_patch suture_patch = {
	.mod = THIS_MODULE,
	.objs = suture_objects,
	.states = suture_states,
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

MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
)";

std::string function_table(std::size_t object, const std::vector<ReplacedFunction>& functions) {
  std::string declarations;
  std::string entries;
  for (std::size_t i = 0; i < functions.size(); ++i) {
    if (functions[i].module_exit) continue;
    const std::string symbol = glue_symbol(object, i);
    declarations += fmt::format("extern void {}(void);\n", symbol);
    entries += fmt::format("\t{{ .old_name = \"{}\", .new_func = {}, .old_sympos = {} }},\n",
                           functions[i].name, symbol, functions[i].sympos);
  }
  return fmt::format("{}static struct klp_func suture_functions_{}[] = {{\n{}\t{{}}\n}};\n\n", declarations,
                     object, entries);
}

/// The order of the objects in the module: the kernel first, also when it has no function to replace, for
/// livepatch calls back for it at once, and for a module only when that is loaded.
class ObjectOrder {
 public:
  explicit ObjectOrder(const std::vector<PatchedObject>& objects) : place_(objects.size()) {
    std::size_t next = 1;
    for (std::size_t i = 0; i < objects.size(); ++i) place_[i] = objects[i].name == "vmlinux" ? 0 : next++;
  }
  std::size_t place(std::size_t object) const { return place_[object]; }

 private:
  std::vector<std::size_t> place_;
};

constexpr std::array<std::string_view, 4> kCallbackFields{"pre_patch", "post_patch", "pre_unpatch",
                                                          "post_unpatch"};

Result<std::string> step_table(const std::vector<GlueStep>& steps, const ObjectOrder& order) {
  std::string declarations;
  std::string entries;
  for (const GlueStep& step : steps) {
    TRY(check_c_name(step.name));
    std::string fields;
    for (std::size_t kind = 0; kind < kCallbackFields.size(); ++kind) {
      if (step.callbacks[kind].empty()) continue;
      declarations += fmt::format("extern {} {}(void);\n", kind == 0 ? "int" : "void", step.callbacks[kind]);
      fields += fmt::format(", .{} = {}", kCallbackFields[kind], step.callbacks[kind]);
    }
    entries +=
        fmt::format("\t{{ .object = {}, .name = \"{}\"{} }},\n", order.place(step.object), step.name, fields);
  }
  return fmt::format("{}static struct suture_step suture_steps[] = {{\n{}\t{{}}\n}};\n\n", declarations,
                     entries);
}

Result<std::string> update_table(const std::vector<GlueUpdate>& updates, const ObjectOrder& order) {
  std::string declarations;
  std::string entries;
  for (const GlueUpdate& update : updates) {
    TRY(check_c_name(update.variable));
    declarations += fmt::format("extern struct suture_update {};\n", update.symbol);
    entries += fmt::format("\t{{ .object = {}, .variable = \"{}\", .update = &{} }},\n",
                           order.place(update.object), update.variable, update.symbol);
  }
  return fmt::format("{}static const struct suture_update_of suture_updates[] = {{\n{}\t{{}}\n}};\n\n",
                     declarations, entries);
}

std::string exit_table(const std::vector<PatchedObject>& objects, const ObjectOrder& order) {
  std::string declarations;
  std::string entries;
  for (std::size_t i = 0; i < objects.size(); ++i) {
    for (std::size_t k = 0; k < objects[i].functions.size(); ++k) {
      if (!objects[i].functions[k].module_exit) continue;
      const std::string symbol = glue_symbol(i, k);
      declarations += fmt::format("extern void {}(void);\n", symbol);
      entries += fmt::format("\t{{ .object = {}, .replacement = {} }},\n", order.place(i), symbol);
    }
  }
  return fmt::format("{}static struct suture_exit suture_exits[] = {{\n{}\t{{}}\n}};\n\n", declarations,
                     entries);
}

Result<std::string> object_table(const std::vector<PatchedObject>& objects, const ObjectOrder& order) {
  std::string tables;
  std::vector<std::string> entries(objects.size() + 1);
  const auto entry = [](const std::string& name, const std::string& functions) {
    return fmt::format("\t{{ .name = {}, .funcs = {}, .callbacks = SUTURE_CALLBACKS }},\n", name, functions);
  };
  for (std::size_t i = 0; i < objects.size(); ++i) {
    TRY(check_c_name(objects[i].name));
    for (const ReplacedFunction& function : objects[i].functions) TRY(check_c_name(function.name));
    tables += function_table(i, objects[i].functions);
    const bool kernel = order.place(i) == 0;
    entries[order.place(i)] = entry(kernel ? "NULL" : fmt::format("\"{}\"", objects[i].name),
                                    fmt::format("suture_functions_{}", i));
  }
  if (entries[0].empty()) {
    tables += "static struct klp_func suture_no_functions[] = {\n\t{}\n};\n\n";
    entries[0] = entry("NULL", "suture_no_functions");
  }
  std::string list;
  for (const std::string& line : entries) list += line;
  return fmt::format(
      "{}static struct klp_object suture_objects[] = {{\n{}\t{{}}\n}};\n\n"
      "static unsigned int suture_index(const struct klp_object *object)\n{{\n"
      "\treturn object - suture_objects;\n}}\n",
      tables, list);
}

}  // namespace

std::string glue_symbol(std::size_t object, std::size_t function) {
  return fmt::format("suture_new_{}_{}", object, function);
}

Result<std::string> glue_source(const GlueInput& input) {
  const ObjectOrder order(input.objects);
  std::string source(kModpostHead);
  source += kHead;
  source += kRuntimeTypes;
  source += TRY(step_table(input.steps, order));
  source += TRY(update_table(input.updates, order));
  source += exit_table(input.objects, order);
  source += kRuntimeCode;
  source += TRY(object_table(input.objects, order));
  source += kTail;
  source += fmt::format("MODULE_DESCRIPTION(\"Suture live patch, level {}\");\n", input.level);
  source += TRY(modpost_text(input.namespaces));
  return source;
}

}  // namespace suture
