// SPDX-License-Identifier: Apache-2.0
//
// Types whose layout a change alters: refused where objects of the old form may reach new code.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "source_pair.h"

namespace suture {
namespace {

using testing::HasSubstr;
using testing::Not;

/// A structure `type` and a function which changes and uses it through a pointer.
std::string user_of(const std::string& type, const std::string& body, const std::string& rest = "") {
  return type + "\nstruct other { long a; };\n" + rest + "\nint f(struct item *p, struct other *o) { " +
         body + " }\n";
}

class Layouts : public testing::Test {
 protected:
  Result<Delta> compare(const std::string& before, const std::string& after,
                        const std::set<std::string>& accepted = {}) {
    DeltaOptions options;
    options.accepted_layouts = accepted;
    return pair_.delta(user_of(before, "return p->a;"), user_of(after, "return p->a + 1;"), options);
  }

  std::string refusal(const std::string& before, const std::string& after) {
    const auto delta = compare(before, after);
    if (delta.has_value()) return "it was accepted: " + notes_of(*delta);
    EXPECT_EQ(delta.error().code, "delta.layout-changed") << delta.error().message();
    return delta.error().why;
  }

  std::string notes(const Result<Delta>& delta) {
    return delta.has_value() ? notes_of(*delta) : "refused: " + delta.error().message();
  }

