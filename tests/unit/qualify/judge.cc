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
  judge_trial(result, "klp", functions, qualification);
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
  EXPECT_THAT(found.failures, ElementsAre("klp: unload: it goes: held 2 times; really"));
  EXPECT_THAT(judged(machine({})).failures, ElementsAre("klp: the machine checked nothing"));
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
  EXPECT_THAT(found.failures, ElementsAre(HasSubstr("klp: patch: kernel oops: [ 3.0] BUG: kernel NULL")));
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

// It runs nowhere only if it ran with no engine, and of what a tracer cannot see nothing is said.
TEST(Judge, AddsUpWhatSeveralEnginesShowed) {
  const std::vector<std::string> functions{"vmlinux:f", "vsock:g", "vmlinux:h"};
  Qualification found;
  judge_trial(machine({check("end", "functions that ran", true, "f\n")}), "klp", functions, found);
  judge_trial(machine({check("before", "ftrace does not reach", true, "vmlinux:h\n"),
                       check("end", "functions that ran", true, "g\n")}),
              "stopmachine", functions, found);
  EXPECT_THAT(found.ran, ElementsAre("vmlinux:f", "vsock:g"));
  EXPECT_THAT(found.never_ran, ElementsAre("vmlinux:h"));
  EXPECT_THAT(found.engines(), ElementsAre("klp", "stopmachine"));
  EXPECT_TRUE(found.passed());
}

TEST(Judge, FailsWhatFailsWithOneEngine) {
  Qualification found;
  judge_trial(machine({check("patch", "it loads", true)}), "klp", {}, found);
  judge_trial(machine({check("patch", "it loads", false, "busy\n")}), "stopmachine", {}, found);
  EXPECT_THAT(found.failures, ElementsAre("stopmachine: patch: it loads: busy"));
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
  judge_cost(machine({check("cost stopmachine", "it loads", false, "no")}), found);
  EXPECT_THAT(found.failures, ElementsAre("stopmachine: cost: it loads: no"));
}

TEST(Judge, ComparesEachEngineWithTheUnpatchedKernel) {
  Qualification found;
  judge_cost(machine({check("cost", "cost before one", true, "1000\n"),
                      check("cost klp", "cost after one", true, "1100\n"),
                      check("cost stopmachine", "cost after one", true, "1200\n")}),
             found);
  ASSERT_EQ(found.checks.size(), 2u);
  EXPECT_EQ(found.checks[0].engine, "klp");
  EXPECT_THAT(found.checks[0].name, HasSubstr("1.10 times"));
  EXPECT_EQ(found.checks[1].engine, "stopmachine");
  EXPECT_EQ(found.checks[1].step, "cost");
  EXPECT_THAT(found.checks[1].name, HasSubstr("1.20 times"));
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
  const auto steps = time_by_step(qualification);
  ASSERT_EQ(steps.size(), 3u);
  EXPECT_EQ(steps[0], (StepTime{.engine = "klp", .step = "a", .checks = 2, .seconds = 2}));
  EXPECT_EQ(steps[2].seconds, 7);
}

TEST(Report, SaysOnceWhatIsKnownOfAllEngines) {
  CheckResult note = check("end", "old kernel", true);
  note.reported = true;
  CheckResult other = check("end", "out of reach", true);
  other.reported = true;
  Qualification qualification;
  judge_trial(machine({note}), "klp", {}, qualification);
  judge_trial(machine({note, other}), "stopmachine", {}, qualification);
  MatrixEntry entry{.patchset = "/x/p", .kept = false, .result = {}, .error = {}};
  entry.result = QualifyResult{.statement = {.subjects = {}, .predicate = qualification}, .console = {}};
  const std::string text = matrix_text({entry});
  EXPECT_THAT(text, HasSubstr("klp, stopmachine"));
  EXPECT_THAT(text, HasSubstr("  to know: old kernel\n  to know of stopmachine: out of reach\n"));
  EXPECT_EQ(text.find("old kernel"), text.rfind("old kernel"));
}

}  // namespace
}  // namespace suture
