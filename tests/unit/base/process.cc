// SPDX-License-Identifier: Apache-2.0
#include "base/process.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include "base/file.h"

namespace suture {
namespace {

using std::chrono::seconds;
using Clock = std::chrono::steady_clock;

Command shell(std::string script) {
  return {.argv = {"sh", "-c", std::move(script)}};
}

TEST(Process, BothOutputsAndTheStatusComeBack) {
  const auto finished = run(shell("echo out; echo err >&2; exit 3"));
  ASSERT_TRUE(finished);
  EXPECT_EQ(finished->out, "out\n");
  EXPECT_EQ(finished->err, "err\n");
  EXPECT_EQ(finished->status, 3);
}

TEST(Process, ArgumentsPassUntouchedByAnyShell) {
  EXPECT_EQ(run({.argv = {"printf", "%s", "$HOME; `x` *"}})->out, "$HOME; `x` *");
}

TEST(Process, LargeInputAndOutputDoNotBlockEachOther) {
  const std::string input(3 << 20, 'x');
  const auto finished = run({.argv = {"cat"}, .input = input});
  ASSERT_TRUE(finished);
  EXPECT_EQ(finished->out, input);
}

TEST(Process, AChildThatDoesNotReadItsInputIsNoError) {
  const auto finished = run({.argv = {"true"}, .input = std::string(1 << 20, 'x')});
  ASSERT_TRUE(finished) << finished.error().message();
  EXPECT_EQ(finished->status, 0);
}

TEST(Process, EnvironmentAndFolderAreSet) {
  Command command = shell("echo $SUTURE_TEST_VALUE; pwd");
  command.environment["SUTURE_TEST_VALUE"] = "a b";
  command.directory = "/";
  EXPECT_EQ(run(command)->out, "a b\n/\n");
}

TEST(Process, ASetVariableReplacesTheInheritedOne) {
  ::setenv("SUTURE_TEST_VALUE", "old", 1);
  Command command = shell("env | grep -c ^SUTURE_TEST_VALUE=");
  command.environment["SUTURE_TEST_VALUE"] = "new";
  EXPECT_EQ(run(command)->out, "1\n");
  ::unsetenv("SUTURE_TEST_VALUE");
}

TEST(Process, AMissingProgramIsNamed) {
  const auto finished = run({.argv = {"suture-no-such-program"}});
  ASSERT_FALSE(finished);
  EXPECT_EQ(finished.error().code, "process.not-started");
  EXPECT_EQ(finished.error().what, "run suture-no-such-program");
  EXPECT_FALSE(finished.error().hint.empty());
  EXPECT_EQ(run({}).error().code, "process.not-started");
}

TEST(Process, AMissingFolderIsAnError) {
  EXPECT_EQ(run({.argv = {"true"}, .directory = "/no/such/folder"}).error().code, "process.not-started");
}

TEST(Process, ASignalShowsInTheStatus) {
  EXPECT_EQ(run(shell("kill -9 $$"))->status, 128 + 9);
}

void expect_timeout(const char* script) {
  Command command = shell(script);
  command.timeout = seconds(1);
  const auto start = Clock::now();
  const auto finished = run(command);
  ASSERT_FALSE(finished) << script;
  EXPECT_EQ(finished.error().code, "process.timeout");
  EXPECT_LT(Clock::now() - start, seconds(10)) << script;
}

TEST(Process, TheTimeoutEndsACommand) {
  expect_timeout("sleep 100");
}
TEST(Process, TheTimeoutEndsGrandchildrenToo) {
  expect_timeout("sleep 100 & sleep 100");
}
TEST(Process, TheTimeoutEndsACommandThatClosedItsOutputs) {
  expect_timeout("exec >&- 2>&-; sleep 100");
}
TEST(Process, TheTimeoutEndsAGrandchildThatKeepsTheOutputOpen) {
  expect_timeout("sleep 100 &");
}

TEST(Process, OutputWithoutEndIsCutOff) {
  for (const char* script : {"yes", "yes >&2"}) {
    Command command = shell(script);
    command.output_limit = 100000;
    EXPECT_EQ(run(command).error().code, "process.too-much-output");
  }
}

TEST(Process, AFailureCarriesTheEndOfItsWords) {
  const auto finished = run_ok(shell("seq 1 10000 >&2; echo the reason >&2; exit 7"));
  ASSERT_FALSE(finished);
  EXPECT_EQ(finished.error().code, "process.failed");
  EXPECT_TRUE(finished.error().why.starts_with("exit status 7\n"));
  EXPECT_TRUE(finished.error().why.ends_with("the reason"));
  EXPECT_LT(finished.error().why.size(), 5000u);
}

TEST(Process, AFailureWithoutErrorsShowsItsOutput) {
  EXPECT_EQ(run_ok(shell("echo only here; exit 1")).error().why, "exit status 1\nonly here");
}

TEST(Process, TheTextIsWhatOneWouldType) {
  const Command command{.argv = {"gcc", "-DNAME=\"a b\"", "", "x.c"}};
  EXPECT_EQ(command.text(), "gcc '-DNAME=\"a b\"' '' x.c");
}

// Started as a program of its own would be: a signal ends it, and the sleep that it runs.
TEST(Process, ASignalEndsTheCommandsToo) {
  const TempDir folder = *TempDir::make("suture-test");
  const std::string pid_file = (folder.path() / "pid").string();
  const pid_t program = ::fork();
  ASSERT_GE(program, 0);
  if (program == 0) {
    end_children_with_us();
    (void)run(
        shell("echo $$ > " + pid_file + ".new; mv " + pid_file + ".new " + pid_file + "; exec sleep 100"));
    ::_exit(0);
  }
  std::string text;
  for (int i = 0; i < 500 && text.empty(); ++i) {
    ::usleep(10000);
    text = read_text_file(pid_file).value_or("");
  }
  ASSERT_FALSE(text.empty());
  ::kill(program, SIGTERM);
  int status = 0;
  ASSERT_EQ(::waitpid(program, &status, 0), program);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
  // Gone, or waiting to be collected by init.
  for (int i = 0; i < 500; ++i) {
    const std::string stat =
        read_text_file("/proc/" + std::to_string(std::stol(text)) + "/stat").value_or(") Z");
    if (stat.contains(") Z")) return;
    ::usleep(10000);
  }
  FAIL() << "the command outlived the program";
}

}  // namespace
}  // namespace suture