  SourcePair pair_;
};

TEST_F(Layouts, RefusesAStructureThatGrows) {
  const std::string why = refusal("struct item { int a; };", "struct item { int a; long rcu[2]; };");
  EXPECT_EQ(why, "struct item grows from 4 to 24 bytes: rcu (16 bytes) added at offset 8");
}

TEST_F(Layouts, RefusesAStructureThatShrinks) {
  const std::string why = refusal("struct item { int a; int b; };", "struct item { int a; };");
  EXPECT_EQ(why, "struct item shrinks from 8 to 4 bytes: b removed from offset 4");
}

TEST_F(Layouts, RefusesReorderedMembers) {
  const std::string why = refusal("struct item { int a; int b; };", "struct item { int b; int a; };");
  EXPECT_EQ(why, "struct item keeps its 8 bytes: b moves from offset 4 to 0; a moves from offset 0 to 4");
}

TEST_F(Layouts, TellsBitFieldsInPadding) {
  const char* before = "struct item { int a; unsigned x : 1; };";
  const char* after = "struct item { int a; unsigned x : 1; unsigned y : 1; };";
  EXPECT_EQ(refusal(before, after),
            "struct item keeps its 8 bytes: y (1 bit) added at offset 4.1, in padding");
  const auto accepted = compare(before, after, {"struct item"});
  EXPECT_THAT(notes(accepted), HasSubstr("delta.layout-accepted: struct item keeps its 8 bytes: y (1 bit) "
                                         "added at offset 4.1, in padding; the fix declares that it copes"));
}

TEST_F(Layouts, TellsBitFieldsOfTheFourthFormat) {
  pair_.flags = {"-g", "-gdwarf-4"};
  EXPECT_EQ(refusal("struct item { int a; unsigned x : 3; };",
                    "struct item { int a; unsigned x : 3; unsigned y : 2; };"),
            "struct item keeps its 8 bytes: y (2 bits) added at offset 4.3, in padding");
}

TEST_F(Layouts, LooksIntoNestedUnionsWithoutAName) {
  const std::string why = refusal("struct item { int a; union { int x; struct { short y; }; }; };",
                                  "struct item { int a; union { int x; struct { short y; short z; }; }; };");
  EXPECT_EQ(why, "struct item keeps its 8 bytes: z (2 bytes) added at offset 6");
}

TEST_F(Layouts, LooksIntoNestedStructuresWithAMemberName) {
  const std::string why = refusal("struct item { int a; struct { int x; } in; };",
                                  "struct item { int a; struct { int y; int x; } in; };");
  EXPECT_THAT(why, HasSubstr("in.y (4 bytes) added at offset 4"));
  EXPECT_THAT(why, HasSubstr("in.x moves from offset 4 to 8"));
}

TEST_F(Layouts, KnowsStructuresByTheirTypedef) {
  const auto source = [](const std::string& members, const std::string& result) {
    return "typedef struct { " + members + " } item_t;\nint f(item_t *p) { return p->" + result + "; }\n";
  };
  const auto delta = pair_.delta(source("int a;", "a"), source("int b; int a;", "a"));
  ASSERT_FALSE(delta.has_value());
  EXPECT_THAT(delta.error().why, HasSubstr("item_t grows from 4 to 8 bytes"));
}

TEST_F(Layouts, RefusesAnArrayOfAnotherLength) {
  const std::string why =
      refusal("struct item { int a; char name[16]; };", "struct item { int a; char name[32]; };");
  EXPECT_EQ(why, "struct item grows from 20 to 36 bytes: name at offset 4 has 32 bytes instead of 16 bytes");
}

TEST_F(Layouts, SeesAStructureThatGrowsInsideOfAnother) {
  const std::string why = refusal("struct in { int x; }; struct item { int a; struct in in; };",
                                  "struct in { int x; int y; }; struct item { int a; struct in in; };");
  EXPECT_THAT(why, HasSubstr("struct in grows from 4 to 8 bytes"));
  EXPECT_THAT(why, HasSubstr("struct item grows from 8 to 12 bytes"));
}

TEST_F(Layouts, SurvivesTypesThatContainPointersToThemselves) {
  const std::string why = refusal("struct item { struct item *next; int a; };",
                                  "struct item { struct item *next, *previous; int a; };");
  EXPECT_THAT(why, HasSubstr("struct item grows from 16 to 24 bytes"));
}

TEST_F(Layouts, FollowsPointersOfMembers) {
  const auto delta = pair_.delta(
      "struct far { int x; }; struct near { struct far *far; };\n"
      "int f(struct near *p) { return p->far->x; }\n",
      "struct far { int y; int x; }; struct near { struct far *far; };\n"
      "int f(struct near *p) { return p->far->x; }\n");
  ASSERT_FALSE(delta.has_value());
  EXPECT_THAT(delta.error().why, HasSubstr("struct far grows from 4 to 8 bytes"));
}

TEST_F(Layouts, SeesTypesOfInlinedCallees) {
  const auto source = [](const std::string& members) {
    return "struct item { " + members + " };\n" +
           "static inline int get(void *p) { struct item *item = p; return item->a; }\n"
           "int f(void *p) { return get(p) + 1; }\n";
  };
  const auto delta = pair_.delta(source("int a;"), source("int b; int a;"));
  ASSERT_FALSE(delta.has_value());
  EXPECT_EQ(delta.error().code, "delta.layout-changed");
}

TEST_F(Layouts, TakesATypeThatOnlyExpressionsNameForUsed) {
  const auto source = [](const std::string& members) {
    return "struct item { " + members + " };\nint f(void *p) { return ((struct item *)p)->a; }\n";
  };
  const auto delta = pair_.delta(source("int a;"), source("int b; int a;"));
  ASSERT_FALSE(delta.has_value());
  EXPECT_THAT(delta.error().why, HasSubstr("struct item grows from 4 to 8 bytes"));
}

TEST_F(Layouts, NotesATypeThatNoShippedCodeUses) {
  const auto source = [](const std::string& members, const std::string& change) {
    return "struct item { char c; " + members + " int a[0]; };\n" +
           "int unchanged(struct item *p) { return p->c; }\n"
           "int f(int x) { return x + " +
           change + "; }\n";
  };
  const auto delta = pair_.delta(source("", "1"), source("short b;", "2"));
  EXPECT_THAT(notes(delta), HasSubstr("delta.layout-unused: struct item"));
  EXPECT_THAT(notes(delta), HasSubstr("no shipped code uses it"));
}

TEST_F(Layouts, AllowsANewType) {
  const auto delta = pair_.delta("int f(int x) { return x; }\n",
                                 "struct item { int a; };\nint g(struct item *);\n"
                                 "int f(int x) { struct item item = {x}; return g(&item); }\n");
  EXPECT_TRUE(delta.has_value()) << delta.error().message();
}

TEST_F(Layouts, AllowsARenamedMember) {
  EXPECT_THAT(notes(compare("struct item { int a; int b; };", "struct item { int a; int c; };")),
              HasSubstr("delta.layout-compatible: struct item keeps its 8 bytes: b at offset 4 is now c; "
                        "old and new code read it alike"));
}

TEST_F(Layouts, AllowsAnotherNameOfTheSameForm) {
  EXPECT_THAT(notes(compare("struct item { int a; int b; };",
                            "typedef struct { int counter; } atomic_t; struct item { int a; atomic_t b; };")),
              HasSubstr("b at offset 4 has another type of the same form"));
}

TEST_F(Layouts, AllowsAPointerToATypeThatHasJustAnotherName) {
  EXPECT_THAT(notes(compare("struct in { int x; }; struct item { int a; struct in *in; };",
                            "struct inner { int y; }; struct item { int a; struct inner *in; };")),
              HasSubstr("delta.layout-compatible"));
}

TEST_F(Layouts, RefusesAPointerToSomethingElse) {
  EXPECT_THAT(refusal("struct in { int x; }; struct item { int a; struct in *in; };",
                      "struct out { int y[2]; }; struct item { int a; struct out *in; };"),
              HasSubstr("in at offset 8 has another type"));
}

TEST_F(Layouts, RefusesAPointerToFunctionsOfAnotherKind) {
  EXPECT_THAT(refusal("struct item { int a; int (*call)(int); };",
                      "struct item { int a; int (*call)(int, void *); };"),
              HasSubstr("call at offset 8 has another type"));
}

TEST_F(Layouts, AllowsAnotherValueOfAnEnumeration) {
  EXPECT_THAT(
      notes(compare("enum state { IDLE, BUSY, NUM_STATES }; struct item { int a; enum state s; };",
                    "enum state { IDLE, BUSY, DEAD, NUM_STATES }; struct item { int a; enum state s; };")),
      HasSubstr("the value DEAD = 2 added"));
}

TEST_F(Layouts, RefusesAnEnumerationWhoseValuesMove) {
  EXPECT_THAT(refusal("enum state { IDLE, BUSY }; struct item { int a; enum state s; };",
                      "enum state { IDLE, DEAD, BUSY }; struct item { int a; enum state s; };"),
              HasSubstr("the value BUSY changes from 1 to 2"));
}

TEST_F(Layouts, NamesUnpatchedCodeThatUsesAnAcceptedType) {
  const std::string rest = "int unchanged(struct item *p) { return p->a; }";
  DeltaOptions options;
  options.accepted_layouts = {"struct item"};
  const auto delta = pair_.delta(user_of("struct item { int a; };", "return 1;", rest),
                                 user_of("struct item { int a; int b; };", "return p->b;", rest), options);
  ASSERT_TRUE(delta.has_value()) << delta.error().message();
  ASSERT_EQ(delta->risks.size(), 1u);
  EXPECT_EQ(delta->risks[0].code, "risk.layout");
  EXPECT_EQ(delta->risks[0].text,
            "struct item grows from 4 to 8 bytes: b (4 bytes) added at offset 4; unpatched code of this "
            "unit uses it: unchanged");
}

TEST_F(Layouts, SaysThatItDidNotCompareWithoutDebugInformation) {
  pair_.flags = {};
  EXPECT_THAT(notes(compare("struct item { int a; };", "struct item { int b; int a; };")),
              HasSubstr("layouts not compared: no debug information"));
}

TEST_F(Layouts, ReadsAnObjectWhoseFileIsGone) {
  const auto path =
      pair_.compile("gone", "struct item { int a; };\nint f(struct item *p) { return p->a; }\n");
  ASSERT_TRUE(path.has_value()) << path.error().message();
  const auto debug = DebugInfo::read(*path);
  ASSERT_TRUE(debug.has_value()) << debug.error().message();
  std::filesystem::remove(*path);
  ASSERT_TRUE(debug->load().has_value());
  const EntryId function = debug->function_at(".text.f", 0);
  ASSERT_NE(function, kNoEntry);
  EXPECT_EQ(debug->entries()[function].name, "f");
  EXPECT_EQ(debug->line_at(".text.f", 0)->line, 2);
  EXPECT_EQ(debug->function_at(".text.g", 0), kNoEntry);
}

}  // namespace
}  // namespace suture
