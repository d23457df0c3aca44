// SPDX-License-Identifier: Apache-2.0
#include "delta/object_code.h"

#include <gtest/gtest.h>

namespace suture {
namespace {

/// f calls g and mentions a string and a variable; the cold part of f jumps back into it; h is assembly.
elf::Object object() {
  elf::Object result;
  elf::Section text{.name = ".text",
                    .flags = SHF_ALLOC | SHF_EXECINSTR,
                    .size = 24,
                    // call rel32; mov $imm32, %rdi; mov disp32(%rip), %eax; ret; then h: nop; ret; padding
                    .data = {0xe8, 0,    0, 0, 0, 0x48, 0xc7, 0xc7, 0,    0,    0,    0,
                             0x8b, 0x05, 0, 0, 0, 0,    0xc3, 0x90, 0x90, 0xc3, 0xcc, 0xcc}};
  text.relocations = {{.offset = 1, .type = R_X86_64_PLT32, .symbol = 4, .addend = -4},
                      {.offset = 8, .type = R_X86_64_32S, .symbol = 0, .addend = 3}};
  elf::Section strings{.name = ".rodata.str1.1",
                       .flags = SHF_ALLOC | SHF_MERGE | SHF_STRINGS,
                       .entry_size = 1,
                       .size = 8,
                       .data = {'n', 'o', 0, 'y', 'e', 's', '\n', 0}};
  elf::Section cold{
      .name = ".text.unlikely", .flags = SHF_ALLOC | SHF_EXECINSTR, .size = 5, .data = {0xe9, 0, 0, 0, 0}};
  cold.relocations = {{.offset = 1, .type = R_X86_64_PC32, .symbol = 1, .addend = 0x10 - 4}};
  result.sections = {text, strings, cold};
  result.symbols = {
      {.name = ".rodata.str1.1", .type = STT_SECTION, .section = 1},
      {.name = ".text", .type = STT_SECTION, .section = 0},
      {.name = "f", .type = STT_FUNC, .section = 0, .value = 0, .size = 19},
      {.name = "h", .section = 0, .value = 20},
      {.name = "g", .binding = STB_GLOBAL},
      {.name = "f.cold", .type = STT_FUNC, .section = 2, .value = 0, .size = 5},
      {.name = ".klp.sym.vmlinux.count.7,2", .binding = STB_GLOBAL, .section = elf::kLivepatch}};
  result.late_relocations = {
      {.name = ".klp.rela.vmlinux..text",
       .flags = SHF_ALLOC,
       .section = 0,
       .relocations = {{.offset = 14, .type = R_X86_64_PC32, .symbol = 6, .addend = 4 - 4}}}};
  return result;
}

std::vector<std::string> texts(const Listing& listing) {
  std::vector<std::string> result;
  for (const CodeLine& line : listing.lines) result.push_back(line.text);
  return result;
}

TEST(ObjectCode, NamesWhatRelocationsFillIn) {
  const elf::Object o = object();
  const ObjectCode code(o);
  ASSERT_EQ(code.find("f").size(), 1u);
  const Listing f = code.list(code.find("f")[0], Syntax::kAtt);
  EXPECT_EQ(texts(f), (std::vector<std::string>{"call   g", "mov    $\"yes\\n\", %rdi",
                                                "mov    count.7+0x4(%rip), %eax", "ret"}));
  // What the compiler numbers anew is not part of what is compared.
  EXPECT_EQ(f.lines[2].key, "mov    count+0x4(%rip), %eax");
}

TEST(ObjectCode, ComparesBranchesIntoOtherPartsByName) {
  const elf::Object o = object();
  const ObjectCode code(o);
  const Listing cold = code.list(code.find("f.cold")[0], Syntax::kAtt);
  ASSERT_EQ(cold.lines.size(), 1u);
  EXPECT_EQ(cold.lines[0].text, "jmp    f+0x10");
  EXPECT_EQ(cold.lines[0].key, "jmp    f");
}

TEST(ObjectCode, ReachesToTheNextSymbolWhereNoneSays) {
  const elf::Object o = object();
  const ObjectCode code(o);
  EXPECT_EQ(code.functions().size(), 3u);
  EXPECT_EQ(code.size_of(code.find("h")[0]), 4u);
}

TEST(ObjectCode, NamesBranchesThatAreLinkedAlready) {
  elf::Object o = object();
  // f's call, now to h: 20 - 5
  o.sections[0].data[1] = 15;
  std::erase_if(o.sections[0].relocations,
                [](const elf::Relocation& relocation) { return relocation.offset == 1; });
  const ObjectCode code(o);
  EXPECT_EQ(code.list(code.find("f")[0], Syntax::kAtt).lines[0].text, "call   h");
}

TEST(ObjectCode, IsEmptyWhereAFunctionIs) {
  elf::Object o = object();
  o.symbols.push_back({.name = "empty", .type = STT_FUNC, .section = 0, .value = 24});
  const ObjectCode code(o);
  ASSERT_EQ(code.find("empty").size(), 1u);
  EXPECT_TRUE(code.list(code.find("empty")[0], Syntax::kAtt).lines.empty());
  EXPECT_TRUE(code.find("nowhere").empty());
}

TEST(SimilarNames, AreThoseThatOneMayHaveMeant) {
  const std::vector<std::string> names{"ip_options_get", "ip_options_echo", "tcp_v4_rcv",
                                       "ip_options_compile", "f"};
  EXPECT_EQ(similar_names(names, "ip_option_get").front(), "ip_options_get");
  EXPECT_EQ(similar_names(names, "options_compile"), std::vector<std::string>{"ip_options_compile"});
  EXPECT_TRUE(similar_names(names, "kmem_cache_alloc").empty());
  EXPECT_TRUE(similar_names({}, "f").empty());
  EXPECT_EQ(similar_names(std::vector<std::string>(20, "same"), "sane"), std::vector<std::string>{"same"});
}

TEST(NameAndOffset, HasASign) {
  EXPECT_EQ(name_and_offset("f", 0), "f");
  EXPECT_EQ(name_and_offset("f", 16), "f+0x10");
  EXPECT_EQ(name_and_offset("f", -8), "f-0x8");
  EXPECT_EQ(name_and_offset("f", INT64_MIN), "f-0x8000000000000000");
}

}  // namespace
}  // namespace suture
