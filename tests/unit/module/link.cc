// SPDX-License-Identifier: Apache-2.0
#include "module/link.h"

#include <gtest/gtest.h>

#include "module/exports.h"
#include "module/glue.h"
#include "module/late_tables.h"

namespace suture {
namespace {

TEST(Exports, ReadsModuleSymvers) {
  const auto exports = parse_exports(
      "0x1234abcd\tprintk\tvmlinux\tEXPORT_SYMBOL\t\n"
      "0x00000001\tvsock_core\tnet/vmw_vsock/vsock\tEXPORT_SYMBOL_GPL\tVS\n");
  ASSERT_TRUE(exports.has_value());
  EXPECT_EQ(exports->at("printk").crc, 0x1234abcdu);
  EXPECT_EQ(exports->at("vsock_core").home, "net/vmw_vsock/vsock");
  EXPECT_EQ(exports->at("vsock_core").symbol_namespace, "VS");
}

TEST(Exports, NamesTheBrokenLine) {
  for (const char* text :
       {"0x1\ta\tvmlinux\tE\t\nnonsense\n", "0x1\ta\tvmlinux\tE\t\n0xzz\tb\tvmlinux\tE\t\n",
        "0x1\ta\tvmlinux\tE\t\n0x1\t\tvmlinux\tE\t\n"}) {
    const auto exports = parse_exports(text);
    ASSERT_FALSE(exports.has_value()) << text;
    EXPECT_EQ(exports.error().code, "module.symvers-malformed");
    EXPECT_NE(exports.error().message().find("line 2"), std::string::npos);
  }
}

TEST(Glue, WritesTables) {
  const auto source = glue_source(
      {.objects = {{.name = "vmlinux", .functions = {{.name = "f.isra.0", .sympos = 2}}, .evidence = {}},
                   {.name = "vsock", .functions = {{.name = "g"}}, .evidence = {}}},
       .namespaces = {"NS"},
       .level = 7});
  ASSERT_TRUE(source.has_value());
  EXPECT_NE(source->find(".old_name = \"f.isra.0\", .new_func = suture_new_0_0, .old_sympos = 2"),
            std::string::npos);
  EXPECT_NE(source->find(".name = \"vsock\""), std::string::npos);
  EXPECT_NE(source->find("import_ns, \"NS\""), std::string::npos);
}

TEST(Glue, RefusesNamesThatWouldBeCode) {
  const auto source =
      glue_source({.objects = {{.name = "vmlinux", .functions = {{.name = "f\"};evil"}}, .evidence = {}}},
                   .namespaces = {},
                   .level = 1});
  ASSERT_FALSE(source.has_value());
  EXPECT_EQ(source.error().code, "module.bad-name");
}

/// A function of 16 bytes which refers, at 4, to the undefined symbol "outside".
elf::Object function_object(const char* section = ".text.f") {
  elf::Object object;
  object.sections.push_back({.name = section,
                             .flags = SHF_ALLOC | SHF_EXECINSTR,
                             .alignment = 16,
                             .size = 16,
                             .data = Bytes(16, 0x90)});
  object.sections[0].relocations.push_back({.offset = 4, .type = R_X86_64_PC32, .symbol = 1, .addend = -4});
  object.symbols.push_back({.name = "f", .type = STT_FUNC, .section = 0, .size = 16});
  object.symbols.push_back({.name = "outside", .binding = STB_GLOBAL});
  return object;
}

LinkPart part_of(const elf::Object& object, const char* patches, SymbolSource source) {
  LinkPart part{.object = &object, .patches = patches};
  part.sources.resize(object.symbols.size());
  part.sources[1] = std::move(source);
  return part;
}

TEST(Link, PutsLateSymbolsIntoTablesOfTheirObject) {
  const elf::Object glue;
  const elf::Object first = function_object();
  const elf::Object second = function_object();
  const auto module = link_module(
      {.glue = {.object = &glue},
       .deltas = {part_of(first, "vmlinux",
                          {.exported_crc = {}, .object = "vmlinux", .name = "outside", .sympos = 3}),
                  part_of(second, "vsock", {.exported_crc = {}, .object = "vsock", .name = "outside"})},
       .aliases = {}});
  ASSERT_TRUE(module.has_value()) << module.error().message();
  ASSERT_EQ(module->late_relocations.size(), 2u);
  EXPECT_EQ(module->find_section("__versions"), nullptr) << "this kernel asks for no versions";
  EXPECT_EQ(module->late_relocations[0].name, ".klp.rela.vmlinux..text");
  EXPECT_EQ(module->symbols[module->late_relocations[0].relocations[0].symbol].name,
            ".klp.sym.vmlinux.outside,3");
  EXPECT_EQ(module->late_relocations[1].name, ".klp.rela.vsock..text");
  EXPECT_EQ(module->late_relocations[1].relocations[0].offset, 16u + 4);
  // The kernel refuses a place that is not zero.
  const elf::Section* text = module->find_section(".text");
  ASSERT_NE(text, nullptr);
  EXPECT_EQ(text->data[4], 0);
  EXPECT_EQ(text->data[20], 0);
}

// The kernel refuses symbols of vmlinux in the table of a module.
TEST(Link, KeepsKernelSymbolsOutOfModuleTables) {
  const elf::Object glue;
  const elf::Object object = function_object();
  const auto module = link_module(
      {.glue = {.object = &glue},
       .deltas = {part_of(object, "vsock", {.exported_crc = {}, .object = "vmlinux", .name = "outside"})},
       .aliases = {}});
  ASSERT_TRUE(module.has_value());
  ASSERT_EQ(module->late_relocations.size(), 1u);
  EXPECT_EQ(module->late_relocations[0].name, ".klp.rela.vmlinux..text");
}

TEST(Link, GivesExportedSymbolsTheirVersion) {
  const elf::Object glue;
  const elf::Object object = function_object();
  const auto module = link_module({.glue = {.object = &glue},
                                   .deltas = {part_of(object, "vmlinux", {.exported_crc = 0x01020304})},
                                   .aliases = {},
                                   .module_layout_crc = 5});
  ASSERT_TRUE(module.has_value());
  EXPECT_TRUE(module->late_relocations.empty());
  const elf::Section* versions = module->find_section("__versions");
  ASSERT_NE(versions, nullptr);
  ASSERT_EQ(versions->size, 128u);
  EXPECT_EQ(as_text(versions->data).substr(8, 13), "module_layout");
  EXPECT_EQ(versions->data[64], 4);
  EXPECT_EQ(as_text(versions->data).substr(72, 7), "outside");
}

TEST(Link, SaysWhatNothingDefines) {
  const elf::Object glue;
  const elf::Object object = function_object();
  const auto module = link_module(
      {.glue = {.object = &glue}, .deltas = {{.object = &object, .patches = "vmlinux"}}, .aliases = {}});
  ASSERT_FALSE(module.has_value());
  EXPECT_EQ(module.error().code, "module.unresolved-symbol");
}

TEST(Link, LetsUnitsUseEachOthersNewFunctions) {
  const elf::Object glue;
  const elf::Object user = function_object();
  elf::Object maker = function_object(".text.outside");
  maker.symbols[0].name = "outside";
  maker.symbols[0].binding = STB_GLOBAL;
  maker.sections[0].relocations.clear();
  maker.symbols.resize(1);
  const auto module = link_module(
      {.glue = {.object = &glue},
       .deltas = {{.object = &user, .patches = "vmlinux"}, {.object = &maker, .patches = "vmlinux"}},
       .aliases = {}});
  ASSERT_TRUE(module.has_value()) << module.error().message();
  EXPECT_TRUE(module->late_relocations.empty());
}

TEST(Link, RefusesTwoDefinitions) {
  const elf::Object glue;
  elf::Object object = function_object();
  object.symbols[0].binding = STB_GLOBAL;
  object.sections[0].relocations.clear();
  object.symbols.resize(1);
  const auto module = link_module(
      {.glue = {.object = &glue},
       .deltas = {{.object = &object, .patches = "vmlinux"}, {.object = &object, .patches = "vmlinux"}},
       .aliases = {}});
  ASSERT_FALSE(module.has_value());
  EXPECT_EQ(module.error().code, "module.duplicate-symbol");
}

// A static key of a module is not known when the kernel reads the jump table.
TEST(Link, RefusesLateSymbolsInTablesOfTheKernel) {
  const elf::Object glue;
  elf::Object object = function_object("__jump_table");
  object.sections[0].flags = SHF_ALLOC | SHF_WRITE;
  const auto module = link_module(
      {.glue = {.object = &glue},
       .deltas = {part_of(object, "vsock", {.exported_crc = {}, .object = "vsock", .name = "outside"})},
       .aliases = {}});
  ASSERT_FALSE(module.has_value());
  EXPECT_EQ(module.error().code, "module.late-table");
}

// The kernel rewrites the site of an alternative when this module loads, and would then put the address on
// top of it.
TEST(Link, RefusesLateSymbolsInCodeThatTheKernelRewrites) {
  const elf::Object glue;
  for (const std::uint8_t length : {std::uint8_t{5}, std::uint8_t{4}}) {
    elf::Object object = function_object();
    Bytes entry(12);
    entry[10] = length;
    object.sections.push_back({.name = ".altinstructions", .flags = SHF_ALLOC, .size = 12, .data = entry});
    object.sections[1].relocations.push_back({.offset = 0, .type = R_X86_64_PC32, .symbol = 0, .addend = 0});
    object.sections[1].relocations.push_back({.offset = 4, .type = R_X86_64_PC32, .symbol = 0, .addend = 0});
    const auto module = link_module(
        {.glue = {.object = &glue},
         .deltas = {part_of(object, "vsock", {.exported_crc = {}, .object = "vsock", .name = "outside"})},
         .aliases = {}});
    // The field begins at byte 4: within a site of 5 bytes, behind one of 4.
    EXPECT_EQ(module.has_value(), length == 4);
  }
}

/// For the stop-machine engine: the kernel exports "schedule", which is here in its image.
constexpr std::uint64_t kSchedule = 0xffffffff81a00000;

LinkInput anchored(const elf::Object& glue, std::vector<LinkPart> deltas) {
  return {.glue = {.object = &glue},
          .deltas = std::move(deltas),
          .aliases = {},
          .anchor = Anchor{.name = "schedule", .crc = 7, .address = kSchedule},
          .module_layout_crc = 5};
}

SymbolSource hidden(std::uint64_t address) {
  return {.exported_crc = {}, .object = "vmlinux", .name = "outside", .address = address};
}

TEST(LinkForStopMachine, AddressesTheKernelFromItsAnchor) {
  const elf::Object glue;
  const elf::Object object = function_object();
  const auto module = link_module(anchored(glue, {part_of(object, "vmlinux", hidden(kSchedule - 0x1230))}));
  ASSERT_TRUE(module.has_value()) << module.error().message();
  EXPECT_TRUE(module->late_relocations.empty());
  const elf::Section* text = module->find_section(".text");
  ASSERT_EQ(text->relocations.size(), 1u);
  const elf::Relocation& relocation = text->relocations[0];
  EXPECT_EQ(relocation.offset, 4u);
  EXPECT_EQ(relocation.type, std::uint32_t{R_X86_64_PC32});
  EXPECT_EQ(module->symbols[relocation.symbol].name, "schedule");
  EXPECT_EQ(module->symbols[relocation.symbol].section, elf::kUndefined);
  EXPECT_EQ(relocation.addend, -0x1230 - 4);
  EXPECT_NE(as_text(module->find_section("__versions")->data).find("schedule"), std::string_view::npos);
}

// KASLR does not move what is linked below the kernel: a distance would be wrong.
TEST(LinkForStopMachine, LeavesPerCpuVariablesWhereTheyAre) {
  const elf::Object glue;
  const elf::Object object = function_object();
  const auto module = link_module(anchored(glue, {part_of(object, "vmlinux", hidden(0x34a80))}));
  ASSERT_TRUE(module.has_value()) << module.error().message();
  const elf::Relocation& relocation = module->find_section(".text")->relocations.at(0);
  EXPECT_EQ(module->symbols[relocation.symbol].section, elf::kAbsolute);
  EXPECT_EQ(module->symbols[relocation.symbol].value, 0x34a80u);
  EXPECT_EQ(relocation.addend, -4);
}

TEST(LinkForStopMachine, NeedsTheAddress) {
  const elf::Object glue;
  const elf::Object object = function_object();
  const auto module = link_module(anchored(
      glue, {part_of(object, "vmlinux", {.exported_crc = {}, .object = "vmlinux", .name = "outside"})}));
  ASSERT_FALSE(module.has_value());
  EXPECT_EQ(module.error().code, "module.no-address");
}

// Its kernel could not load the module otherwise: the symbol is not there.
TEST(LinkForStopMachine, LeavesSymbolsOfModulesToTheEngine) {
  elf::Object glue;
  glue.sections.push_back(
      {.name = ".rodata", .flags = SHF_ALLOC, .alignment = 8, .size = 8, .data = Bytes(8)});
  glue.sections[0].relocations.push_back({.offset = 0, .type = R_X86_64_64, .symbol = 0, .addend = 0});
  glue.symbols.push_back({.name = "suture_place_0", .binding = STB_GLOBAL});
  const elf::Object first = function_object();
  const elf::Object second = function_object();
  LinkInput input =
      anchored(glue, {part_of(first, "vmlinux", {.exported_crc = 1}),
                      part_of(second, "vsock", {.exported_crc = {}, .object = "vsock", .name = "outside"})});
  const LateTables late = late_tables(input.deltas);
  ASSERT_EQ(late.symbols.size(), 1u);
  EXPECT_EQ(late.symbols[0], (LateSymbol{.object = "vsock", .name = "outside"}));
  ASSERT_EQ(late.places.size(), 1u);
  EXPECT_EQ(late.places[0].part, 1u);
  EXPECT_EQ(late.places[0].addend, -4);
  EXPECT_EQ(late.places[0].patches, "vsock");
  input.places.push_back({.name = "suture_place_0",
                          .part = late.places[0].part,
                          .section = late.places[0].section,
                          .offset = late.places[0].offset});
  const auto module = link_module(input);
  ASSERT_TRUE(module.has_value()) << module.error().message();
  EXPECT_TRUE(module->late_relocations.empty());
  const elf::Section* text = module->find_section(".text");
  ASSERT_EQ(text->relocations.size(), 1u) << "that of the first part, which is exported";
  EXPECT_EQ(text->relocations[0].offset, 4u);
  EXPECT_EQ(text->data[16 + 4], 0);
  // The glue's pointer leads to the second part's place.
  const elf::Relocation& place = module->find_section(".rodata")->relocations.at(0);
  const elf::Symbol& symbol = module->symbols[place.symbol];
  EXPECT_EQ(module->sections[symbol.section].name, ".text");
  EXPECT_EQ(symbol.value + static_cast<std::uint64_t>(place.addend), 16u + 4);
  EXPECT_TRUE(elf::serialize(*module).has_value());
}

TEST(LinkForStopMachine, KeepsTablesFreeOfSymbolsOfModules) {
  const elf::Object glue;
  elf::Object object = function_object("__jump_table");
  object.sections[0].flags = SHF_ALLOC | SHF_WRITE;
  for (const char* patches : {"vsock", "vmlinux"}) {
    const auto module = link_module(anchored(
        glue, {part_of(object, patches, {.exported_crc = {}, .object = "vsock", .name = "outside"})}));
    ASSERT_FALSE(module.has_value()) << patches;
    EXPECT_EQ(module.error().code, "module.late-table");
  }
  // Those of the kernel are there before any table is read.
  EXPECT_TRUE(link_module(anchored(glue, {part_of(object, "vsock", hidden(kSchedule + 8))})).has_value());
}

TEST(LateTables, HaveEachSymbolOnceAndNoExportedOne) {
  elf::Object object = function_object();
  object.sections[0].relocations.push_back({.offset = 8, .type = R_X86_64_PC32, .symbol = 1, .addend = 0});
  object.sections[0].relocations.push_back({.offset = 12, .type = R_X86_64_NONE, .symbol = 1, .addend = 0});
  object.sections.push_back({.name = ".discard.x", .flags = SHF_ALLOC, .size = 8, .data = Bytes(8)});
  object.sections[1].relocations.push_back({.offset = 0, .type = R_X86_64_64, .symbol = 1, .addend = 0});
  const SymbolSource module{.exported_crc = {}, .object = "vsock", .name = "outside"};
  LateTables late = late_tables({part_of(object, "vsock", module)});
  EXPECT_EQ(late.symbols.size(), 1u);
  EXPECT_EQ(late.places.size(), 2u);
  late = late_tables(
      {part_of(object, "vsock", hidden(kSchedule)), part_of(object, "vmlinux", hidden(kSchedule))});
  EXPECT_EQ(late.symbols.size(), 1u);
  EXPECT_EQ(late.sources[0].address, kSchedule);
  EXPECT_TRUE(late.places.empty());
  EXPECT_TRUE(late_tables({part_of(object, "vmlinux", {.exported_crc = 1})}).symbols.empty());
}

}  // namespace
}  // namespace suture
