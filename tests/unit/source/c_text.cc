// SPDX-License-Identifier: Apache-2.0
#include "source/c_text.h"

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

TEST(DefinedFunction, HoweverItIsWritten) {
  EXPECT_EQ(defined_function("static __always_inline bool f ( int x ) { return x ; }"), "f");
  EXPECT_EQ(defined_function("int f ( int x ) ;"), "");
  EXPECT_EQ(defined_function("struct s { int x ; } ;"), "");
  EXPECT_EQ(dispensable_function("static inline int f ( int x ) { return x ; }"), "f");
  EXPECT_EQ(dispensable_function("int f ( int x ) { return x ; }"), "");
}

TEST(DefinedStruct, DeclaresNothingElse) {
  EXPECT_EQ(defined_struct("struct s { int x ; struct { int y ; } z ; } ;"), "s");
  EXPECT_EQ(defined_struct("struct s { int x ; } __attribute__ ( ( packed ) ) ;"), "s");
  EXPECT_EQ(defined_struct("struct s { int x ; } __randomize_layout ;"), "s");
  for (const char* other : {"struct s { int x ; } v ;", "struct s * f ( void ) { return 0 ; }", "struct s ;",
                            "union s { int x ; } ;", "struct { int x ; } v ;", ""})
    EXPECT_EQ(defined_struct(other), "") << other;
}

TEST(WithoutComments, KeepsStringsAndJoinsLines) {
  EXPECT_EQ(without_comments("a /* b\n */ c // d\ne"), "a   c \ne");
  EXPECT_EQ(without_comments("\"/* no */\" '\"' '//'"), "\"/* no */\" '\"' '//'");
  EXPECT_EQ(without_comments("#define A \\\n  1\n"), "#define A   1\n");
  EXPECT_EQ(without_comments("\"a\\\"/*b*/\""), "\"a\\\"/*b*/\"");
  // Broken text ends where it ends.
  EXPECT_EQ(without_comments("a /* b"), "a  ");
  EXPECT_EQ(without_comments("a //"), "a ");
  EXPECT_EQ(without_comments("\"a"), "\"a");
  EXPECT_EQ(without_comments("'\\"), "'\\");
  EXPECT_EQ(without_comments("/"), "/");
  EXPECT_EQ(without_comments("don't\n/* x */b"), "don't\n b");
}

TEST(PreprocessorLines, AreThoseWithASharp) {
  EXPECT_THAT(preprocessor_lines("#if A\nint x;\n  # define B 1\n#line 7\n#endif"),
              ElementsAre("#if A", "# define B 1", "#endif"));
}

}  // namespace
}  // namespace suture
