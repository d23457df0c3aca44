// SPDX-License-Identifier: Apache-2.0
#include "module/klp_tables.h"

#include <gtest/gtest.h>

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
