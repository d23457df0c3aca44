// SPDX-License-Identifier: Apache-2.0
#include "module/klp_tables.h"

#include <gtest/gtest.h>

#include "../compiled.h"

namespace suture {
namespace {

// Sizes as of Linux 6.1; the reader must not depend on them.
constexpr std::uint64_t kFunctionSize = 0x70;
constexpr std::uint64_t kObjectSize = 0x60;
constexpr std::uint64_t kExitSize = 40;

/// A module as the glue compiles to: vmlinux's f, once as the second of its name, and vsock's g.
class Module {
 public:
  Module() {
    strings_ = add_section(".rodata.str1.1", SHF_ALLOC);
    data_ = add_section(".data", SHF_ALLOC | SHF_WRITE);
    text_ = add_section(".text", SHF_ALLOC | SHF_EXECINSTR);
    object_.sections[text_].data = Bytes(64, 0x90);
    for (const char* name : {"f", "f.new", "g"})
      add_symbol({.name = name, .type = STT_FUNC, .section = text_});
    for (std::uint32_t i = 0; i < 3; ++i) {
      object_.symbols[first_function_ + i].value = 16 * i;
      object_.symbols[first_function_ + i].size = 16;
    }
    const std::uint64_t vmlinux = add_table("suture_functions_0", 3 * kFunctionSize);
    add_function(vmlinux, "f", first_function_, 0);
    add_function(vmlinux + kFunctionSize, "f", first_function_ + 1, 2);
    const std::uint64_t vsock = add_table("suture_functions_1", 2 * kFunctionSize);
    add_function(vsock, "g", first_function_ + 2, 0);
    const std::uint64_t objects = add_table("suture_objects", 3 * kObjectSize);
    point(objects + 8, data_, vmlinux);
    point(objects + kObjectSize, strings_, add_text("vsock"));
    point(objects + kObjectSize + 8, data_, vsock);
    for (elf::Section& section : object_.sections) section.size = section.data.size();
  }

  /// Code of vsock's exit function, which the glue's own table has.
  void add_exit() {
    const auto function = static_cast<std::uint32_t>(object_.symbols.size());
    add_symbol({.name = "leave", .type = STT_FUNC, .section = text_, .value = 48, .size = 16});
    const std::uint64_t exits = add_table("suture_exits", 2 * kExitSize);
    object_.sections[data_].data[exits] = 1;  // number of the object
    object_.sections[data_].relocations.push_back(
        {.offset = exits + 8, .type = R_X86_64_64, .symbol = function});
    object_.sections[data_].size = object_.sections[data_].data.size();
  }

  elf::Object& object() { return object_; }
  std::uint32_t function(std::uint32_t index) const { return first_function_ + index; }

 private:
  std::uint32_t add_section(const char* name, std::uint64_t flags) {
    const auto index = static_cast<std::uint32_t>(object_.sections.size());
    object_.sections.push_back({.name = name, .flags = flags});
    add_symbol({.name = name, .type = STT_SECTION, .section = index});
    first_function_ = static_cast<std::uint32_t>(object_.symbols.size());
    return index;
  }
  void add_symbol(elf::Symbol symbol) { object_.symbols.push_back(std::move(symbol)); }

  std::uint64_t add_table(const char* name, std::uint64_t size) {
    Bytes& data = object_.sections[data_].data;
    const std::uint64_t at = data.size();
    data.resize(at + size);
    add_symbol({.name = name, .type = STT_OBJECT, .section = data_, .value = at, .size = size});
    return at;
  }
  std::uint64_t add_text(const char* text) {
    Bytes& data = object_.sections[strings_].data;
    const std::uint64_t at = data.size();
    for (; *text != 0; ++text) data.push_back(static_cast<std::uint8_t>(*text));
    data.push_back(0);
    return at;
  }
  /// Through the section's symbol, as compilers do with static data. That is its section's number here.
  void point(std::uint64_t at, std::uint32_t section, std::uint64_t offset) {
    object_.sections[data_].relocations.push_back(
        {.offset = at, .type = R_X86_64_64, .symbol = section, .addend = static_cast<std::int64_t>(offset)});
  }
  void add_function(std::uint64_t at, const char* name, std::uint32_t symbol, std::uint8_t sympos) {
    point(at, strings_, add_text(name));
    object_.sections[data_].relocations.push_back({.offset = at + 8, .type = R_X86_64_64, .symbol = symbol});
    object_.sections[data_].data[at + 16] = sympos;
  }

