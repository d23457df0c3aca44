// SPDX-License-Identifier: Apache-2.0
#include "build/unit_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace suture {
namespace {

using testing::ElementsAre;

TEST(TopLevelItems, EndWhereDeclarationsDo) {
  EXPECT_THAT(
      top_level_items("# 1 \"a.h\" 1\nint a;\n# 2 \"a.h\"\nstruct s { int x; } t;\n"
                      "static inline int f(int x)\n{ if (x) { return 1; } return '}'; }\nint b[] = {1, 2};"),
      ElementsAre("int a ;", "struct s { int x ; } t ;",
                  "static inline int f ( int x ) { if ( x ) { return 1 ; } return '}' ; }",
                  "int b [ ] = { 1 , 2 } ;"));
}

TEST(TopLevelItems, StringsAndMarkersAreNoCode) {
  EXPECT_THAT(top_level_items("const char *s = \"a;b\\\"}\";\n#pragma pack(1)\nint a;"),
              ElementsAre("const char * s = \"a;b\\\"}\" ;", "#pragma pack(1) int a ;"));
  EXPECT_THAT(top_level_items(""), ElementsAre());
  EXPECT_THAT(top_level_items("# 1 \"only a marker\""), ElementsAre());
  EXPECT_THAT(top_level_items("int broken(\""), ElementsAre("int broken ( \""));
}

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
  EXPECT_TRUE(code_may_differ("static inline int f(int x) { return x; }\n" + caller,
                              "static inline int f(int x) { return x + 1; }\n" + caller));
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

}  // namespace
}  // namespace suture
