// SPDX-License-Identifier: Apache-2.0
#include "corpus/summary.h"
#include "base/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace suture::corpus {
namespace {

using testing::HasSubstr;
using testing::Not;

Record open_record(const std::string& unit) {
  return {.entry = {"vmlinux", unit}, .compile = {}, .delta = {}, .vm = {}};
}

Record compiled(const std::string& unit, const std::string& code = "") {
  Record record = open_record(unit);
  record.compile = CompileRecord{};
  if (!code.empty())
    record.compile->failure = Failure{.code = code, .text = "compile " + unit + ": it failed"};
  return record;
}

Record compared(const std::string& unit, const std::string& code, std::vector<std::string> functions = {}) {
  Record record = compiled(unit);
  record.delta = DeltaRecord{};
  record.delta->functions = std::move(functions);
  if (!code.empty()) record.delta->failure = Failure{.code = code, .text = "compare " + unit + ": it failed"};
  return record;
}

Record tried(const std::string& unit, bool passed) {
  Record record = compared(unit, "", {"f"});
  record.vm = VmRecord{};
  record.vm->passed = passed;
  record.vm->target = "vmlinux";
  if (passed) return record;
  record.vm->text = "kernel warning: WARNING: CPU: 1";
  record.vm->log = {"[    9.1] WARNING: CPU: 1"};
  return record;
}

std::vector<Record> one_of_each() {
  return {open_record("open.c"),
          compiled("half.c"),
          compiled("alone.c", "build.does-not-compile"),
          compiled("same.c", "corpus.unit-same"),
          compiled("died.c", "corpus.died"),
          compared("unchanged.c", ""),
          compared("untried.c", "", {"f"}),
          compared("refused.c", "delta.data-changed"),
          compared("layout.c", "delta.layout-changed"),
          compared("broken.c", "elf.malformed"),
          tried("passed.c", true),
          tried("failed.c", false)};
}

TEST(Outcome, FollowsFromTheRecord) {
  std::vector<Outcome> outcomes;
  for (const Record& record : one_of_each()) outcomes.push_back(outcome_of(record));
  using enum Outcome;
  EXPECT_EQ(outcomes,
            (std::vector<Outcome>{kOpen, kOpen, kDoesNotCompile, kUnchanged, kInternalError, kUnchanged,
                                  kPatched, kRefused, kRefused, kInternalError, kPatched, kPatched}));
}

TEST(Table, CountsEachUnitOnce) {
  const std::string text = outcome_table(one_of_each());
  for (const char* row :
       {"does not compile alone 1", "no functional change 2", "patched 3", "refused 2", "internal error 2",
        "not done yet 2", "total 12", "passed in the machine 1", "failed in the machine 1",
        "not tried in the machine yet 1", "delta.data-changed 1"}) {
    std::string pattern;
    for (const char* c = row; *c != '\0'; ++c) pattern += *c == ' ' ? std::string(" +") : std::string(1, *c);
    EXPECT_THAT(text, testing::ContainsRegex(pattern));
  }
  // Refused, patched and broken are those that compile and change.
  EXPECT_THAT(
      text, HasSubstr("Of 7 units that compile alone and change what they do, 3 are patched (42.9 %), and 1 "
                      "passed in the machine (14.3 %)."));
}

TEST(Table, OfNothingIsNoDivisionByZero) {
  EXPECT_THAT(outcome_table({}), HasSubstr("Of 0 units"));
  EXPECT_THAT(outcome_table({}), HasSubstr("0 are patched (0.0 %)"));
}

TEST(Summary, NamesEachUnit) {
  const Json json = summary_json(one_of_each());
  EXPECT_EQ(json["total"], 12);
  EXPECT_EQ(json["outcomes"]["patched"]["by"]["failed"], 1);
  EXPECT_EQ(json["units"].size(), 12u);
  EXPECT_EQ(json["units"][7]["code"], "delta.data-changed");
  EXPECT_EQ(json["units"][11]["vm"], "failed");
}

TEST(Page, NamesWhatWentWrong) {
  const std::string page = markdown_page(one_of_each(), "# Head\n");
  EXPECT_THAT(page, testing::StartsWith("# Head\n"));
  EXPECT_THAT(page, HasSubstr("`elf.malformed`, 1:\n\n- `broken.c`: compare broken.c: it failed\n"));
  EXPECT_THAT(page,
              HasSubstr("- `failed.c`: kernel warning: WARNING: CPU: 1\n      [    9.1] WARNING: CPU: 1\n"));
  EXPECT_THAT(page, Not(HasSubstr("passed.c")));
}

TEST(Page, CutsTheCompilersWordsShort) {
  Record record = compiled("net/a.c", "build.does-not-compile");
  record.compile->failure->text =
      "with the fixes applied: compile net/a.c: \nnet/a.c: In function 'f':\nnet/a.c:7:3: error: no `g` "
      "here\n    7 | g();\n";
  const std::string page = markdown_page({record}, "");
  EXPECT_THAT(page, HasSubstr("- `net/a.c`: with the fixes applied: compile net/a.c: no 'g' here\n"));
}

TEST(Failed, AreInternalErrorsAndWhatFailedInTheMachine) {
  EXPECT_EQ(count_failed(one_of_each()), 3u);
  EXPECT_EQ(count_failed({tried("passed.c", true), compared("refused.c", "delta.init-changed")}), 0u);
}

}  // namespace
}  // namespace suture::corpus
