// SPDX-License-Identifier: Apache-2.0
#include "advisory/source_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "advisory/config_condition.h"

namespace suture {
namespace {

using testing::ElementsAre;

TEST(SourceText, ABranchStandsUnderAllBeforeIt) {
  const SourceText text("a.c",
                        "#ifdef CONFIG_A\nint a;\n#elif defined(CONFIG_B)\nint b;\n#else\nint c;\n#endif\n");
  EXPECT_THAT(text.conditions_at(2), ElementsAre("defined(CONFIG_A)"));
  EXPECT_THAT(text.conditions_at(4), ElementsAre("!defined(CONFIG_A) && (defined(CONFIG_B))"));
  EXPECT_THAT(text.conditions_at(6), ElementsAre("!defined(CONFIG_A) && !(defined(CONFIG_B))"));
}

// Each names all before it: of a million that would be more than a machine has.
TEST(SourceText, ALongChainOfBranchesIsBounded) {
  std::string text = "#if defined(CONFIG_A)\n";
  for (int i = 0; i < 20'000; ++i) text += "#elif defined(CONFIG_B)\n";
  text += "#elif defined(CONFIG_C)\nint c;\n#else\nint d;\n#endif\n";
  const SourceText source("a.c", text);
  const auto last = source.conditions_at(20'003);
  ASSERT_EQ(last.size(), 1u);
  EXPECT_LT(last.front().size(), 5000u);
  // Its own condition still tells where it does not hold; no branch is taken for one that is not known to be.
  EXPECT_EQ(holds(last.front(), {}), false);
  EXPECT_EQ(holds(last.front(), {{"CONFIG_C", "y"}}), std::nullopt);
  EXPECT_EQ(holds(source.conditions_at(20'005).front(), {{"CONFIG_C", "y"}}), false);
}

}  // namespace
}  // namespace suture
