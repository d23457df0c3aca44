// SPDX-License-Identifier: Apache-2.0
#include "delta/jump_entry.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "../compiled.h"
#include "delta/special_sections.h"
#include "delta/unit.h"

namespace suture {
namespace {

/// Of the function f which consists of these instructions.
std::optional<JumpEntry> entry_of(const std::string& code, const std::string& more = "") {
  const elf::Object object =
      compiled("asm(\".pushsection .text.f,\\\"ax\\\"\\n.type f, @function\\nf: " + code +
               "\\n.size f, . - f\\n.popsection\\n" + more + "\");\n");
  const Unit unit = Unit::cut(object, "unit.c").value();
  const SpecialEntries entries = SpecialEntries::read(unit).value();
  const auto atom = std::ranges::find(unit.atoms(), "f", &Atom::name);
  EXPECT_NE(atom, unit.atoms().end());
  return jump_entry(unit, entries, static_cast<AtomId>(atom - unit.atoms().begin()));
}

TEST(JumpEntry, IsFiveBytesOrNineBehindAMark) {
  const auto plain = entry_of("push %rbx; mov %rdi, %rbx; call g; pop %rbx; ret");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->length, 5);
  EXPECT_EQ(plain->bytes[0], 0x53);
  // The call's own byte is there, its distance is not known.
  EXPECT_EQ((std::vector<std::uint8_t>(plain->mask.begin(), plain->mask.begin() + 5)),
            (std::vector<std::uint8_t>{0xff, 0xff, 0xff, 0xff, 0xff}));
  const auto marked = entry_of("endbr64; push %rbx; mov $table, %rdi; call g; pop %rbx; ret");
  ASSERT_TRUE(marked);
  EXPECT_EQ(marked->length, 9);
  EXPECT_EQ((std::vector<std::uint8_t>(marked->mask.begin(), marked->mask.begin() + 10)),
            (std::vector<std::uint8_t>{0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0, 0}));
}

TEST(JumpEntry, HasNoAddressesInItsMask) {
  const auto entry = entry_of("mov table(%rip), %eax; ret");
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->mask[1], 0xff);
  EXPECT_EQ(entry->mask[2], 0);
  EXPECT_EQ(entry->mask[4], 0);
}

TEST(JumpEntry, NeedsRoom) {
  EXPECT_FALSE(entry_of("xor %eax, %eax; ret"));
  EXPECT_TRUE(entry_of("xor %eax, %eax; nop; nop; ret"));
  EXPECT_FALSE(entry_of("endbr64; xor %eax, %eax; nop; ret"));
}

TEST(JumpEntry, HasNoBranchIntoIt) {
  EXPECT_FALSE(entry_of("dec %edi; 1: dec %esi; jnz 1b; ret; nop; nop"));
  EXPECT_TRUE(entry_of("1: dec %edi; dec %esi; jnz 1b; ret; nop; nop")) << "to the entry anybody may come";
  EXPECT_TRUE(entry_of("dec %edi; dec %eax; nop; 1: dec %esi; jnz 1b; ret")) << "right behind";
  EXPECT_FALSE(entry_of("endbr64; dec %edi; dec %eax; 1: dec %esi; jnz 1b; ret"));
}

TEST(JumpEntry, IsWhereNoTableLeads) {
  const std::string code = "dec %edi; dec %esi; mov (%rdi), %eax; ret; nop";
  EXPECT_TRUE(entry_of(code));
  EXPECT_FALSE(entry_of(code, ".pushsection .rodata.t,\\\"a\\\"\\n.quad f + 2\\n.popsection"));
  EXPECT_TRUE(entry_of(code, ".pushsection .rodata.t,\\\"a\\\"\\n.quad f + 6\\n.popsection"));
  const auto exception = [](const char* at, const char* fixup) {
    return std::string(".pushsection __ex_table,\\\"a\\\"\\n.long f + ") + at + " - ., f + " + fixup +
           " - ., 0\\n.popsection";
  };
  EXPECT_FALSE(entry_of(code, exception("4", "6")));
  EXPECT_FALSE(entry_of(code, exception("6", "2")));
  EXPECT_TRUE(entry_of(code, exception("6", "7")));
  EXPECT_FALSE(entry_of(code, ".pushsection .smp_locks,\\\"a\\\"\\n.long f - .\\n.popsection"))
      << "the kernel changes the very first byte";
}

TEST(JumpEntry, DoesNotMindTablesForUnwinding) {
  const std::string code = "dec %edi; dec %esi; mov (%rdi), %eax; ret; nop";
  EXPECT_TRUE(entry_of(code,
                       ".pushsection .orc_unwind_ip,\\\"a\\\"\\n.long f - ., f + 2 - .\\n.popsection\\n"
                       ".pushsection .orc_unwind,\\\"a\\\"\\n.fill 12, 1, 0\\n.popsection"));
}

TEST(JumpEntry, RefusesWhatItCannotRead) {
  EXPECT_FALSE(entry_of("nop; nop; nop; nop; nop; .byte 0x06; ret"));
}

}  // namespace
}  // namespace suture
