// SPDX-License-Identifier: Apache-2.0
//
// Data without names, which only their bytes tell apart, and which refer to each other in a ring.
#include "delta/compare.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "source_pair.h"

namespace suture {
namespace {

/// A function that reads a ring of two nameless pieces of data, the second of which holds `number`.
std::string ring(int number) {
  return fmt::format(R"(
    asm(".pushsection .rodata.first,\"a\",@progbits\n.Lfirst: .quad .Lsecond\n.popsection\n"
        ".pushsection .rodata.second,\"a\",@progbits\n.Lsecond: .quad .Lfirst\n.quad {}\n.popsection");
    long walk(void) {{ long *p; asm("mov $.Lfirst, %0" : "=r"(p)); return *p; }}
    long stand(void) {{ return 1; }}
  )",
                     number);
}

TEST(Compare, FindsARingTheSameAsItself) {
  SourcePair pair;
  const auto delta = pair.delta(ring(1), ring(1));
  ASSERT_TRUE(delta) << delta.error().message();
  EXPECT_TRUE(delta->empty());
}

TEST(Compare, SeesWhatDiffersInARing) {
  SourcePair pair;
  const auto delta = pair.delta(ring(1), ring(2));
  ASSERT_TRUE(delta) << delta.error().message();
  ASSERT_EQ(delta->functions.size(), 1U);
  EXPECT_EQ(delta->functions[0].name, "walk");
}

}  // namespace
}  // namespace suture
