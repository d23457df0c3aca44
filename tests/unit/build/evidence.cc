// SPDX-License-Identifier: Apache-2.0
//
// Units that were compiled function by function, against "shipped" modules made of the same source in one
// piece.
#include "build/evidence.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "../compiled.h"
#include "build/difference_text.h"
#include "image/shipped_module.h"

namespace suture {
namespace {

class Comparison {
 public:
  Comparison(const std::string& ours, const std::string& theirs, const std::vector<std::string>& options = {})
      : object_(compiled(ours, options)), unit_(*Unit::cut(object_, "unit.c")) {
    std::vector<std::string> whole{"-fno-function-sections", "-fno-data-sections"};
    whole.insert(whole.end(), options.begin(), options.end());
    whole_ = compiled(theirs, whole);
    const auto bytes = elf::serialize(whole_);
    EXPECT_TRUE(bytes);
    auto shipped = ShippedModule::parse(*bytes, "shipped");
    EXPECT_TRUE(shipped);
    shipped_.emplace(std::move(*shipped));
    evidence_ = check_against_shipped(unit_, *shipped_);
  }

  bool is_proven(std::string_view name) const { return evidence_.proven.at(id(name)); }
  std::string different() const {
    std::string names;
    for (const std::string& name : evidence_.record.different) names += (names.empty() ? "" : " ") + name;
    return names;
  }
  std::uint32_t compared() const { return evidence_.record.functions_compared; }
  Difference difference(std::string_view name) const {
    return find_difference(unit_, evidence_, id(name), *shipped_);
  }
  std::string text(std::string_view name) const {
    return difference_text(unit_, id(name), difference(name), *shipped_);
  }
  /// Bytes by which the function is longer where it was shipped.
  std::int64_t growth(std::string_view name) const {
    const auto symbol = std::ranges::find(whole_.symbols, name, &elf::Symbol::name);
    EXPECT_NE(symbol, whole_.symbols.end()) << name;
    return static_cast<std::int64_t>(symbol->size - unit_.atom(id(name)).size);
  }

 private:
  AtomId id(std::string_view name) const {
    const auto found = std::ranges::find(unit_.atoms(), name, &Atom::name);
    EXPECT_NE(found, unit_.atoms().end()) << name;
    return static_cast<AtomId>(found - unit_.atoms().begin());
  }

  elf::Object object_;
  elf::Object whole_;
  Unit unit_;
  std::optional<ShippedModule> shipped_;
  Evidence evidence_;
};

// Where the loop begins depends on where the function does.
const std::string kLoop = R"(
int before(int x) { return x * 3 + 1; }
long sum(const long* from, const long* to) {
  long all = 0;
  asm volatile(".balign 64");
  while (from < to) { all += *from++; if (all == 7) break; }
  return all + 2;
}
)";

TEST(Evidence, FillingBeforeALoopDependsOnThePlace) {
  const Comparison same(kLoop, kLoop);
  EXPECT_EQ(same.different(), "");
  EXPECT_NE(same.growth("sum"), 0) << "the test means nothing: nothing moved";
}

TEST(Evidence, CodeBehindTheFillingMustBeTheSame) {
  std::string other = kLoop;
  other.replace(other.find("all + 2"), 7, "all + 3");
  const Comparison comparison(kLoop, other);
  EXPECT_EQ(comparison.different(), "sum");
  EXPECT_EQ(comparison.difference("sum").kind, Difference::Kind::kCode);
  EXPECT_NE(comparison.text("sum").find("in the kernel"), std::string::npos);
}

// Instructions without effect that no alignment explains are something that the source says.
TEST(Evidence, FillingMustBeWhatAlignmentAsksFor) {
  const auto with = [](const std::string& assembly) {
    return "int f(int x) { asm volatile(\"" + assembly + "\"); return x * 3; }\n";
  };
  EXPECT_EQ(Comparison(with("nop; nop; inc %edx"), with("nop; nop; inc %edx")).different(), "");
  EXPECT_EQ(Comparison(with("nop; inc %edx"), with("nop; nop; inc %edx")).different(), "f");
  EXPECT_EQ(Comparison(with("inc %edx"), with("nopl (%rax); inc %edx")).different(), "f");
}

TEST(Evidence, JumpsMustLeadToTheSameInstruction) {
  // Both sides have the same instructions; only where the jump goes differs.
  const auto with = [](const std::string& target) {
    return "void f(void) { asm volatile(\".balign 16\\n1: inc %eax\\n2: inc %ecx\\n.balign 64\\n"
           "dec %edx\\njnz " +
           target + "b\"); }\nint pad(void) { return 1; }\n";
  };
  EXPECT_EQ(Comparison(with("1"), with("1")).different(), "");
  EXPECT_EQ(Comparison(with("1"), with("2")).different(), "f");
}

// Within one section the assembler makes jumps to functions nearby short.
TEST(Evidence, JumpsToNearFunctionsMayBeShort) {
  const std::string source = R"(
__attribute__((noinline, noclone)) static int last(int x) { asm volatile(""); return x + 1; }
int f(int x) { return x > 3 ? last(x) : last(x - 2) + 9; }
int behind_f(int x) { return x + 5; }
)";
  const std::vector<std::string> unaligned{"-fno-align-jumps", "-fno-align-labels"};
  const Comparison same(source, source, unaligned);
  EXPECT_EQ(same.different(), "");
  EXPECT_LT(same.growth("f"), 0) << "the test means nothing: the jump is long";

