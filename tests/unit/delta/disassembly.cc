// SPDX-License-Identifier: Apache-2.0
#include "delta/disassembly.h"

#include <gtest/gtest.h>

#include "delta/code_diff.h"

namespace suture {
namespace {

std::optional<PlaceName> nothing(const CodeField& /*field*/) {
  return std::nullopt;
}

/// As a person sees it: each line with its label and its target.
std::string text_of(const Listing& listing) {
  const CodeLabels labels = label_code({}, listing, align_code({}, listing));
  std::string text;
  for (std::size_t i = 0; i < listing.lines.size(); ++i) {
    if (!labels.after[i].empty()) text += labels.after[i] + ": ";
    text += line_text(listing.lines[i], labels.after) + "\n";
  }
  return text;
}

TEST(Disassembly, IsEmptyForNoCode) {
  EXPECT_TRUE(disassemble({}, 0, nothing, Syntax::kAtt).lines.empty());
}

TEST(Disassembly, SpeaksBothTongues) {
  const Bytes code{0x48, 0x89, 0xc7, 0x48, 0x8b, 0x43, 0x10, 0xc3};
  EXPECT_EQ(text_of(disassemble(code, 0, nothing, Syntax::kAtt)),
            "mov    %rax, %rdi\nmov    0x10(%rbx), %rax\nret\n");
  EXPECT_EQ(text_of(disassemble(code, 0, nothing, Syntax::kIntel)),
            "mov    rdi, rax\nmov    rax, [rbx+0x10]\nret\n");
}

TEST(Disassembly, LabelsWhereJumpsLead) {
  // je +1; nop; jmp back to the start
  const Bytes code{0x74, 0x01, 0x90, 0xeb, 0xfb};
  EXPECT_EQ(text_of(disassemble(code, 0x1000, nothing, Syntax::kAtt)),
            ".L1: je     .L2\nnop\n.L2: jmp    .L1\n");
}

TEST(Disassembly, UsesTheUsualNames) {
  // jne +0; ja +0; sete (%rax); setae %al; cmovge %eax, %ecx; setb (%rax); a no-op of eight bytes
  const Bytes code{0x75, 0,    0x77, 0,    0x0f, 0x94, 0x00, 0x0f, 0x93, 0xc0, 0x0f, 0x4d,
                   0xc8, 0x0f, 0x92, 0x00, 0x0f, 0x1f, 0x84, 0,    0,    0,    0,    0};
  EXPECT_EQ(
      text_of(disassemble(code, 0, nothing, Syntax::kAtt)),
      "jne    .L1\n.L1: ja     .L2\n.L2: sete   (%rax)\nsetae  %al\ncmovge %eax, %ecx\nsetb   (%rax)\nnop\n");
}

TEST(Disassembly, HasNoLabelInsideOfAnInstruction) {
  // jmp into the middle of the mov that follows
  const Bytes code{0xeb, 0x01, 0xb8, 1, 0, 0, 0};
  EXPECT_EQ(text_of(disassemble(code, 0, nothing, Syntax::kAtt)), "jmp    .+0x3\nmov    $0x1, %eax\n");
}

TEST(Disassembly, NamesBranchesMemoryAndValues) {
  // call rel32; mov disp32(%rip), %rax; mov $imm32, %rdi; mov disp32(,%rax,8), %rdx; add %gs:disp32, %rax
  const Bytes code{0xe8, 0,    0,    0,    0,    0x48, 0x8b, 0x05, 0,    0,    0,    0,
                   0x48, 0xc7, 0xc7, 0,    0,    0,    0,    0x48, 0x8b, 0x14, 0xc5, 0,
                   0,    0,    0,    0x65, 0x48, 0x03, 0x04, 0x25, 0,    0,    0,    0};
  std::vector<CodeField> fields;
  const Symboliser name = [&](const CodeField& field) -> std::optional<PlaceName> {
    fields.push_back(field);
    return PlaceName{.text = "p" + std::to_string(fields.size()), .key = "p"};
  };
  const Listing listing = disassemble(code, 0, name, Syntax::kAtt);
  EXPECT_EQ(
      text_of(listing),
      "call   p1\nmov    p2(%rip), %rax\nmov    $p3, %rdi\nmov    p4(,%rax,8), %rdx\nadd    %gs:p5, %rax\n");
  EXPECT_EQ(listing.lines[1].key, "mov    p(%rip), %rax");
  ASSERT_EQ(fields.size(), 5u);
  EXPECT_EQ(fields[0].offset, 1u);
  EXPECT_EQ(fields[0].bias, 4u);
  EXPECT_EQ(fields[0].use, CodeField::Use::kBranch);
  EXPECT_EQ(fields[0].value, 5u);
  EXPECT_EQ(fields[1].offset, 8u);
  EXPECT_EQ(fields[1].use, CodeField::Use::kMemory);
  EXPECT_EQ(fields[2].offset, 15u);
  EXPECT_EQ(fields[2].use, CodeField::Use::kValue);
  EXPECT_EQ(fields[3].offset, 23u);
  EXPECT_FALSE(fields[3].per_cpu);
  EXPECT_TRUE(fields[4].per_cpu);

  fields.clear();
  EXPECT_EQ(text_of(disassemble(code, 0, name, Syntax::kIntel)),
            "call   p1\nmov    rax, [p2]\nmov    rdi, p3\nmov    rdx, [rax*8+p4]\n"
            "add    rax, gs:[p5]\n");
}

TEST(Disassembly, AsksForTheNameOfAZeroBesideARegister) {
  // mov disp32(%rax), %rcx; mov (%rax), %rcx
  const Bytes code{0x48, 0x8b, 0x88, 0, 0, 0, 0, 0x48, 0x8b, 0x08};
  const Symboliser name = [&](const CodeField& field) -> std::optional<PlaceName> {
    EXPECT_EQ(field.value, 0u);
    return PlaceName{.text = "table", .key = "table"};
  };
  EXPECT_EQ(text_of(disassemble(code, 0, name, Syntax::kAtt)),
            "mov    table(%rax), %rcx\nmov    (%rax), %rcx\n");
  EXPECT_EQ(text_of(disassemble(code, 0, name, Syntax::kIntel)),
            "mov    rcx, [rax+table]\nmov    rcx, [rax]\n");
  EXPECT_EQ(text_of(disassemble(code, 0, nothing, Syntax::kAtt)),
            "mov    (%rax), %rcx\nmov    (%rax), %rcx\n");
}

TEST(Disassembly, TakesNamesOfAnyLength) {
  const Bytes code{0xe8, 0, 0, 0, 0};
  const std::string name(5000, 'n');
  const Symboliser symboliser = [&](const CodeField&) { return PlaceName{.text = name, .key = name}; };
  EXPECT_EQ(text_of(disassemble(code, 0, symboliser, Syntax::kAtt)), "call   " + name + "\n");
}

TEST(Disassembly, ShowsBrokenCodeByteByByte) {
  // No instruction begins with 06 in 64-bit mode; the call at the end lacks its last byte.
  const Bytes code{0x06, 0x90, 0xe8, 0, 0, 0};
  EXPECT_EQ(text_of(disassemble(code, 0, nothing, Syntax::kAtt)),
            ".byte  0x06\nnop\n.byte  0xe8\nadd    %al, (%rax)\n.byte  0x00\n");
}

TEST(Printable, LeavesNothingThatATerminalActsOn) {
  EXPECT_EQ(printable("f.cold+3"), "f.cold+3");
  EXPECT_EQ(printable("a\n\tb"), "a\\n\\tb");
  EXPECT_EQ(printable("\033[31m"), "\\033[31m");
  EXPECT_EQ(printable("Gr\u00fc\u00dfe"), "Gr\u00fc\u00dfe");
  EXPECT_EQ(printable("\x9b"
                      "1m\xc2\x9b\xff"),
            "\\2331m\\302\\233\\377");
  EXPECT_EQ(printable("\xe2\x82"), "\\342\\202");
}

TEST(StringLiteral, IsTextUpToItsZero) {
  const auto literal = [](std::string_view text) { return string_literal(as_bytes(text)); };
  using namespace std::string_view_literals;
  ASSERT_TRUE(literal("size %d\n\0rest"sv).has_value());
  EXPECT_EQ(literal("size %d\n\0rest"sv)->text, "\"size %d\\n\"");
  EXPECT_EQ(literal("\001"
                    "6net: up\0"sv)
                ->text,
            "\"\\0016net: up\"");
  EXPECT_FALSE(literal("no end").has_value());
  EXPECT_FALSE(literal("\0"sv).has_value());
  EXPECT_FALSE(literal("\x90\x12\0"sv).has_value());
  const std::string longer(200, 'x');
  const auto cut = string_literal(as_bytes(std::string_view(longer.c_str(), 201)));
  ASSERT_TRUE(cut.has_value());
  EXPECT_EQ(cut->text, "\"" + std::string(48, 'x') + "\"...");
  EXPECT_EQ(cut->key, "\"" + longer + "\"");
}

}  // namespace
}  // namespace suture
