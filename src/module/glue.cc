// SPDX-License-Identifier: Apache-2.0
#include "module/glue.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "module/modpost_text.h"
#include "module/runtime_source.h"

namespace suture {
namespace {

// The text below becomes part of a kernel module. What modpost would write is in the same file: so no second
// one is compiled.
constexpr std::string_view kHead = R"(#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/version.h>
)";

constexpr std::string_view kKlpHead = R"(#include <linux/livepatch.h>

)";

// Not called suture_patch, by which the other engine finds its own.
constexpr std::string_view kKlpTail = R"(
static struct klp_patch suture_klp_patch = {
	.mod = THIS_MODULE,
	.objs = suture_objects,
	.states = suture_states,
	/* Cumulative: this patch takes the place of all earlier ones in one transition. */
	.replace = true,
};

static int __init suture_init(void)
{
	return klp_enable_patch(&suture_klp_patch);
}

MODULE_INFO(livepatch, "Y");
)";

// The engine has filled in enable() before this code runs: the compiler must not know that nothing here does.
constexpr std::string_view kStopMachineTail = R"(
static int __init suture_init(void)
{
	int (*enable)(struct suture_patch *patch) = READ_ONCE(suture_patch.enable);

	if (!enable) {
		pr_err("suture: the engine (suture.ko) is not loaded: this patch is not applied\n");
		return -ENXIO;
	}
	return enable(&suture_patch);
}
)";

constexpr std::string_view kTail = R"(
static void __exit suture_exit(void)
{
}

module_init(suture_init);
module_exit(suture_exit);

MODULE_LICENSE("GPL");
)";

