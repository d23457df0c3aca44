// SPDX-License-Identifier: Apache-2.0
//
// Code that names its own entry of a table, as WARN does since 6.19.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "../compiled.h"
#include "delta/delta.h"

namespace suture {
namespace {

/// A function that warns: the entry tells its line.
std::string warns(const std::string& name, const std::string& body, int line,
                  const std::string& entry = "2f") {
  return "int " + name + "(int x) { x = " + body + "; asm volatile(\"lea " + entry +
         "(%%rip), %%rdi\\n1: ud2\\n.pushsection __bug_table,\\\"aw\\\"\\n2: .long 1b - ., 0, 0\\n.short " +
         std::to_string(line) + ", 0\\n.popsection\" ::: \"rdi\"); return x; }\n";
}

const elf::Section& section(const elf::Object& object, std::string_view name) {
  return *std::ranges::find(object.sections, name, &elf::Section::name);
}

TEST(NamedEntry, ComesAlongAndIsFoundWhereItWent) {
  // The changed ones are second and third; their entries are first and second in what is shipped.
  const auto before = compiled(warns("a", "x", 10) + warns("b", "x * 3", 20) + warns("c", "x * 5", 30));
  const auto after = compiled(warns("a", "x", 11) + warns("b", "x * 4", 21) + warns("c", "x * 6", 31));
  const auto delta = make_delta(before, after, "unit.c");
  ASSERT_TRUE(delta) << delta.error().message();
  ASSERT_EQ(delta->functions.size(), 2u);
  const elf::Object& object = delta->object;
  const elf::Section& table = section(object, "__bug_table");
  ASSERT_EQ(table.data.size(), 32u);
  for (const auto& [name, line] : {std::pair("b", 21), std::pair("c", 31)}) {
    const elf::Section& code = section(object, std::string(".text.") + name);
    const auto to_table = std::ranges::find_if(code.relocations, [&](const elf::Relocation& relocation) {
      const elf::Symbol& symbol = object.symbols[relocation.symbol];
      return symbol.defined_in_section() && object.sections[symbol.section].name == "__bug_table";
    });
    ASSERT_NE(to_table, code.relocations.end()) << name;
    const std::int64_t entry = to_table->addend + 4;  // the field is its instruction's end
    ASSERT_TRUE(entry == 0 || entry == 16) << entry;
    EXPECT_EQ(table.data[static_cast<std::size_t>(entry) + 12], line) << name;
  }
}

TEST(NamedEntry, MovesWithoutBeingAChange) {
  const auto before = compiled(warns("a", "x", 10) + warns("b", "x * 3", 20));
  const auto after = compiled(warns("a", "x * 7", 10) + warns("more", "x", 15) + warns("b", "x * 3", 22));
  const auto delta = make_delta(before, after, "unit.c");
  ASSERT_TRUE(delta) << delta.error().message();
  ASSERT_EQ(delta->functions.size(), 1u);
  EXPECT_EQ(delta->functions[0].name, "a");
}

TEST(NamedEntry, OfAnotherFunctionIsRefused) {
  const auto before = compiled(warns("a", "x", 10) + warns("b", "x * 3", 20));
  const auto after = compiled(warns("a", "x", 10) + warns("b", "x * 4", 20, "2f-16"));
  const auto delta = make_delta(before, after, "unit.c");
  ASSERT_FALSE(delta);
  EXPECT_EQ(delta.error().code, "delta.entry-elsewhere");
}

}  // namespace
}  // namespace suture
