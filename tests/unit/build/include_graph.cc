// SPDX-License-Identifier: Apache-2.0
#include "build/include_graph.h"

#include <gtest/gtest.h>

namespace suture {
namespace {

IncludeGraph graph(const std::vector<std::pair<std::string, std::string>>& includes) {
  std::string lines;
  for (const auto& [file, include] : includes) lines += file + std::string(1, '\0') + include + "\n";
  return IncludeGraph::parse(lines);
}

using Units = std::vector<std::string>;

TEST(IncludeGraph, FollowsHeadersToTheirUnits) {
  const IncludeGraph all = graph({{"./fs/quota/dquot.c", "#include <linux/quotaops.h>"},
                                  {"./fs/ext4/ext4.h", "# include \t<linux/quotaops.h>"},
                                  {"./fs/ext4/inode.c", "#include \"ext4.h\""},
                                  {"./fs/xfs/xfs_super.c", "#include <linux/quota.h>"}});
  EXPECT_EQ(all.units_that_include({"include/linux/quotaops.h"}),
            (Units{"fs/ext4/inode.c", "fs/quota/dquot.c"}));
  EXPECT_EQ(all.units_that_include({"include/linux/none.h"}), Units{});
}

TEST(IncludeGraph, TellsHeadersOfOneNameApartByTheirFolders) {
  const IncludeGraph all = graph({{"./fs/ext4/inode.c", "#include \"ext4.h\""},
                                  {"./fs/nfs/super.c", "#include \"internal.h\""},
                                  {"./fs/proc/base.c", "#include \"internal.h\""},
                                  {"./fs/proc/kcore.c", "#include \"../proc/internal.h\""}});
  // Without the compiler's folders, a quoted name may mean the other one too: rather too many than too few.
  const Units units = all.units_that_include({"fs/proc/internal.h"});
  EXPECT_NE(std::find(units.begin(), units.end(), "fs/proc/base.c"), units.end());
  EXPECT_NE(std::find(units.begin(), units.end(), "fs/proc/kcore.c"), units.end());
  EXPECT_EQ(std::find(units.begin(), units.end(), "fs/ext4/inode.c"), units.end());
}

TEST(IncludeGraph, KnowsWhatIsBesideTheIncluder) {
  IncludeGraph all = graph(
      {{"./fs/nfs/super.c", "#include \"internal.h\""}, {"./fs/proc/base.c", "#include \"internal.h\""}});
  all.add("fs/nfs/internal.h");
  EXPECT_EQ(all.units_that_include({"fs/proc/internal.h"}), Units{"fs/proc/base.c"});
}

TEST(IncludeGraph, FollowsSourcesThatOthersInclude) {
  const IncludeGraph all = graph({{"./kernel/sched/deadline.c", "#include <linux/x.h>"},
                                  {"./kernel/sched/build_policy.c", "#include \"deadline.c\""}});
  EXPECT_EQ(all.units_that_include({"include/linux/x.h"}),
            (Units{"kernel/sched/build_policy.c", "kernel/sched/deadline.c"}));
}

TEST(IncludeGraph, LeavesOutOtherArchitecturesAndTools) {
  const IncludeGraph all = graph({{"./arch/arm64/mm/init.c", "#include <linux/x.h>"},
                                  {"./tools/perf/perf.c", "#include <linux/x.h>"},
                                  {"./arch/x86/mm/init.c", "#include <linux/x.h>"}});
  EXPECT_EQ(all.units_that_include({"include/linux/x.h"}), Units{"arch/x86/mm/init.c"});
}

TEST(IncludeGraph, IgnoresWhatIsNoInclude) {
  const std::string nul(1, '\0');
  const IncludeGraph all =
      IncludeGraph::parse("no file\nf.c" + nul + "#include MACRO\ng.c" + nul + "#include <open\n" + nul);
  EXPECT_EQ(all.units_that_include({"open"}), Units{});
}

// <asm/unaligned.h> is a generated file of one line.
TEST(IncludeGraph, KnowsTheWrappersThatKbuildMakes) {
  const IncludeGraph all = graph({{"./lib/a.c", "#include <asm/local64.h>"},
                                  {"./lib/b.c", "#include <asm/other.h>"},
                                  {"./lib/c.c", "#include <uapi/asm/types.h>"}});
  EXPECT_EQ(all.units_that_include({"include/asm-generic/local64.h"}), Units{"lib/a.c"});
  EXPECT_EQ(all.units_that_include({"include/uapi/asm-generic/types.h"}), Units{"lib/c.c"});
}

// They are not in any source: the command line has them.
TEST(IncludeGraph, KnowsTheHeadersThatAllUnitsAreGiven) {
  IncludeGraph all = graph({{"./lib/a.c", "#include <linux/x.h>"},
                            {"./include/linux/compiler_types.h", "#include <linux/compiler-gcc.h>"}});
  all.add("lib/clz_tab.c");
  EXPECT_EQ(all.units_that_include({"include/linux/compiler_types.h"}), (Units{"lib/a.c", "lib/clz_tab.c"}));
  EXPECT_EQ(all.units_that_include({"include/linux/compiler-gcc.h"}), (Units{"lib/a.c", "lib/clz_tab.c"}));
}

TEST(IncludeGraph, EndsInARing) {
  const IncludeGraph all =
      graph({{"./a.h", "#include \"b.h\""}, {"./b.h", "#include \"a.h\""}, {"./c.c", "#include \"a.h\""}});
  EXPECT_EQ(all.units_that_include({"b.h"}), Units{"c.c"});
}

}  // namespace
}  // namespace suture