  std::string other = source;
  other.replace(other.find("? last(x)"), 9, "? behind_f(x)");
  other = "int behind_f(int x);\n" + other;
  EXPECT_EQ(Comparison(source, other, unaligned).different(), "f");
}

// A cold part jumps back into the middle of its function, which moved.
TEST(Evidence, ColdPartsLeadBackIntoWhatMoved) {
  const std::string source = R"(
void complain(int) __attribute__((cold));
int before(int x) { return x * 3 + 1; }
long sum(const long* from, const long* to) {
  long all = 0;
  while (from < to) {
    all += *from++;
    asm volatile(".balign 64");
    if (__builtin_expect(all == 7, 0)) { complain(3); all += 2; }
  }
  return all + 2;
}
)";
  const Comparison same(source, source);
  EXPECT_EQ(same.different(), "");
  EXPECT_TRUE(same.is_proven("sum.cold"));
}

// As WARN does since 6.19: code hands its own entry of the table to the trap's handler.
std::string warning(const std::string& entry) {
  return R"(
int before(int x) { asm volatile("1: ud2\n.pushsection __bug_table,\"aw\"\n.long 1b - ., 0, 0\n.popsection"); return x; }
int f(int x) {
  asm volatile("lea )" +
         entry +
         R"((%rip), %rdi\n1: ud2\n.pushsection __bug_table,\"aw\"\n2: .long 1b - ., 0, 0\n.popsection");
  return x;
}
)";
}

TEST(Evidence, CodeMayNameItsOwnEntry) {
  const std::string more =
      "int more(void) { asm volatile(\"1: ud2\\n.pushsection __bug_table,\\\"aw\\\"\\n"
      ".long 1b - ., 0, 0\\n.popsection\"); return 1; }\n";
  EXPECT_EQ(Comparison(warning("2f"), more + warning("2f")).different(), "");
  EXPECT_EQ(Comparison(warning("2f"), more + warning("2f-12")).different(), "f");
}

// Another unit's definition is in the kernel, and says nothing of this one.
TEST(Evidence, WeakDefinitionsThatLostAreNotCompared) {
  const std::string weak =
      "__attribute__((weak)) int f(int x) { return x; }\nint g(int x) { return x + 2; }\n";
  const std::string other = "int f(int x) { return x * 3; }\nint g(int x) { return x + 2; }\n";
  const Comparison lost(weak, other);
  EXPECT_EQ(lost.compared(), 1u);
  EXPECT_EQ(lost.different(), "");
  EXPECT_FALSE(lost.is_proven("f"));
  EXPECT_EQ(lost.difference("f").kind, Difference::Kind::kOverridden);
  const Comparison kept(weak, weak);
  EXPECT_EQ(kept.compared(), 2u);
  EXPECT_TRUE(kept.is_proven("f"));
}

TEST(Evidence, ReferencesMustLeadToWhatTheyName) {
  const std::string source = "int a, b; int f(void) { return a; } int g(void) { return b; }\n";
  std::string other = source;
  other.replace(other.find("return a"), 8, "return b");
  const Comparison comparison(source, other);
  EXPECT_EQ(comparison.different(), "f");
  EXPECT_EQ(comparison.difference("f").kind, Difference::Kind::kReference);
  EXPECT_NE(comparison.text("f").find("leads elsewhere than to a"), std::string::npos);
}

TEST(Evidence, WhatIsNotThereIsSaid) {
  const Comparison comparison("int f(void) { return 1; }\n", "int g(void) { return 1; }\n");
  EXPECT_EQ(comparison.difference("f").kind, Difference::Kind::kNotThere);
  EXPECT_EQ(comparison.text("f"), "the kernel has no symbol of that name");
}

}  // namespace
}  // namespace suture
