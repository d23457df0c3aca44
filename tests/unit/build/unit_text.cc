// SPDX-License-Identifier: Apache-2.0
#include "build/unit_text.h"

#include <gtest/gtest.h>

namespace suture {
namespace {

const std::string kUser = "int use(int x) { return x + 1; }\n";
const std::string kCaller = "int use(int x) { return f(x); }\n";

TEST(CodeMayDiffer, NotByAnInlineFunctionThatNobodyNames) {
  const std::string one = "static inline int f(int x) { return x; }\n";
  const std::string two = "static inline __attribute__((unused)) int f(int x) { return x + 2; }\n";
  EXPECT_FALSE(code_may_differ(one + kUser, two + kUser));
  EXPECT_FALSE(code_may_differ(one + kUser, kUser));
  EXPECT_FALSE(code_may_differ(one + kUser, "int f(int x);\n" + kUser));
  EXPECT_FALSE(code_may_differ(one + kUser, "struct s *f(struct s *x);\n" + kUser));
  EXPECT_TRUE(code_may_differ(one + kCaller, two + kCaller));
}

// The caller is an inline function itself, which is the same in both.
TEST(CodeMayDiffer, ByWhatAnotherInlineFunctionNames) {
  const std::string caller = "static inline int g(int x) { return f(x); }\n";
  const std::string before = "static inline int f(int x) { return x; }\n" + caller;
  const std::string after = "static inline int f(int x) { return x + 1; }\n" + caller;
  EXPECT_TRUE(code_may_differ(before + "int use(int x) { return g(x); }\n",
                              after + "int use(int x) { return g(x); }\n"));
  EXPECT_FALSE(code_may_differ(before + kUser, after + kUser));
}

TEST(CodeMayDiffer, NotByLinesAndBlanks) {
  EXPECT_FALSE(code_may_differ("# 1 \"a\"\nint  a;\n" + kUser, "# 7 \"b\"\nint a;\n\n" + kUser));
}

TEST(CodeMayDiffer, ByWhatIsThereWithoutBeingNamed) {
  for (const char* change : {
           "int f(int x) { return x; }\n",                                      // a function of its own
           "static int f(int x) { return x; }\n",                               //
           "extern inline int f(int x) { return x; }\n",                        //
           "static inline __attribute__((used)) int f(int x) { return x; }\n",  //
           "static inline __attribute__((section(\".x\"))) int f(int x) { return x; }\n",
           "int v;\n",
           "static int v = 3;\n",
           "extern int v[3];\n",  // variables
           "int v, f(int);\n",
           "int f(int), v;\n",
           "int (*f)(int);\n",
           "extern typeof(use) v;\n",
           "struct f { int x; };\n",
           "typedef int f(int);\n",
           "enum { A, B };\n",  // types
           "int f(int) __asm__(\"use\");\n",
           "asm(\"nop\");\n",
           "_Static_assert(1, \"\");\n",
           "#pragma pack(1)\nint f(int);\n",
           "static inline int f(int x) X { return x; } int v;\n",  // more behind it
       }) {
    EXPECT_TRUE(code_may_differ(kUser, change + kUser)) << change;
    EXPECT_TRUE(code_may_differ(change + kUser, kUser)) << change;
  }
}

TEST(CodeMayDiffer, ByTheOrder) {
  EXPECT_TRUE(code_may_differ("int a; int b;", "int b; int a;"));
}

const StructChange kTask{.tag = "task", .members = {"bit"}};

// What tells is named by inline functions of headers, and those by nothing.
TEST(CodeMayDiffer, ByAMemberOnlyWhereCodeNamesIt) {
  const std::string before = "struct task { unsigned a : 1; int b; };\n";
  const std::string after = "struct task { unsigned a : 1; unsigned bit : 1; int b; };\n";
  const std::string inlined =
      "static inline int has_bit(struct task *t) { return t->bit; }\n"
      "static inline int asks(struct task *t) { return has_bit(t); }\n";
  const auto differs = [&](const std::string& code) {
    return code_may_differ(before + code, after + code, {&kTask, 1});
  };
  EXPECT_TRUE(code_may_differ(before + kUser, after + kUser)) << "nothing is known of it";
  EXPECT_FALSE(differs(kUser));
  EXPECT_FALSE(differs(inlined + kUser));
  EXPECT_TRUE(differs(inlined + "int f(struct task *t) { return asks(t); }\n"));
  EXPECT_TRUE(differs("int f(struct task *t) { return t->bit; }\n"));
  EXPECT_FALSE(differs("int f(struct task *t) { int bit = t->b; return bit; }\n"));
  EXPECT_FALSE(differs("struct other { int bit; };\nint f(struct task *t);\n"));
  // Other things that changed are still seen.
  EXPECT_TRUE(code_may_differ(before + "int v;\n", after + "long v;\n", {&kTask, 1}));
}

TEST(CodeMayDiffer, ByValuesInTheOrderOfTheMembers) {
  const std::string before = "struct task { int a; int b; };\n";
  const std::string after = "struct task { int a; int bit; int b; };\n";
  for (const char* code : {"struct task first = { 1, 2 };\n", "struct task all[2] = { { 1, 2 } };\n",
                           "struct task first __attribute__((aligned(64))) = { 1 };\n",
                           "void f(void) { use((struct task){ 1, 2 }); }\n", "typedef struct task task_t;\n",
                           "unsigned o(void) { return __builtin_offsetof(struct task, bit); }\n"})
    EXPECT_TRUE(code_may_differ(before + code, after + code, {&kTask, 1})) << code;
  for (const char* code :
       {"extern struct task first;\n", "int f(struct task *t) { struct task *u = t; return !u; }\n",
        "struct task *f(int x) { return g(x, 0); }\n",
        "void f(struct task *t, int b) { if (t) { h(b); } }\n"})
    EXPECT_FALSE(code_may_differ(before + code, after + code, {&kTask, 1})) << code;
}

}  // namespace
}  // namespace suture
