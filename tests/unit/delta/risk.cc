// SPDX-License-Identifier: Apache-2.0
//
// Each kind of fact: a change that must show it, and a like one that must not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "source_pair.h"

namespace suture {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kKernel = R"(
void _raw_spin_lock(int *); void _raw_spin_unlock(int *); int _raw_spin_trylock(int *);
void mutex_lock(int *); void mutex_unlock(int *); int mutex_lock_interruptible(int *);
void schedule(void); int kthread_should_stop(void); void *g(int); void panic(const char *) __attribute__((noreturn));
#define TRAP(flags) asm volatile("1: ud2\n.pushsection __bug_table,\"aw\"\n.long 1b - .\n.long 0\n" \
    ".word %c0\n.word %c1\n.popsection" : : "i"(__LINE__), "i"(flags))
#line 1
)";

class Risks : public testing::Test {
 protected:
  /// "code function place: text" of each fact.
  std::string facts(const std::string& before, const std::string& after, const std::string& suffix = ".c") {
    const bool c = suffix == ".c";
    const auto delta = pair_.delta(c ? kKernel + before : before, c ? kKernel + after : after, {}, suffix);
    if (!delta.has_value()) return "refused: " + delta.error().message();
    EXPECT_FALSE(delta->functions.empty());
    std::string text;
    for (const RiskFact& fact : delta->risks)
      text += fact.code + " " + fact.function + " " + fact.place + ": " + fact.text + "\n";
    return text;
  }

  SourcePair pair_;
};

constexpr const char* kLocked =
    "int f(int *l, int x) {\n _raw_spin_lock(l);\n g(x);\n _raw_spin_unlock(l);\n return 0; }\n";

TEST_F(Risks, SeeALockThatAPathKeeps) {
  const std::string text = facts(kLocked,
                                 "int f(int *l, int x) {\n _raw_spin_lock(l);\n if (!g(x)) return -1;\n "
                                 "_raw_spin_unlock(l);\n return 0; }\n");
  EXPECT_THAT(text,
              HasSubstr("risk.lock-imbalance f unit.c:1: a path leads to a return with a spinlock still "
                        "held, and none did before; the calls: _raw_spin_lock at unit.c:2"));
}

TEST_F(Risks, SeeNoLockWhereEachPathReleases) {
  const std::string text = facts(kLocked,
                                 "int f(int *l, int x) {\n _raw_spin_lock(l);\n if (!g(x)) {\n"
                                 " _raw_spin_unlock(l); return -1; }\n _raw_spin_unlock(l);\n return 0; }\n");
  EXPECT_THAT(text, Not(HasSubstr("risk.lock")));
}

TEST_F(Risks, SeeALockThatIsReleasedTwice) {
  const std::string text = facts(
      kLocked,
      "int f(int *l, int x) {\n _raw_spin_lock(l);\n if (!g(x)) _raw_spin_unlock(l);\n _raw_spin_unlock(l);\n"
      " return 0; }\n");
  EXPECT_THAT(text, HasSubstr("a path leads to a return that releases a spinlock which it did not take"));
}

// Old and new alike return with the lock held: that is what such a function is for.
TEST_F(Risks, SeeOnlyWhatIsNew) {
  const std::string text = facts("int f(int *l, int x) { _raw_spin_lock(l); return x; }\n",
                                 "int f(int *l, int x) { _raw_spin_lock(l); return x + 1; }\n");
  EXPECT_THAT(text, Not(HasSubstr("risk.lock")));
}

TEST_F(Risks, KnowLocksThatMayFail) {
  const char* after =
      "int f(int *l, int x) {\n if (mutex_lock_interruptible(l)) return -4;\n g(x); g(x);\n "
      "mutex_unlock(l);\n"
      " if (_raw_spin_trylock(l)) { g(x); _raw_spin_unlock(l); }\n return 0; }\n";
  const std::string text = facts("int f(int *l, int x) { g(x); return 0; }\n", after);
  EXPECT_THAT(text, Not(HasSubstr("risk.lock-imbalance")));
  EXPECT_THAT(
      text,
      HasSubstr("risk.lock-added f unit.c:2: mutex_lock_interruptible is called at 1 place, before at 0"));
}

TEST_F(Risks, SeeACallThatMaySleepUnderALock) {
  const std::string text = facts(
      kLocked,
      "int f(int *l, int x) {\n _raw_spin_lock(l);\n schedule();\n _raw_spin_unlock(l);\n return 0; }\n");
  EXPECT_THAT(text, HasSubstr("risk.sleep-under-lock f unit.c:3: schedule may sleep"));
}

TEST_F(Risks, SeeNoSleepBehindTheLock) {
  const std::string text = facts(
      kLocked,
      "int f(int *l, int x) {\n _raw_spin_lock(l);\n _raw_spin_unlock(l);\n schedule();\n return 0; }\n");
  EXPECT_THAT(text, Not(HasSubstr("risk.sleep")));
}