  elf::Object object_;
  std::uint32_t strings_ = 0;
  std::uint32_t data_ = 0;
  std::uint32_t text_ = 0;
  std::uint32_t first_function_ = 0;
};

TEST(KlpTables, AreReadBack) {
  Module module;
  const auto functions = read_klp_tables(module.object());
  ASSERT_EQ(functions.size(), 3u);
  EXPECT_EQ(functions[0].object, "vmlinux");
  EXPECT_EQ(functions[0].name, "f");
  EXPECT_EQ(functions[0].sympos, 0u);
  EXPECT_EQ(functions[0].symbol, module.function(0));
  EXPECT_EQ(functions[1].sympos, 2u);
  EXPECT_EQ(functions[1].symbol, module.function(1));
  EXPECT_EQ(functions[2].object, "vsock");
  EXPECT_EQ(functions[2].name, "g");
}

TEST(KlpTables, HaveExitFunctionsWithThem) {
  Module module;
  module.add_exit();
  const auto functions = read_klp_tables(module.object());
  ASSERT_EQ(functions.size(), 4u);
  EXPECT_EQ(functions[3].object, "vsock");
  EXPECT_EQ(functions[3].name, "leave");
}

/// The tables of kmod/suture_patch.h, compiled: the kernel's f by a jump, vsock's second g, and vsock's exit.
elf::Object stop_machine_module() {
  const std::string head = read_text_file(SUTURE_TEST_DATA "/../../kmod/suture_patch.h").value();
  const std::string types =
      "typedef unsigned char u8; typedef unsigned short u16; typedef unsigned int u32; typedef long s64;\n"
      "struct module;\n#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))\n#define NULL ((void *)0)\n";
  std::string source = types + head;
  for (std::size_t at; (at = source.find("#include")) != std::string::npos;)
    source.erase(at, source.find('\n', at) - at);
  return compiled(source + R"(
void f_new(void) { asm volatile("nop"); }
void g_new(void) { asm volatile("nop; nop"); }
void leave(void) { asm volatile("nop; nop; nop"); }
extern char anchor[];
static const struct suture_function suture_stop_functions_0[] = {
  { .name = "g", .sympos = 2, .replacement = g_new }, {} };
static const struct suture_function suture_stop_functions_1[] = {
  { .name = "f", .replacement = f_new, .entry_length = 5, .entry = { 0x55, 0x53 }, .entry_mask = { 0xff } }, {} };
static const struct suture_object suture_objects[] = {
  { .name = NULL, .functions = suture_stop_functions_1, .function_count = 1 },
  { .name = "vsock", .functions = suture_stop_functions_0, .function_count = 1 }, {} };
static const struct suture_symbol suture_symbols[] = {
  { .object = NULL, .name = "hidden", .sympos = 3, .address = anchor + 0x1230 },
  { .object = "vsock", .name = "table", .address = NULL }, {} };
static const struct suture_relocation suture_relocations[] = {
  { .place = (void *)g_new + 2, .symbol = 1, .type = 2, .object = 1 },
  { .place = (void *)g_new + 6, .symbol = 1, .type = 2, .object = 1 }, {} };
struct suture_exit { unsigned int object; void (*replacement)(void); void *rest[3]; };
static struct suture_exit suture_exits[] = { { .object = 1, .replacement = leave }, {} };
static struct suture_patch suture_patch __attribute__((used)) = { .abi = SUTURE_PATCH_ABI,
  .objects = suture_objects, .symbols = suture_symbols, .relocations = suture_relocations,
  .object_count = 2, .symbol_count = 2, .relocation_count = 2, .effects = suture_exits };
)");
}

TEST(KlpTables, OfTheStopMachineEngineAreReadBack) {
  const elf::Object module = stop_machine_module();
  EXPECT_TRUE(is_for_stop_machine(module));
  const auto functions = read_klp_tables(module);
  ASSERT_EQ(functions.size(), 3u);
  EXPECT_EQ(functions[0].object, "vmlinux");
  EXPECT_EQ(functions[0].name, "f");
  EXPECT_EQ(functions[0].sympos, 0u);
  EXPECT_EQ(module.symbols[functions[0].symbol].name, "f_new");
  EXPECT_EQ(functions[1].object, "vsock");
  EXPECT_EQ(functions[1].name, "g");
  EXPECT_EQ(functions[1].sympos, 2u);
  EXPECT_EQ(module.symbols[functions[1].symbol].name, "g_new");
  EXPECT_EQ(functions[2].object, "vsock");
  EXPECT_EQ(functions[2].name, "leave");
  const auto symbols = read_engine_symbols(module);
  ASSERT_EQ(symbols.size(), 2u);
  EXPECT_EQ(symbols[0].object, "vmlinux");
  EXPECT_EQ(symbols[0].name, "hidden");
  EXPECT_EQ(symbols[0].sympos, 3u);
  EXPECT_EQ(symbols[0].places, 0u);
  EXPECT_EQ(symbols[1].object, "vsock");
  EXPECT_EQ(symbols[1].name, "table");
  EXPECT_EQ(symbols[1].places, 2u);
}

TEST(KlpTables, OfTheStopMachineEngineMayLeadNowhere) {
  elf::Object module = stop_machine_module();
  for (elf::Section& section : module.sections) {
    for (elf::Relocation& relocation : section.relocations) relocation.addend += 1 << 20;
  }
  EXPECT_TRUE(read_klp_tables(module).empty());
  EXPECT_TRUE(read_engine_symbols(module).empty());
  module = stop_machine_module();
  for (elf::Symbol& symbol : module.symbols) symbol.size = ~std::uint64_t{0};
  EXPECT_EQ(read_engine_symbols(module).size(), 2u);
}

TEST(KlpTables, AreNoneInOtherObjects) {
  EXPECT_TRUE(read_klp_tables({}).empty());
  Module module;
  std::erase_if(module.object().symbols,
                [](const elf::Symbol& symbol) { return symbol.name == "suture_objects"; });
  EXPECT_TRUE(read_klp_tables(module.object()).empty());
}

TEST(KlpTables, SurviveWhatLeadsNowhere) {
  Module module;
  for (elf::Relocation& relocation : module.object().sections[1].relocations) relocation.addend += 1 << 20;
  EXPECT_TRUE(read_klp_tables(module.object()).empty());
  for (elf::Relocation& relocation : module.object().sections[1].relocations) relocation.addend = -1;
  EXPECT_TRUE(read_klp_tables(module.object()).empty());
}

TEST(KlpTables, TellGlueFromPatch) {
  EXPECT_TRUE(is_glue({.name = "suture_functions_12"}));
  EXPECT_TRUE(is_glue({.name = "suture_restore_exits.cold"}));
  EXPECT_TRUE(is_glue({.name = "init_module"}));
  EXPECT_FALSE(is_glue({.name = "f"}));
}

}  // namespace
}  // namespace suture
