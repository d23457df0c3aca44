// SPDX-License-Identifier: Apache-2.0
#include "build/c_declarations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace suture {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

/// Text and its declarations, which point into it.
struct Cut {
  explicit Cut(std::string_view text) : tokens(cut_tokens(text)) {
    for (const CDeclarationText& one : cut_declarations(tokens))
      declarations.push_back(read_declaration(one));
  }
  std::vector<Token> tokens;
  std::vector<CDeclaration> declarations;
};

bool makes_code(std::string_view text) {
  const Cut cut(text);
  EXPECT_EQ(cut.declarations.size(), 1u) << text;
  return cut.declarations.at(0).makes_code;
}

std::vector<std::string_view> introduced(std::string_view text) {
  const Cut cut(text);
  EXPECT_EQ(cut.declarations.size(), 1u) << text;
  EXPECT_FALSE(cut.declarations.at(0).makes_code) << text;
  return cut.declarations.at(0).introduces;
}

TEST(CDeclarations, AreCutWhereTheyEnd) {
  const Cut cut(
      "struct a { int x; }; static inline int f(void) { return ({ 1; }); }\n#pragma pack(1)\n"
      "int v[] = { 1, 2 }; struct a *g(struct a { int y; } *p) { if (p) { } } enum e { A } h(void) { } ;");
  std::vector<std::string> firsts;
  for (const CDeclaration& declaration : cut.declarations) {
    const auto& tokens = declaration.tokens;
    firsts.emplace_back(tokens.front().text.data(), tokens.back().text.data() + tokens.back().text.size());
  }
  EXPECT_THAT(firsts, ElementsAre("struct a { int x; };", "static inline int f(void) { return ({ 1; }); }",
                                  "#pragma pack(1)", "int v[] = { 1, 2 };",
                                  "struct a *g(struct a { int y; } *p) { if (p) { } }",
                                  "enum e { A } h(void) { }", ";"));
}

TEST(CDeclarations, TypesPrototypesAndExternsMakeNoCode) {
  EXPECT_THAT(introduced("struct a;"), ElementsAre("a"));
  EXPECT_THAT(
      introduced(
          "struct a { int x, *y; struct { long z; }; unsigned b : 3, : 0; int (*call)(int, struct q *); };"),
      ElementsAre("a", "x", "y", "z", "b", "call"));
  EXPECT_THAT(introduced("union u { char c[8]; } __attribute__((__aligned__(8)));"), ElementsAre("u", "c"));
  EXPECT_THAT(introduced("enum e { A, B = sizeof(struct x), C };"), ElementsAre("e", "A", "B", "C"));
  EXPECT_THAT(introduced("typedef unsigned long long u64;"), ElementsAre("u64"));
  EXPECT_THAT(introduced("typedef int (*fn_t)(struct a *), *p_t;"), ElementsAre("fn_t", "p_t"));
  EXPECT_THAT(introduced("extern const struct a *first, second[4];"), ElementsAre("first", "second"));
  EXPECT_THAT(introduced("int f(struct a *p, int n) __attribute__((__warn_unused_result__));"),
              ElementsAre("f"));
  EXPECT_THAT(introduced("struct a *f(void), *g(void);"), ElementsAre("f", "g"));
  EXPECT_THAT(introduced("extern typeof(other) copy;"), ElementsAre("copy"));
  EXPECT_THAT(introduced(";"), IsEmpty());
}

TEST(CDeclarations, StaticFunctionsMakeNoCodeByThemselves) {
  EXPECT_THAT(introduced("static inline __attribute__((__gnu_inline__)) __attribute__((__unused__)) int "
                         "f(int a) { return a; }"),
              ElementsAre("f"));
  EXPECT_THAT(introduced("static struct a *f(void) { return 0; }"), ElementsAre("f"));
  EXPECT_THAT(introduced("static int (*f(int a))(void) { return 0; }"), ElementsAre("f"));
  EXPECT_TRUE(makes_code("int f(int a) { return a; }"));
  EXPECT_TRUE(makes_code("static int __attribute__((__used__)) f(void) { return 0; }"));
  EXPECT_TRUE(makes_code("static void __attribute__((constructor)) f(void) { }"));
}

