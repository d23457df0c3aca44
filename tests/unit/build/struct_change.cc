// SPDX-License-Identifier: Apache-2.0
//
// With debug information that the compiler of this machine writes.
#include "build/struct_change.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "base/process.h"

namespace suture {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(OnlyStructChanged, NamesIt) {
  const std::string rest = "#define A 1\nint f(void);\n";
  EXPECT_EQ(only_struct_changed(rest + "struct s {\n\tint a;\n};\n",
                                rest + "struct s {\n\tint a; /* new: */ int b;\n};\n"),
            "s");
  // Numbers of lines are no change.
  EXPECT_EQ(only_struct_changed("struct s { int a; };\n", "struct s { int a;\nint b;\n#line 2\n};\n"), "s");
}

TEST(OnlyStructChanged, SeesWhatElseDoes) {
  const std::string before = "#define A 1\nstruct s { int a; };\nint f(void);\n";
  for (const char* after : {
           "#define A 2\nstruct s { int a; int b; };\nint f(void);\n",                        // a macro
           "#define A 1\nstruct s { int a; int b; };\nlong f(void);\n",                       // a declaration
           "#define A 1\nstruct s { int a; };\nlong f(void);\n",                              //
           "#define A 1\nstruct s {\n#ifdef B\n int a;\n#endif\n};\nint f(void);\n",          // a condition
           "#define A 1\nstruct t { int a; };\nint f(void);\n",                               // the name
           "#define A 1\nstruct s { int a; int b; };\nstruct t { int a; };\nint f(void);\n",  // more of them
           "#define A 1\nstruct s { int a; } v;\nint f(void);\n",                             // a variable
           "#define A 1\nstruct s { int a; };\nint f(void);\n",                               // nothing
       })
    EXPECT_EQ(only_struct_changed(before, after), std::nullopt) << after;
}

class StructChanges : public testing::Test {
 protected:
  static DebugInfo compiled(const std::string& members, const std::string& more) {
    const TempDir folder = TempDir::make("suture-test").value();
    const auto source = folder.path() / "unit.c";
    const auto object = folder.path() / "unit.o";
    const std::string text = "struct s { char large[400]; " + members + " };\n" + more + "struct s v;\n";
    EXPECT_TRUE(write_file(source, text).has_value());
    EXPECT_TRUE(run_ok({.argv = {"gcc", "-g", "-c", source.string(), "-o", object.string()}}).has_value());
    DebugInfo info = DebugInfo::read(object).value();
    EXPECT_TRUE(info.load().has_value());
    return info;
  }

  static std::optional<StructChange> change(const std::string& before, const std::string& after,
                                            const std::string& more = {}) {
    const DebugInfo old_info = compiled(before, more);
    const DebugInfo new_info = compiled(after, more);
    return struct_change("s", Types(old_info), Types(new_info));
  }
};

TEST_F(StructChanges, ABitInPaddingConcernsItselfOnly) {
  const auto found = change("unsigned a:1, b:1; long c;", "unsigned a:1, b:1, bit:1; long c;");
  ASSERT_TRUE(found);
  EXPECT_THAT(found->members, ElementsAre("bit"));
}

TEST_F(StructChanges, BitsThatMoveAreNamed) {
  const auto found = change("unsigned a:1, b:1; long c;", "unsigned a:1, bit:1, b:1; long c;");
  ASSERT_TRUE(found);
  EXPECT_THAT(found->members, ElementsAre("b", "bit"));
}

// The run has two bytes then, and gcc reads both for each of its members.
TEST_F(StructChanges, ARunThatGrowsConcernsAllOfIt) {
  const auto found = change("int x; unsigned a:1, b:7; long c;", "int x; unsigned a:1, b:7, bit:1; long c;");
  ASSERT_TRUE(found);
  EXPECT_THAT(found->members, ElementsAre("a", "b", "bit"));
}

TEST_F(StructChanges, AMemberOfANestedStructureGoesByItsLastName) {
  const auto found =
      change("struct { int a; int pad; } u; long c;", "struct { int a; short b; short pad; } u; long c;");
  ASSERT_TRUE(found);
  EXPECT_THAT(found->members, ElementsAre("b", "pad"));
}

TEST_F(StructChanges, MoreThanNamesMayTell) {
  EXPECT_FALSE(change("int a;", "int a; long b;")) << "it grows";
  EXPECT_FALSE(
      change("int a;", "int a;", "").value_or(StructChange{.tag = "", .members = {"x"}}).members.size());
  const DebugInfo info = compiled("int a;", "struct small { int x; } w;\n");
  EXPECT_FALSE(struct_change("small", Types(info), Types(info))) << "it may be copied member by member";
  EXPECT_FALSE(struct_change("nowhere", Types(info), Types(info)));
}

}  // namespace
}  // namespace suture
