// SPDX-License-Identifier: Apache-2.0
#include "delta/unit.h"

#include <gtest/gtest.h>

#include <limits>

#include "delta/instruction.h"

namespace suture {
namespace {

TEST(StableName, LosesWhatTheCompilerNumbers) {
  EXPECT_EQ(stable_name("count.42"), "count");
  EXPECT_EQ(stable_name("f.constprop.0"), "f.constprop");
  EXPECT_EQ(stable_name("f.isra.0.cold"), "f.isra.0.cold");
  EXPECT_EQ(stable_name("__UNIQUE_ID_ddebug123"), "__UNIQUE_ID_ddebug");
  EXPECT_EQ(stable_name("__initcall__kmod_proc__245_22_proc_cmdline_init5"),
            stable_name("__initcall__kmod_proc__246_25_proc_cmdline_init5"));
  EXPECT_NE(stable_name("__initcall__kmod_proc__245_22_a5"), stable_name("__initcall__kmod_proc__245_22_b5"));
}

TEST(StableName, KeepsTheProgrammersDigits) {
  EXPECT_EQ(stable_name("sha256"), "sha256");
  EXPECT_EQ(stable_name("x.y2"), "x.y2");
  EXPECT_EQ(stable_name(".5"), ".5");
  EXPECT_EQ(stable_name(""), "");
}

TEST(ParentOfCold, IsThePartBefore) {
  EXPECT_EQ(parent_of_cold("f.cold"), "f");
  EXPECT_EQ(parent_of_cold("f.cold.3"), "f");
  EXPECT_EQ(parent_of_cold("f.part.0.cold"), "f.part.0");
  EXPECT_EQ(parent_of_cold("cold"), "");
  EXPECT_EQ(parent_of_cold("f.colder"), "");
}

TEST(InstructionFields, TellBiasAndBranches) {
  // call rel32; cmpl $imm8, disp32(%rip); movl $imm32, disp32(%rip); mov $imm32, %rdi
  const Bytes code{0xe8, 0, 0, 0, 0, 0x83, 0x3d, 0,    0,    0,    0, 7, 0xc7, 0x05, 0,
                   0,    0, 0, 1, 2, 3,    4,    0x48, 0xc7, 0xc7, 0, 0, 0,    0};
  const auto fields = instruction_fields(code);
  const auto at = [&](std::uint64_t offset) {
    for (const InstructionField& field : fields) {
      if (field.offset == offset) return field;
    }
    return InstructionField{};
  };
  EXPECT_TRUE(at(1).branch);
  EXPECT_EQ(at(1).bias, 4);
  EXPECT_FALSE(at(7).branch);
  EXPECT_EQ(at(7).bias, 5);
  EXPECT_EQ(at(14).bias, 8);
  EXPECT_EQ(at(25).width, 4);
}

TEST(InstructionFields, StepOverWhatIsNoInstruction) {
  const Bytes code{0x06, 0x06, 0xe8, 0, 0, 0, 0};
  const auto fields = instruction_fields(code);
  ASSERT_EQ(fields.size(), 1u);
  EXPECT_EQ(fields[0].offset, 3u);
  EXPECT_TRUE(instruction_fields({}).empty());
}

elf::Object object_with(std::vector<elf::Section> sections, std::vector<elf::Symbol> symbols) {
  return {.sections = std::move(sections), .symbols = std::move(symbols), .late_relocations = {}};
}

TEST(Filler, IsWhatHasNoEffect) {
  // Nothing, zeros, traps; then as the assembler aligns: xchg %ax,%ax and nops of many lengths.
  for (const Bytes& code :
       {Bytes{}, Bytes{0, 0, 0}, Bytes{0xcc, 0xcc}, Bytes{0x66, 0x90}, Bytes{0x0f, 0x1f, 0x44, 0, 0},
        Bytes{0x66, 0x2e, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0, 0x0f, 0x1f, 0}})
    EXPECT_TRUE(is_filler(code));
  // ret; xchg %ax,%cx; half of a nop.
  for (const Bytes& code : {Bytes{0x90, 0xc3}, Bytes{0x66, 0x91}, Bytes{0x0f, 0x1f, 0x44, 0}})
    EXPECT_FALSE(is_filler(code));
}

TEST(CutUnit, MakesSectionReferencesOnes) {
  // Two variables in one section; code refers to the second by section and offset.
  elf::Section data{
      .name = ".data", .flags = SHF_ALLOC | SHF_WRITE, .alignment = 8, .size = 16, .data = Bytes(16, 1)};
  elf::Section text{.name = ".text.f",
                    .flags = SHF_ALLOC | SHF_EXECINSTR,
                    .size = 7,
                    .data = {0x48, 0x8b, 0x05, 0, 0, 0, 0}};
  text.relocations.push_back({.offset = 3, .type = R_X86_64_PC32, .symbol = 0, .addend = 8 - 4});
  const elf::Object object =
      object_with({data, text}, {{.name = ".data", .type = STT_SECTION, .section = 0},
                                 {.name = "a", .type = STT_OBJECT, .section = 0, .value = 0, .size = 8},
                                 {.name = "b", .type = STT_OBJECT, .section = 0, .value = 8, .size = 8},
                                 {.name = "f", .type = STT_FUNC, .section = 1, .value = 0, .size = 7}});
  const auto unit = Unit::cut(object, "u.c");
  ASSERT_TRUE(unit.has_value()) << unit.error().message();
  ASSERT_EQ(unit->atoms().size(), 3u);
  const auto references = unit->references(unit->atom(2));
  ASSERT_EQ(references.size(), 1u);
  EXPECT_EQ(unit->atom(references[0].target).name, "b");
  EXPECT_EQ(references[0].addend, 0);
  EXPECT_EQ(references[0].bias, 4);
}

TEST(CutUnit, CutsStringsAtTheirEnds) {
  elf::Section strings{.name = ".rodata.str1.1",
                       .flags = SHF_ALLOC | SHF_MERGE | SHF_STRINGS,
                       .entry_size = 1,
                       .size = 7,
                       .data = {'a', 'b', 0, 0, 'c', 'd', 'e'}};
  const elf::Object object = object_with({strings}, {});
  const auto unit = Unit::cut(object, "u.c");
  ASSERT_TRUE(unit.has_value());
  ASSERT_EQ(unit->atoms().size(), 3u);
  EXPECT_EQ(unit->atom(0).size, 3u);
  EXPECT_EQ(unit->atom(1).size, 1u);
  EXPECT_EQ(unit->atom(2).size, 3u);  // without an end: kept whole
  EXPECT_EQ(unit->atom(0).kind, AtomKind::kPrivate);
}

// A compiler's own variables are made anew in each unit; what has such a name and is global is somebody's.
TEST(CutUnit, TakesGlobalVariablesForPrivateByNoName) {
  const elf::Section data{.name = ".rodata", .flags = SHF_ALLOC, .size = 16, .data = Bytes(16, 1)};
  const auto symbol = [](std::uint64_t value, std::uint8_t binding) {
    return elf::Symbol{.name = "__func__.1",
                       .type = STT_OBJECT,
                       .binding = binding,
                       .section = 0,
                       .value = value,
                       .size = 8};
  };
  const elf::Object object = object_with({data}, {symbol(0, STB_LOCAL), symbol(8, STB_GLOBAL)});
  const auto unit = Unit::cut(object, "u.c");
  ASSERT_TRUE(unit.has_value());
  EXPECT_EQ(unit->atom(0).kind, AtomKind::kPrivate);
  EXPECT_EQ(unit->atom(1).kind, AtomKind::kData);
}

/// Two variables of 8 bytes in one section, and this reference to it.
elf::Object two_variables(const elf::Relocation& relocation) {
  elf::Section data{.name = ".data", .flags = SHF_ALLOC | SHF_WRITE, .size = 16, .data = Bytes(16, 1)};
  data.relocations.push_back(relocation);
  return object_with({data}, {{.name = ".data", .type = STT_SECTION, .section = 0},
                              {.name = "a", .type = STT_OBJECT, .section = 0, .value = 0, .size = 8},
                              {.name = "b", .type = STT_OBJECT, .section = 0, .value = 8, .size = 8}});
}

TEST(CutUnit, RefusesReferencesToNowhere) {
  const elf::Object object = two_variables({.offset = 0, .type = R_X86_64_64, .symbol = 0, .addend = 400});
  const auto unit = Unit::cut(object, "u.c");
  ASSERT_FALSE(unit.has_value());
  EXPECT_EQ(unit.error().code, "delta.unsupported-object");
}

TEST(CutUnit, RefusesFieldsThatPassTheEndOfAnAtom) {
  const elf::Object object = two_variables({.offset = 4, .type = R_X86_64_64, .symbol = 0, .addend = 0});
  const auto unit = Unit::cut(object, "u.c");
  ASSERT_FALSE(unit.has_value());
  EXPECT_EQ(unit.error().code, "delta.unsupported-object");
  EXPECT_NE(unit.error().message().find("passes the end of a"), std::string::npos);
}

TEST(CutUnit, RefusesAddendsThatNoSumHolds) {
  for (const std::int64_t addend :
       {std::numeric_limits<std::int64_t>::max() - 3, std::numeric_limits<std::int64_t>::min()}) {
    elf::Section data{.name = ".data", .flags = SHF_ALLOC | SHF_WRITE, .size = 16, .data = Bytes(16, 1)};
    data.relocations.push_back({.offset = 0, .type = R_X86_64_PC32, .symbol = 0, .addend = addend});
    const elf::Object object = object_with({data}, {{.name = "elsewhere", .section = elf::kUndefined}});
    const auto unit = Unit::cut(object, "u.c");
    ASSERT_FALSE(unit.has_value());
    EXPECT_EQ(unit.error().code, "delta.unsupported-object");
  }
}

TEST(CutUnit, RefusesCommonSymbols) {
  const elf::Object object =
      object_with({}, {{.name = "c", .type = STT_OBJECT, .binding = STB_GLOBAL, .section = elf::kCommon}});
  EXPECT_EQ(Unit::cut(object, "u.c").error().code, "delta.common-symbol");
}

}  // namespace
}  // namespace suture
