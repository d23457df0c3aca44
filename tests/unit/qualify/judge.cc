// SPDX-License-Identifier: Apache-2.0
#include "qualify/judge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/kernel_log.h"
#include "qualify/report.h"

namespace suture {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

CheckResult check(const char* step, const char* name, bool passed, const char* output = "") {
  return {.step = step, .name = name, .passed = passed, .seconds = 1, .output = output};
}

VmResult machine(std::vector<CheckResult> checks, const std::string& console = {}) {
  VmResult result;
  result.checks = std::move(checks);
  result.console = console;
  result.faults = kernel_faults(console);
  if (!result.faults.empty()) result.outcome = VmOutcome::kKernelFault;
  return result;
}

Qualification judged(const VmResult& result, const std::vector<std::string>& functions = {}) {
  Qualification qualification;
  judge_trial(result, functions, qualification);
  return qualification;
}

TEST(Judge, PassesWhatPassed) {
  const Qualification found = judged(machine({check("patch", "it loads", true)}));
  EXPECT_TRUE(found.passed());
  EXPECT_EQ(found.checks.size(), 1u);
}

TEST(Judge, NamesWhatFailed) {
  const Qualification found = judged(machine(
      {check("patch", "it loads", true), check("unload", "it goes", false, "held 2 times\nreally\n")}));
  EXPECT_THAT(found.failures, ElementsAre("unload: it goes: held 2 times; really"));
  EXPECT_THAT(judged(machine({})).failures, ElementsAre("the machine checked nothing"));
}

TEST(Judge, ReportsWithoutRefusing) {
  CheckResult note = check("end", "no level before was given", true);
  note.reported = true;
  const Qualification found = judged(machine({check("patch", "it loads", true), note}));
  EXPECT_TRUE(found.passed());
  EXPECT_EQ(found.checks[1].outcome, CheckOutcome::kReported);
}

TEST(Judge, SaysInWhichPhaseTheKernelComplained) {
  const Qualification found =
      judged(machine({check("patch", "it loads", true)},
                     "[ 1.0] suture-qualify: before\n[ 2.0] suture-qualify: patch\n"
                     "[ 3.0] BUG: kernel NULL pointer dereference\n[ 3.1] Oops: 0002\n"));
  EXPECT_THAT(found.failures, ElementsAre(HasSubstr("patch: kernel oops: [ 3.0] BUG: kernel NULL")));
}

TEST(Judge, TellsWhichFunctionsRan) {
  const std::vector<std::string> functions{"vmlinux:f", "vsock:g"};
  const Qualification found =
      judged(machine({check("patch", "it loads", true), check("end", "functions that ran", true, "f\n")}),
             functions);
  EXPECT_THAT(found.ran, ElementsAre("vmlinux:f"));
  EXPECT_THAT(found.never_ran, ElementsAre("vsock:g"));
  EXPECT_TRUE(found.passed());
  // Of a machine that did not come to its end nothing is said.
  EXPECT_THAT(judged(machine({check("patch", "it loads", true)}), functions).never_ran, IsEmpty());
}

TEST(Judge, ReportsWhatBecameSlow) {
  Qualification found;
  judge_cost(
      machine(
          {check("cost", "cost before one", true, "1000\n"), check("cost", "cost before two", true, "1000\n"),
           check("cost", "cost after one", true, "1100\n"), check("cost", "cost after two", true, "3000\n")}),
      found);
  ASSERT_EQ(found.checks.size(), 2u);
  EXPECT_EQ(found.checks[0].outcome, CheckOutcome::kPassed);
  EXPECT_EQ(found.checks[1].outcome, CheckOutcome::kReported);
  EXPECT_THAT(found.checks[1].name, HasSubstr("two: the calls take 3.00 times"));
  EXPECT_TRUE(found.passed());
  judge_cost(machine({check("cost", "it loads", false, "no")}), found);
  EXPECT_FALSE(found.passed());
}

TEST(Judge, KnowsWhatAStarvedMachineMayDo) {
  EXPECT_TRUE(may_be_slowness(machine({}, "[ 1.0] watchdog: BUG: soft lockup - CPU#0 stuck\n")));
  EXPECT_FALSE(may_be_slowness(machine({}, "[ 1.0] BUG: kernel NULL pointer dereference\n")));
  VmResult hang = machine({});
  hang.outcome = VmOutcome::kHang;
  EXPECT_TRUE(may_be_slowness(hang));
  EXPECT_FALSE(may_be_slowness(machine({check("patch", "it loads", true)})));
}

// What a machine printed may hold anything.
TEST(Report, NothingOfThePageIsMarkupFromOutside) {
  MatrixEntry entry{.patchset = "/x/<b>", .kept = false, .result = {}, .error = {}};
  entry.result =
      QualifyResult{.statement = {.subjects = {},
                                  .predicate = judged(machine({check("<i>", "<script>", false, "\x1b<&")}))},
                    .console = "</pre><script>alert(1)</script>"};
  const std::string page = matrix_html({entry});
  EXPECT_EQ(page.find("<script"), std::string::npos);
  EXPECT_EQ(page.find("<b>"), std::string::npos);
  EXPECT_EQ(page.find("<i>"), std::string::npos);
  EXPECT_NE(page.find("0 of 1 patchsets are qualified"), std::string::npos);
}

TEST(Report, SharesAddUpToTheWhole) {
  Qualification qualification =
      judged(machine({check("a", "1", true), check("a", "2", true), check("b", "3", true)}));
  qualification.seconds = 10;
  const auto steps = seconds_by_step(qualification);
  ASSERT_EQ(steps.size(), 3u);
  EXPECT_EQ(steps[0], (std::pair<std::string, double>("a", 2)));
  EXPECT_EQ(steps[2].second, 7);
}

}  // namespace
}  // namespace suture
