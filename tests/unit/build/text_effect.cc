// SPDX-License-Identifier: Apache-2.0
//
// Each test is a way for a change in a header to reach code, or not to.
#include "build/text_effect.h"

#include <gtest/gtest.h>

namespace suture {
namespace {

constexpr auto kNone = TextEffect::kNone;
constexpr auto kUnused = TextEffect::kUnused;
constexpr auto kPossible = TextEffect::kPossible;

const CompareLayouts kUnknownLayout = [](const StructureChange&) -> std::optional<LayoutChange> {
  return std::nullopt;
};

TextEffect effect(const std::string& before, const std::string& after,
                  const CompareLayouts& layouts = kUnknownLayout) {
  return text_effect(before, after, layouts);
}

TEST(TextEffect, SameTokensAreTheSame) {
  EXPECT_EQ(effect("int f(void) { return 1; }", "int  f(void)\n{ return 1; }"), kNone);
}

TEST(TextEffect, CodeThatDiffersMayChange) {
  EXPECT_EQ(effect("int f(void) { return 1; }", "int f(void) { return 2; }"), kPossible);
  EXPECT_EQ(effect("int x;", "long x;"), kPossible);
  EXPECT_EQ(effect("", "asm(\"nop\");"), kPossible);
  EXPECT_EQ(effect("struct a { int x; };", "\n#pragma pack(1)\nstruct a { int x; };"), kPossible);
}

TEST(TextEffect, LineNumbersThatTheCompilerIsToFillInAreNotTokens) {
  EXPECT_EQ(effect("int f(void) { return __builtin_LINE(); }", "\nint f(void) { return __builtin_LINE(); }"),
            kPossible);
}

const std::string kOld = "static inline int help(int a) { return a; } ";
const std::string kNew = "static inline int help(int a) { return a + 1; } ";

TEST(TextEffect, AnInlineFunctionReachesWhoCallsIt) {
  EXPECT_EQ(effect(kOld, kNew), kUnused);
  EXPECT_EQ(effect(kOld + "int f(void) { return 1; }", kNew + "int f(void) { return 1; }"), kUnused);
  EXPECT_EQ(effect(kOld + "int f(void) { return help(1); }", kNew + "int f(void) { return help(1); }"),
            kPossible);
}

TEST(TextEffect, AnInlineFunctionReachesThroughOthers) {
  const std::string middle =
      "static inline int more(int a) { return help(a); } static int most(void) { return more(1); } ";
  EXPECT_EQ(effect(kOld + middle, kNew + middle), kUnused) << "nothing uses those either";
  const std::string user = "const struct ops ops = { .get = most };";
  EXPECT_EQ(effect(kOld + middle + user, kNew + middle + user), kPossible);
}

TEST(TextEffect, OrderOfDeclarationsDoesNotHideAUser) {
  const std::string user =
      "static int late(void); int f(void) { return late(); } static int late(void) { return help(1); }";
  EXPECT_EQ(effect(kOld + user, kNew + user), kPossible);
}

TEST(TextEffect, AnAliasAndAssemblerUseByString) {
  const std::string alias =
      "static int body(void) { return help(1); } int f(void) __attribute__((alias(\"body\")));";
  EXPECT_EQ(effect(kOld + alias, kNew + alias), kPossible);
  const std::string assembler = "static int body(void) { return help(1); } asm(\"thunk: call body\\n ret\");";
  EXPECT_EQ(effect(kOld + assembler, kNew + assembler), kPossible);
  const std::string text = "static int body(void) { return help(1); } int f(void) { print(\"body\"); }";
  EXPECT_EQ(effect(kOld + text, kNew + text), kUnused) << "a text is no symbol";
}

TEST(TextEffect, AFunctionThatIsKeptByAnAttributeMakesCode) {
  const std::string kept = "static int __attribute__((used)) body(void) { return help(1); }";
  EXPECT_EQ(effect(kOld + kept, kNew + kept), kPossible);
  const std::string before =
      "static int body(void) __attribute__((used)); static int body(void) { return help(1); }";
  EXPECT_EQ(effect(kOld + before, kNew + before), kPossible) << "by an earlier declaration";
}

TEST(TextEffect, ConstantsReachThroughTypes) {
  const std::string types = "struct b { char room[MOST]; }; typedef struct b b_t; ";
  EXPECT_EQ(effect("enum { MOST = 4 }; " + types, "enum { MOST = 5 }; " + types), kUnused);
  const std::string user = types + "int f(b_t *p) { return sizeof(*p); }";
  EXPECT_EQ(effect("enum { MOST = 4 }; " + user, "enum { MOST = 5 }; " + user), kPossible);
}

TEST(TextEffect, APrototypeReachesCallers) {
  const std::string user = "int f(void) { return get(); }";
  EXPECT_EQ(effect("int get(void); " + user, "unsigned char get(void); " + user), kPossible);
  EXPECT_EQ(effect("int get(void); int f;", "int f;"), kUnused);
}

// A header may turn an inline function into one that another unit has.
TEST(TextEffect, AFunctionThatMovesElsewhereReachesCallers) {
  const std::string user = "int f(void) { return help(1); }";
  EXPECT_EQ(effect(kOld + user, "int help(int a); " + user), kPossible);
  EXPECT_EQ(effect(kOld + "int x;", "int help(int a); int x;"), kUnused);
}

/// A large structure that gets a bit where there was padding.
class Structure : public testing::Test {
 protected:
  static std::string old_text(const std::string& rest) {
    return "struct task { int pid; unsigned first:1; char room[400]; }; " + rest;
  }
  static std::string new_text(const std::string& rest) {
    return "struct task { int pid; unsigned first:1; unsigned added:1; char room[400]; }; " + rest;
  }
  TextEffect with(const std::string& rest) const { return effect(old_text(rest), new_text(rest), layouts_); }

