// SPDX-License-Identifier: Apache-2.0
#include "advisory/inlined.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace suture {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* kText = R"(
static inline int innermost(int a)
{
	return a + 1;
}

static int middle(int a)
{
	return a > 0 ? innermost(a) : 0;
}

#define TWICE(a) (middle(a) * 2)

int outer(int a)
{
	return TWICE(a);
}

int beside(int a)
{
	/* innermost(a) would do */
	return middle(a) + sizeof("innermost(");
}

#ifdef CONFIG_NOT_HERE
int left_out(int a)
{
	return innermost(a);
}
#endif

static int loop(int a)
{
	return loop(a);
}

SYSCALL_DEFINE2(fetch, int, fd, void __user *, to)
{
	return inner_fetch(fd, to);
}

static long inner_fetch(int fd, void *to)
{
	return 0;
}
)";

class Inlined : public testing::Test {
 protected:
  std::vector<std::string> into(const std::string& function) const {
    const SourceText text("kernel/x.c", kText);
    return inlined_into(
        text, function, [&](const std::string& name) { return symbols_.contains(name); },
        [&](std::uint32_t line) { return !text.conditions_at(line).empty(); });
  }
  std::set<std::string> symbols_ = {"outer", "beside", "left_out", "__x64_sys_fetch"};
};

TEST_F(Inlined, ThroughMacrosAndOthersWithoutSymbols) {
  EXPECT_THAT(into("innermost"), ElementsAre("beside", "outer"));
  EXPECT_THAT(into("middle"), ElementsAre("beside", "outer"));
}

TEST_F(Inlined, EndsAtTheFirstThatHasASymbol) {
  symbols_.insert("middle");
  EXPECT_THAT(into("innermost"), ElementsAre("middle"));
}

TEST_F(Inlined, IntoTheEntriesOfASystemCall) {
  EXPECT_THAT(into("__do_sys_fetch"), ElementsAre("__x64_sys_fetch"));
  EXPECT_THAT(into("inner_fetch"), ElementsAre("__x64_sys_fetch"));
  symbols_.insert("__se_sys_fetch");
  EXPECT_THAT(into("inner_fetch"), ElementsAre("__se_sys_fetch", "__x64_sys_fetch"));
}

TEST_F(Inlined, NowhereWhereNobodyCallsIt) {
  EXPECT_THAT(into("loop"), IsEmpty());
  EXPECT_THAT(into("no_such_function"), IsEmpty());
}

}  // namespace
}  // namespace suture