TEST(CDeclarations, WhatMakesASymbolMakesCode) {
  EXPECT_TRUE(makes_code("int x;"));
  EXPECT_TRUE(makes_code("static const int x = 1;"));
  EXPECT_TRUE(makes_code("extern int x = 1;"));
  EXPECT_TRUE(makes_code("struct a { int x; } object;"));
  EXPECT_TRUE(makes_code("int f(void), x;"));
  EXPECT_TRUE(makes_code("int f(void) __attribute__((alias(\"g\")));"));
  EXPECT_TRUE(makes_code("asm(\".globl x\");"));
  EXPECT_TRUE(makes_code("int f(void) asm(\"other_name\");"));
}

// Nobody may conclude anything from these.
TEST(CDeclarations, WhatIsNotUnderstoodMakesCode) {
  EXPECT_TRUE(makes_code("#pragma pack(1)"));
  EXPECT_TRUE(makes_code("_Static_assert(sizeof(int) == 4, \"\");"));
  EXPECT_TRUE(makes_code("struct a { int x; _Static_assert(1, \"\"); };"));
  EXPECT_TRUE(makes_code("struct a { int x;"));
  EXPECT_TRUE(makes_code("static int f(void) {"));
  EXPECT_TRUE(makes_code("} ;"));
  EXPECT_TRUE(makes_code("struct { int x : }; "));
  EXPECT_TRUE(makes_code("int __attribute__((made_up)) f(void);"));
  EXPECT_TRUE(makes_code("__attribute__"));
  EXPECT_TRUE(makes_code("int __attribute__((x"));
  for (const CDeclaration& old : Cut("int f(a) int a; { return a; }").declarations)
    EXPECT_TRUE(old.makes_code || old.introduces == std::vector<std::string_view>{"f"});
}

TEST(CDeclarations, TellWhatTheySpeakOf) {
  const Cut cut("struct a { struct b *next; u32 count[MOST]; };");
  EXPECT_THAT(cut.declarations.at(0).speaks_of, UnorderedElementsAre("struct", "struct", "b", "u32", "MOST"));
  EXPECT_EQ(cut.declarations.at(0).tag, "a");
  EXPECT_EQ(cut.declarations.at(0).body.size(), 11u);
  EXPECT_EQ(Cut("typedef struct a { int x; } a_t;").declarations.at(0).tag, "");
  EXPECT_THAT(Cut("typedef struct a { int x; } a_t;").declarations.at(0).tags, ElementsAre("a"));
  EXPECT_THAT(Cut("typedef struct a { int x; } a_t;").declarations.at(0).typedefs, ElementsAre("a_t"));
  EXPECT_EQ(Cut("enum a { X };").declarations.at(0).tag, "");
}

TEST(CDeclarations, DeepOnesEnd) {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += "struct { ";
  EXPECT_TRUE(makes_code(text));
  EXPECT_TRUE(makes_code(text + std::string(10000, '}') + ";"));
}

TEST(CMembers, AreTakenApart) {
  const auto tokens =
      cut_tokens("int a; unsigned b : 1, : 2; struct { int c; } d; int (*f)(int); broken broken broken;");
  const auto members = cut_members(tokens);
  ASSERT_EQ(members.size(), 5u);
  EXPECT_THAT(members[0].introduces, ElementsAre("a"));
  EXPECT_FALSE(members[0].bit_field);
  EXPECT_THAT(members[1].introduces, ElementsAre("b"));
  EXPECT_TRUE(members[1].bit_field);
  EXPECT_THAT(members[2].introduces, ElementsAre("c", "d"));
  EXPECT_THAT(members[3].introduces, ElementsAre("f"));
  EXPECT_TRUE(members[3].understood);
  EXPECT_FALSE(members[4].understood);
}

}  // namespace
}  // namespace suture