  CompareLayouts layouts_ = [](const StructureChange& change) -> std::optional<LayoutChange> {
    EXPECT_EQ(change.type, "struct task");
    EXPECT_EQ(change.text_before.substr(change.text_before.size() - 2), "};");
    EXPECT_NE(change.after.find("added:1"), std::string_view::npos);
    return LayoutChange{.moved = {"added"}, .bit_fields = {"added", "first"}};
  };
};

TEST_F(Structure, OtherMembersAreNotTouched) {
  EXPECT_EQ(with("int f(struct task *t) { return t->pid + sizeof(*t) + sizeof(struct task); }"), kUnused);
  EXPECT_EQ(with("void f(struct task *a, const struct task *b) { *a = *b; }"), kUnused) << "all its bytes";
}

TEST_F(Structure, TheNewMemberReachesWhoNamesIt) {
  EXPECT_EQ(with("int f(struct task *t) { return t->added; }"), kPossible);
}

// How many bits the compiler reads at once depends on all neighbours.
TEST_F(Structure, ABitFieldTouchesOtherBitFields) {
  EXPECT_EQ(with("int f(struct task *t) { return t->first; }"), kPossible);
}

TEST_F(Structure, WhereTheLayoutChangesAllUsersMayChange) {
  layouts_ = kUnknownLayout;
  EXPECT_EQ(with("int f(struct task *t) { return t->pid; }"), kPossible);
  EXPECT_EQ(with("int f(void *t) { return 1; }"), kUnused);
}

TEST_F(Structure, ObjectsOfItAreTouched) {
  EXPECT_EQ(with("void f(void) { struct task t = { 1 }; use(&t); }"), kPossible);
  EXPECT_EQ(with("struct task first_task = { .pid = 1 };"), kPossible);
  EXPECT_EQ(with("void f(struct task *t) { *t = (struct task){ 1 }; }"), kPossible);
  EXPECT_EQ(with("extern struct task first_task; int f(void) { return first_task.pid; }"), kPossible);
  EXPECT_EQ(with("extern struct task *current_task; int f(void) { return current_task->pid; }"), kUnused);
}

TEST_F(Structure, ValuesOfATypeWithoutANameAreTouched) {
  EXPECT_EQ(with("void f(struct task *t) { *t = (typeof(*t)){ 1 }; }"), kPossible);
  EXPECT_EQ(with("void f(struct task *t) { const __typeof__(*t) x = { 1 }; use(&x); }"), kPossible);
  EXPECT_EQ(with("void f(struct task *t) { typeof(*t) *p = t, x = { 1 }; use(&x); }"), kPossible);
  EXPECT_EQ(with("void f(struct task *t) { typeof(*t) x[2] = { { 1 } }; use(x); }"), kPossible);
  EXPECT_EQ(with("void f(struct task *t) { typeof(*t) *x = t; use(x); }"), kUnused);
  EXPECT_EQ(with("long f(int b, typeof(b) n) { return n; }"), kUnused) << "a function's own braces";
}

TEST_F(Structure, TypesWithOneInThemAreLikeIt) {
  const std::string outer = "struct outer { struct task task; int tail; }; typedef struct outer outer_t; ";
  EXPECT_EQ(with(outer + "int f(struct outer *o) { return o->tail + o->task.pid; }"), kUnused);
  EXPECT_EQ(with(outer + "void f(void) { struct outer o = { { 1 } }; use(&o); }"), kPossible);
  EXPECT_EQ(with(outer + "void f(void) { outer_t o = { { 1 } }; use(&o); }"), kPossible);
}

TEST_F(Structure, AnotherThingOfThatNameOnlyCosts) {
  EXPECT_EQ(with("struct list { int added; };"), kUnused) << "a member of another structure";
  EXPECT_EQ(with("struct list { int added; }; int f(struct list *l) { return l->added; }"), kPossible);
}

TEST_F(Structure, AConstantUnderItTouchesItAsAWhole) {
  const std::string rest = "int f(struct task *t) { return t->room[0]; }";
  EXPECT_EQ(
      effect("enum { MOST = 400 }; struct task { int pid; unsigned first:1; char room[MOST]; }; " + rest,
             "enum { MOST = 401 }; struct task { int pid; unsigned first:1, added:1; char room[MOST]; }; " +
                 rest,
             [](const StructureChange&) { return LayoutChange{.moved = {"added"}, .bit_fields = {}}; }),
      kPossible);
}

// Debug information does not know const and volatile, the tokens do.
TEST_F(Structure, AMemberThatIsDeclaredAnewIsTouched) {
  const auto same = [](const StructureChange&) { return LayoutChange{}; };
  const std::string user = "int f(struct task *t) { return t->pid; }";
  EXPECT_EQ(effect("struct task { int pid; int other; }; " + user,
                   "struct task { volatile int pid; int other; }; " + user, same),
            kPossible);
  EXPECT_EQ(effect("struct task { int pid; int other; }; " + user,
                   "struct task { int pid; volatile int other; }; " + user, same),
            kUnused);
}

TEST_F(Structure, AttributesOfTheWholeAreNotAMatterOfMembers) {
  const auto same = [](const StructureChange&) { return LayoutChange{}; };
  const std::string user = "int f(struct task *t) { return t->pid; }";
  EXPECT_EQ(effect("struct task { int pid; }; " + user,
                   "struct task { int pid; } __attribute__((packed)); " + user, same),
            kPossible);
}

TEST(TextEffectOnBytes, AnythingEnds) {
  const std::string junk = "struct { ( [ } \" \n # \\ ' static inline f( { struct a { int";
  for (std::size_t size = 0; size <= junk.size(); ++size)
    effect(junk.substr(0, size), junk.substr(size) + junk);
}

}  // namespace
}  // namespace suture