TEST_F(Risks, SeeAThreadThatRunsUntilItIsStopped) {
  const std::string text =
      facts("int f(void *d) {\n while (!kthread_should_stop()) schedule();\n return 0; }\n",
            "int f(void *d) {\n while (!kthread_should_stop()) schedule();\n return 1; }\n");
  EXPECT_THAT(text, HasSubstr("risk.runs-forever f unit.c:1: its loop calls kthread_should_stop(): the old "
                              "code runs on until the thread is stopped"));
}

TEST_F(Risks, SeeAFunctionThatNeverReturns) {
  const std::string text = facts("int f(int x) {\n for (;;) { if (g(x)) g(1); schedule(); } }\n",
                                 "int f(int x) {\n for (;;) { if (g(x)) g(2); schedule(); } }\n");
  EXPECT_THAT(text,
              HasSubstr("risk.runs-forever f unit.c:1: never returns: no way leads out of its loop, and "
                        "calls schedule()"));
}

TEST_F(Risks, SeeNoEndlessLoopWhereThereIsAWayOutOrAnEnd) {
  const std::string text = facts(
      "int f(int x) {\n while (g(x)) schedule();\n if (g(2)) panic(\"\");\n if (g(3)) TRAP(0);\n return 0; "
      "}\n",
      "int f(int x) {\n while (g(x)) schedule();\n if (g(2)) panic(\"\");\n if (g(3)) TRAP(0);\n return 1; "
      "}\n");
  EXPECT_THAT(text, Not(HasSubstr("risk.runs-forever")));
}

TEST_F(Risks, NameTablesWithTheAddress) {
  const std::string text = facts(
      "int f(int x) { return x; }\nint h(int x) { return x; }\n"
      "int (*const table[])(int) = {f, h};\n",
      "int f(int x) { return x + 1; }\nint h(int x) { return x; }\n"
      "int (*const table[])(int) = {f, h};\n");
  EXPECT_THAT(text, HasSubstr("risk.table-holds-address f unit.c:1: the table table holds its old address"));
  EXPECT_THAT(text, Not(HasSubstr(" h ")));
}

TEST_F(Risks, NameNoTableOfOtherFunctions) {
  const std::string text = facts(
      "int f(int x) { return x; }\nint h(int x) { return x; }\n"
      "int (*const table[])(int) = {h};\n",
      "int f(int x) { return x + 1; }\nint h(int x) { return x; }\n"
      "int (*const table[])(int) = {h};\n");
  EXPECT_THAT(text, Not(HasSubstr("risk.table")));
}

TEST_F(Risks, CountWarnings) {
  const std::string text = facts("int f(int x) {\n if (g(x)) TRAP(1);\n return 0; }\n",
                                 "int f(int x) {\n if (g(x)) TRAP(1);\n if (g(7)) TRAP(1);\n return 0; }\n");
  EXPECT_THAT(text, HasSubstr("2 WARN sites where 1 was: unit.c:2, unit.c:3"));
  EXPECT_THAT(text, Not(HasSubstr("BUG")));
}

TEST_F(Risks, CountNoWarningsThatWereThere) {
  const std::string text = facts("int f(int x) {\n if (g(x)) TRAP(1);\n return 0; }\n",
                                 "int f(int x) {\n if (g(x)) TRAP(1);\n return 1; }\n");
  EXPECT_THAT(text, Not(HasSubstr("risk.warning")));
}

TEST_F(Risks, TellGrowth) {
  const std::string text = facts("int f(int x) {\n return g(x) != 0; }\n",
                                 "int f(int x) {\n char b[256]; g(x); return g((int)(long)b) != g(5); }\n");
  EXPECT_THAT(text, HasSubstr("risk.stack-growth f unit.c:1: its stack frame grows from 8 to "));
  EXPECT_THAT(text, HasSubstr("risk.code-growth f unit.c:1: its code grows from "));
}

TEST_F(Risks, TellNoGrowthOfAFunctionThatKeepsItsSize) {
  const std::string text = facts("int f(int x) { g(x); return 1; }\n", "int f(int x) { g(x); return 2; }\n");
  EXPECT_EQ(text, "");
}

TEST_F(Risks, GiveOffsetsWithoutDebugInformation) {
  pair_.flags = {};
  const std::string text = facts(
      kLocked, "int f(int *l, int x) { _raw_spin_lock(l); schedule(); _raw_spin_unlock(l); return 0; }\n");
  EXPECT_THAT(text, HasSubstr("risk.sleep-under-lock f f+0x"));
}

// A jump through a register may go anywhere: then nothing is said of locks, but that.
TEST_F(Risks, SayWhenLocksCannotBeAnalysed) {
  const auto source = [](const std::string& first) {
    return ".section .text.f,\"ax\"\n.globl f\n.type f, @function\nf: call __fentry__\n" + first +
           "call _raw_spin_lock\njmp *%rax\n.size f, .-f\n";
  };
  const std::string text = facts(source("nop\n"), source("xor %eax, %eax\n"), ".s");
  EXPECT_THAT(text, HasSubstr("risk.locks-unknown f unit.s:4: locks are not analysed"));
}

}  // namespace
}  // namespace suture
