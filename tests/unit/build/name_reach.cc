// SPDX-License-Identifier: Apache-2.0
#include "build/name_reach.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"

namespace suture {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Optional;

TEST(NamesLeadingTo, AreMacrosAndFunctions) {
  const HeaderNames found =
      names_leading_to({"bit"},
                       "#define HAS(t) \\\n\t((t)->bit)\n#define OTHER 1\n"
                       "static __always_inline int has_bit(struct task *t)\n{ return t->bit; }\n"
                       "/* bit */ struct other { int bit; };\nint set(int bit);\n");
  EXPECT_THAT(found.added, ElementsAre("HAS", "has_bit"));
  EXPECT_FALSE(found.elsewhere);
}

TEST(NamesLeadingTo, SeesWhatIsNeither) {
  EXPECT_TRUE(names_leading_to({"bit"}, "TRACE_EVENT(x, TP_fast_assign(__entry->x = t->bit;));").elsewhere);
  EXPECT_TRUE(names_leading_to({"bit"}, "struct s v = { .bit = 1 };").elsewhere);
  EXPECT_FALSE(names_leading_to({"bit"}, "TRACE_EVENT(x, TP_fast_assign(__entry->x = t->bits;));").elsewhere);
}

class UnitsThatName : public testing::Test {
 protected:
  void SetUp() override {
    folder_.emplace(TempDir::make("suture-test").value());
    write("include/task.h", "struct task { int bit; };\n");
    write("include/inline.h",
          "#include <task.h>\nstatic inline int has(struct task *t) { return t->bit; }\n");
    write("include/macro.h", "#include <inline.h>\n#define ASK(t) has(t)\n");
    write("include/trace.h", "#include <task.h>\nTRACE(t->bit);\n");
    write("itself.c", "#include <task.h>\nint f(struct task *t) { return t->bit; }\n");
    write("macro.c", "#include <macro.h>\nint f(struct task *t) { return ASK(t); }\n");
    write("trace.c", "#include <trace.h>\nint f(struct task *t) { return 1; }\n");
    write("neither.c", "#include <macro.h>\nint f(struct task *t) { return 1; }\n");
    write("part.c", "int g(struct task *t) { return t->bit; }\n");
    write("whole.c", "#include <task.h>\n#include \"part.c\"\n");
    write("tools/x.h", "static inline int neither(void) { return t->bit; }\n");
  }

  void write(const std::string& path, const std::string& text) {
    ASSERT_TRUE(write_file(folder_->path() / path, text).has_value());
  }

  auto units(const Names& names) {
    const auto graph = IncludeGraph::read(folder_->path(), BuildCache(), "1").value();
    return units_that_name(folder_->path(), graph, names, graph.units_that_include({"include/task.h"}))
        .value();
  }

  std::optional<TempDir> folder_;
};

TEST_F(UnitsThatName, ThemselvesOrThroughHeaders) {
  EXPECT_THAT(units({"bit"}), Optional(ElementsAre("itself.c", "macro.c", "trace.c", "whole.c")));
  EXPECT_THAT(units({"nowhere"}), Optional(IsEmpty()));
}

TEST_F(UnitsThatName, GivesUpWhenNearlyEverythingDoes) {
  std::string macros = "#include <task.h>\n";
  for (int i = 0; i < 500; ++i) macros += "#define M" + std::to_string(i) + " bit\n";
  write("include/many.h", macros);
  EXPECT_EQ(units({"bit"}), std::nullopt);
}

}  // namespace
}  // namespace suture
