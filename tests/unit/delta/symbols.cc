// SPDX-License-Identifier: Apache-2.0
#include "delta/symbols.h"

#include <gtest/gtest.h>

namespace suture {
namespace {

SymbolTable table_of(std::string text, std::string object = "vmlinux") {
  auto table = SymbolTable::parse(std::move(text), std::move(object), "symbols");
  EXPECT_TRUE(table) << table.error().message();
  return std::move(*table);
}

std::string code_of(std::string text, std::string object = "vmlinux") {
  const auto table = SymbolTable::parse(std::move(text), std::move(object), "symbols");
  return table ? "" : table.error().code;
}

TEST(SymbolTable, ReadsWhatNmPrints) {
  const SymbolTable table = table_of(
      "                 U printk\n"
      "0000000000000010 t show\n"
      "0000000000000000 T init\n"
      "                 w maybe\n"
      "0000000000000004 d count.3\n");
  ASSERT_EQ(table.by_address().size(), 3u);
  EXPECT_EQ(table.by_address()[0]->name, "init");
  EXPECT_TRUE(table.by_address()[0]->global);
  EXPECT_EQ(table.by_address()[1]->name, "count.3");
  EXPECT_FALSE(table.by_address()[1]->code);
  EXPECT_FALSE(table.by_address()[2]->global);
  EXPECT_TRUE(table.by_address()[2]->code);
  EXPECT_TRUE(table.mentions("printk"));
  EXPECT_TRUE(table.find("printk").empty());
  EXPECT_FALSE(table.mentions("prin"));
}

constexpr const char* kKallsyms =
    "ffffffff81000000 T _stext\n"
    "ffffffff81000100 t show\n"
    "ffffffff81000200 t show\n"
    "ffffffff82000000 T _etext\n"
    "ffffffffc0000200 t show\t[loop]\n"
    "ffffffffc0000100 t queue\t[loop]\r\n"
    "ffffffffc0000100 t show\t[loop]\n"
    "ffffffffc0000500 t show\t[zram]";

TEST(SymbolTable, TellsObjectsApart) {
  const SymbolTable kernel = table_of(kKallsyms);
  EXPECT_TRUE(kernel.has_whole_kernel());
  ASSERT_EQ(kernel.find("show").size(), 2u);
  EXPECT_EQ(kernel.find("show")[1]->address, 0xffffffff81000200u);
  EXPECT_TRUE(kernel.find("queue").empty());
  EXPECT_TRUE(kernel.mentions("queue"));
  EXPECT_EQ(table_of(kKallsyms, "zram").find("show").size(), 1u);
  EXPECT_EQ(code_of(kKallsyms, "brd"), "symbols.no-object");
}

TEST(SymbolTable, CountsAModulesSymbolsAsTheyStand) {
  const SymbolTable loop = table_of(kKallsyms, "loop");
  ASSERT_EQ(loop.find("show").size(), 2u);
  EXPECT_EQ(loop.find("show")[0]->address, 0xffffffffc0000200u);
  EXPECT_TRUE(loop.in_kernel_order("show"));
  // nm -p; nm; nm -n
  EXPECT_TRUE(table_of("10 t show\n00 t init\n00 t show\n", "loop").in_kernel_order("show"));
  EXPECT_FALSE(table_of("00 t init\n10 t show\n00 t show\n", "loop").in_kernel_order("show"));
  EXPECT_FALSE(table_of("00 t show\n10 t init\n20 t show\n", "loop").in_kernel_order("show"));
}

TEST(SymbolTable, RefusesWhatIsNoTable) {
  EXPECT_EQ(code_of(""), "symbols.no-object");
  EXPECT_EQ(code_of("\n  \n"), "symbols.no-object");
  EXPECT_EQ(code_of("                 U printk\n"), "symbols.no-object");
  for (const char* line :
       {"hello", "vmlinux.o:", "ffffffff81000000", "ffffffff81000000 T", "ffffffff81000000 T f g",
        "ffffffff81000000 T f [loop] x", "ffffffff81000000 TT f", "fffffffffffffffff T f", "0x10 T f",
        "-1 T f", "10 T f []", "10 20 T f", "f|10|T|FUNC",
        "\x7f"
        "ELF\x02\x01"}) {
    EXPECT_EQ(code_of(std::string("0000000000000010 T before\n") + line + "\n"), "symbols.malformed") << line;
  }
  const auto table = SymbolTable::parse("0000000000000010 T f\noops\n", "vmlinux", "table.txt");
  EXPECT_NE(table.error().message().find("table.txt, line 2"), std::string::npos);
}

TEST(SymbolTable, RefusesAddressesThatTheKernelHid) {
  EXPECT_EQ(code_of("0000000000000000 T _stext\n0000000000000000 t f\n"), "symbols.no-addresses");
  EXPECT_EQ(code_of("0000000000000000 t f [loop]\n0000000000000000 t g [loop]\n", "loop"),
            "symbols.no-addresses");
  // Functions of an object each in a section of its own.
  EXPECT_EQ(code_of("0000000000000000 T g\n0000000000000000 t f\n"), "");
}

/// A unit with the functions a, show, b (b global) in this order, a weak one, and the variable count.
elf::Object unit() {
  elf::Object object;
  const auto add = [&](std::string section, std::string name, std::uint8_t binding, std::uint64_t flags) {
    object.symbols.push_back({.name = std::move(name),
                              .type = STT_FUNC,
                              .binding = binding,
                              .section = static_cast<std::uint32_t>(object.sections.size())});
    object.sections.push_back({.name = std::move(section), .flags = flags, .size = 16, .data = Bytes(16)});
  };
  constexpr std::uint64_t kText = SHF_ALLOC | SHF_EXECINSTR;
  add(".text.a", "a", STB_LOCAL, kText);
  add(".text.unlikely.show", "show.cold", STB_LOCAL, kText);
  add(".text.show", "show", STB_LOCAL, kText);
  add(".text.b", "b", STB_GLOBAL, kText);
  add(".data.count", "count", STB_LOCAL, SHF_ALLOC | SHF_WRITE);
  add(".text.unlikely.soft", "soft", STB_WEAK, kText);
  return object;
}
enum UnitSymbol : std::uint32_t { kA, kShowCold, kShow, kB, kCount, kSoft };

/// What became of a delta that replaces this function, or needs it.
struct Located {
  std::string code;
  std::optional<std::uint32_t> sympos;
};

Located locate_function(const SymbolTable& table, UnitSymbol symbol) {
  const elf::Object original = unit();
  Delta delta;
  delta.object = original;
  delta.functions.push_back({.name = original.symbols[symbol].name, .original_symbol = symbol});
  DeltaRecord record = make_delta_record(delta, table.object());
  const auto result = locate_symbols(table, delta, original, record);
  return {result ? "" : result.error().code, record.functions[0].sympos};
}

Located locate_need(const SymbolTable& table, const std::string& name,
                    std::uint32_t symbol = elf::kUndefined) {
  Delta delta;
  delta.object.symbols.push_back({.name = name, .binding = STB_GLOBAL});
  delta.needs.push_back({.symbol = 0, .original_symbol = symbol});
  DeltaRecord record = make_delta_record(delta, table.object());
  const auto result = locate_symbols(table, delta, unit(), record);
  return {result ? "" : result.error().code, record.needs[0].sympos};
}

TEST(LocateSymbols, AUniqueNameHasPositionZero) {
  EXPECT_EQ(locate_function(table_of("10 t show\n20 T other\n"), kShow).sympos, 0u);
  EXPECT_EQ(locate_function(table_of("10 T b\n"), kB).sympos, 0u);
}

TEST(LocateSymbols, AFunctionMustBeThere) {
  EXPECT_EQ(locate_function(table_of("20 T other\n"), kShow).code, "delta.not-in-symbols");
  // Another unit's.
  EXPECT_EQ(locate_function(table_of("20 T show\n"), kShow).code, "delta.not-in-symbols");
  // Overridden by another unit's.
  EXPECT_EQ(locate_function(table_of("20 T soft\n"), kSoft).code, "delta.not-in-symbols");
  EXPECT_EQ(locate_function(table_of("20 W soft\n"), kSoft).sympos, 0u);
  // Hidden, so local once it is linked.
  EXPECT_EQ(locate_function(table_of("20 t b\n"), kB).sympos, 0u);
}

TEST(LocateSymbols, BindingTells) {
  EXPECT_EQ(locate_function(table_of("10 T show\n20 t show\n"), kShow).sympos, 2u);
  EXPECT_EQ(locate_function(table_of("10 t b\n20 t b\n30 T b\n"), kB).sympos, 3u);
}

TEST(LocateSymbols, TheUnitsOtherSymbolsTell) {
  const char* text =
      "10 t show\n20 T b\n"               // of another unit
      "30 t a\n40 t show\n50 T b\n"       // ours
      "60 t a\n68 d count\n70 t show\n";  // the start of a third
  EXPECT_EQ(locate_function(table_of(text), kShow).sympos, 2u);
  // Its cold part lies elsewhere, beside other units' ones and our weak function.
  EXPECT_EQ(locate_function(table_of("10 t show.cold\n30 t show.cold\n40 W soft\n"), kShowCold).sympos, 2u);
}

TEST(LocateSymbols, RefusesToGuess) {
  EXPECT_EQ(locate_function(table_of("10 t show\n20 t show\n"), kShow).code, "delta.symbol-ambiguous");
  const char* twice = "10 t a\n20 t show\n30 T b\n40 t a\n50 t show\n60 T b\n";
  EXPECT_EQ(locate_function(table_of(twice), kShow).code, "delta.symbol-ambiguous");
  // Local and global, but nm has sorted by name.
  EXPECT_EQ(locate_function(table_of("00 t a\n20 T show\n10 t show\n", "loop"), kShow).code,
            "delta.symbol-ambiguous");
}

TEST(LocateSymbols, FindsWhatShippedCodeRefersTo) {
  EXPECT_EQ(locate_need(table_of("10 T printk\n"), "printk").sympos, 0u);
  EXPECT_EQ(locate_need(table_of("10 t printk\n20 T printk\n"), "printk").sympos, 2u);
  EXPECT_EQ(locate_need(table_of("10 d count\n20 b count\n"), "count", kCount).code,
            "delta.symbol-ambiguous");
  EXPECT_EQ(locate_need(table_of("10 D count\n20 d count\n"), "count", kCount).sympos, 2u);
}

TEST(LocateSymbols, AWholeKernelHasWhatItHas) {
  const std::string kernel = "00 T _stext\n10 T show\n90 T _etext\n";
  EXPECT_EQ(locate_need(table_of(kernel), "printk").code, "delta.symbol-unknown");
  EXPECT_EQ(locate_need(table_of(kernel), "count", kCount).code, "delta.symbol-unknown");
  EXPECT_EQ(locate_need(table_of("10 T show\n"), "printk").code, "");
  // Perhaps vmlinux or another module exports it.
  EXPECT_EQ(locate_need(table_of(kernel + "a0 t f [loop]\n", "loop"), "printk").code, "");
}

}  // namespace
}  // namespace suture
