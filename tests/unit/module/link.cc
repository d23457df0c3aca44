// SPDX-License-Identifier: Apache-2.0
#include "module/link.h"

#include <gtest/gtest.h>

#include "module/exports.h"
#include "module/glue.h"

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

}  // namespace
}  // namespace suture