std::string klp_functions(std::size_t object, const std::vector<ReplacedFunction>& functions) {
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

Result<void> check_names(const std::vector<PatchedObject>& objects) {
  for (const PatchedObject& object : objects) {
    TRY(check_c_name(object.name));
    for (const ReplacedFunction& function : object.functions) TRY(check_c_name(function.name));
  }
  return {};
}

std::string klp_objects(const std::vector<PatchedObject>& objects, const ObjectOrder& order) {
  std::string tables;
  std::vector<std::string> entries(objects.size() + 1);
  const auto entry = [](const std::string& name, const std::string& functions) {
    return fmt::format("\t{{ .name = {}, .funcs = {}, .callbacks = SUTURE_CALLBACKS }},\n", name, functions);
  };
  for (std::size_t i = 0; i < objects.size(); ++i) {
    tables += klp_functions(i, objects[i].functions);
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

std::string byte_list(const JumpEntry& entry, const std::array<std::uint8_t, kJumpEntryBytes>& bytes) {
  return fmt::format("{{ {:#04x} }}", fmt::join(bytes.begin(), bytes.begin() + entry.length, ", "));
}

std::string stop_machine_functions(const GlueInput& input, std::size_t object) {
  std::string declarations;
  std::string entries;
  const std::vector<ReplacedFunction>& functions = input.objects[object].functions;
  for (std::size_t i = 0; i < functions.size(); ++i) {
    if (functions[i].module_exit) continue;
    const std::string symbol = glue_symbol(object, i);
    declarations += fmt::format("extern void {}(void);\n", symbol);
    std::string jump;
    for (const GlueEntry& entry : input.stop_machine->entries) {
      if (entry.object != object || entry.function != i) continue;
      jump = fmt::format(", .entry_length = {},\n\t  .entry = {},\n\t  .entry_mask = {}", entry.entry.length,
                         byte_list(entry.entry, entry.entry.bytes), byte_list(entry.entry, entry.entry.mask));
    }
    entries += fmt::format("\t{{ .name = \"{}\", .sympos = {}, .replacement = {}{} }},\n", functions[i].name,
                           functions[i].sympos, symbol, jump);
  }
  return fmt::format(
      "{}static const struct suture_function suture_stop_functions_{}[] = {{\n{}\t{{}}\n}};\n\n",
      declarations, object, entries);
}

std::string stop_machine_objects(const GlueInput& input, const ObjectOrder& order) {
  std::string tables;
  std::vector<std::string> entries(input.objects.size() + 1);
  const auto entry = [](const std::string& name, const std::string& functions) {
    return fmt::format("\t{{ .name = {}, .functions = {}, .function_count = ARRAY_SIZE({}) - 1 }},\n", name,
                       functions, functions);
  };
  for (std::size_t i = 0; i < input.objects.size(); ++i) {
    tables += stop_machine_functions(input, i);
    const std::string name = order.place(i) == 0 ? "NULL" : fmt::format("\"{}\"", input.objects[i].name);
    entries[order.place(i)] = entry(name, fmt::format("suture_stop_functions_{}", i));
  }
  if (entries[0].empty()) {
    tables += "static const struct suture_function suture_stop_no_functions[] = {\n\t{}\n};\n\n";
    entries[0] = entry("NULL", "suture_stop_no_functions");
  }
  // Where the kernel is among them, one is left over.
  return fmt::format("{}static const struct suture_object suture_objects[] = {{\n{}}};\n\n", tables,
                     fmt::join(entries, ""));
}

Result<std::string> symbol_table(const LateTables& late) {
  std::string declarations;
  std::string entries;
  for (std::size_t i = 0; i < late.symbols.size(); ++i) {
    const LateSymbol& symbol = late.symbols[i];
    TRY(check_c_name(symbol.object));
    TRY(check_c_name(symbol.name));
    const std::string address = symbol.of_module() ? "NULL" : glue_address(i);
    if (!symbol.of_module()) declarations += fmt::format("extern const char {}[];\n", address);
    entries += fmt::format("\t{{ .object = {}, .name = \"{}\", .sympos = {}, .address = {} }},\n",
                           symbol.of_module() ? fmt::format("\"{}\"", symbol.object) : "NULL", symbol.name,
                           symbol.sympos, address);
  }
  return fmt::format("{}static const struct suture_symbol suture_symbols[] = {{\n{}\t{{}}\n}};\n\n",
                     declarations, entries);
}

Result<std::string> relocation_table(const GlueInput& input, const ObjectOrder& order) {
  std::string declarations;
  std::string entries;
  const std::vector<LatePlace>& places = input.stop_machine->late.places;
  for (std::size_t i = 0; i < places.size(); ++i) {
    const auto object = std::ranges::find(input.objects, places[i].patches, &PatchedObject::name);
    const auto index = static_cast<std::size_t>(object - input.objects.begin());
    declarations += fmt::format("extern char {}[];\n", glue_place(i));
    entries += fmt::format("\t{{ .place = {}, .addend = {}, .symbol = {}, .type = {}, .object = {} }},\n",
                           glue_place(i), places[i].addend, places[i].symbol, places[i].type,
                           object == input.objects.end() ? 0 : order.place(index));
  }
  return fmt::format("{}static const struct suture_relocation suture_relocations[] = {{\n{}\t{{}}\n}};\n\n",
                     declarations, entries);
}

/// Behind the last entry of each table that may have none stands an empty one, for C has no empty arrays.
Result<std::string> stop_machine_tables(const GlueInput& input, const ObjectOrder& order) {
  const GlueStopMachine& stop_machine = *input.stop_machine;
  TRY(check_c_name(stop_machine.build_id));
  std::string tables = stop_machine_objects(input, order);
  tables += TRY(symbol_table(stop_machine.late));
  tables += TRY(relocation_table(input, order));
  tables += fmt::format(R"(static struct suture_patch suture_patch __used = {{
	.abi = SUTURE_PATCH_ABI,
	.level = {},
	.build_id = "{}",
	.owner = THIS_MODULE,
	.objects = suture_objects,
	.symbols = suture_symbols,
	.relocations = suture_relocations,
	.object_count = ARRAY_SIZE(suture_objects),
	.symbol_count = ARRAY_SIZE(suture_symbols) - 1,
	.relocation_count = ARRAY_SIZE(suture_relocations) - 1,
	.pre_patch = suture_pre_patch,
	.post_patch = suture_started,
	.pre_unpatch = suture_stop,
	.post_unpatch = suture_stopped,
	.effects = &suture_handed_on,
}};
)",
                        input.level, stop_machine.build_id);
  return tables;
}

}  // namespace

std::string glue_symbol(std::size_t object, std::size_t function) {
  return fmt::format("suture_new_{}_{}", object, function);
}

std::string glue_address(std::size_t index) {
  return fmt::format("suture_address_{}", index);
}

std::string glue_place(std::size_t index) {
  return fmt::format("suture_place_{}", index);
}

Result<std::string> glue_source(const GlueInput& input) {
  const ObjectOrder order(input.objects);
  TRY(check_names(input.objects));
  std::string source(kModpostHead);
  source += kHead;
  source += input.stop_machine ? kStopMachineTypes : kKlpHead;
  source += kRuntimeTypes;
  source += TRY(step_table(input.steps, order));
  source += TRY(update_table(input.updates, order));
  source += exit_table(input.objects, order);
  source += kRuntimeCode;
  if (input.stop_machine) {
    source += kRuntimeStopMachine;
    source += TRY(stop_machine_tables(input, order));
    source += kStopMachineTail;
  } else {
    source += kRuntimeKlp;
    source += klp_objects(input.objects, order);
    source += kKlpTail;
  }
  source += kTail;
  source += fmt::format("MODULE_DESCRIPTION(\"Suture live patch, level {}\");\n", input.level);
  source += TRY(modpost_text(input.namespaces));
  return source;
}

}  // namespace suture
