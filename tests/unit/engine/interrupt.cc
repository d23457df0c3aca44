// SPDX-License-Identifier: Apache-2.0
#include "engine/interrupt.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "base/file.h"

namespace suture {
namespace {

char state_of(pid_t pid) {
  const std::string stat = read_text_file("/proc/" + std::to_string(pid) + "/stat").value_or("");
  const std::size_t end = stat.rfind(')');
  return end == std::string::npos || end + 2 >= stat.size() ? '?' : stat[end + 2];
}

StalledTask task(pid_t pid, char state) {
  StalledTask made;
  made.pid = made.process = pid;
  made.state = state;
  return made;
}

/// Whether this machine lets a task be traced at all.
bool may_trace(pid_t sleeper) {
  const pid_t tracer = ::fork();
  if (tracer == 0) ::_exit(::ptrace(PTRACE_SEIZE, sleeper, nullptr, nullptr) == 0 ? 0 : 1);
  int status = 0;
  return ::waitpid(tracer, &status, 0) == tracer && status == 0;
}

/// How often it went to sleep of its own will: /proc/PID/status.
long sleeps_of(pid_t pid) {
  const std::string status = read_text_file("/proc/" + std::to_string(pid) + "/status").value_or("");
  const std::string key = "\nvoluntary_ctxt_switches:";
  const std::size_t at = status.find(key);
  return at == std::string::npos ? -1 : std::stol(status.substr(at + key.size()));
}

TEST(Interrupt, ASleeperLeavesTheKernelAndSleepsOn) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    char byte = 0;
    // Restarted by the kernel: the program sees no more than the byte.
    ::_exit(::read(ends[0], &byte, 1) == 1 && byte == 'x' ? 0 : 1);
  }
  while (state_of(child) != 'S') ::usleep(1000);
  const bool possible = may_trace(child);
  const long before = sleeps_of(child);
  interrupt_tasks({task(child, 'S')});
  while (state_of(child) != 'S') ::usleep(1000);
  if (possible) {
    EXPECT_GT(sleeps_of(child), before);
  }
  ASSERT_EQ(::write(ends[1], "x", 1), 1);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  ::close(ends[0]);
  ::close(ends[1]);
}

// What it sleeps in is left for as long as it takes, and gone back to afterwards.
TEST(Interrupt, ASleeperIsHeldAtTheEdge) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    char byte = 0;
    ::_exit(::read(ends[0], &byte, 1) == 1 && byte == 'x' ? 0 : 1);
  }
  while (state_of(child) != 'S') ::usleep(1000);
  const bool possible = may_trace(child);
  {
    const HeldTasks held({task(child, 'S')});
    if (possible) {
      EXPECT_EQ(state_of(child), 't');
    }
  }
  while (state_of(child) != 'S') ::usleep(1000);
  ASSERT_EQ(::write(ends[1], "x", 1), 1);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(Interrupt, ARealSignalReachesWhoIsHeld) {
  const pid_t child = ::fork();
  if (child == 0) {
    for (;;) ::pause();
  }
  while (state_of(child) != 'S') ::usleep(1000);
  {
    const HeldTasks held({task(child, 'S')});
    ASSERT_EQ(::kill(child, SIGTERM), 0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGTERM);
}

TEST(Interrupt, WhatIsGoneOrNotAsleepIsLeftAlone) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  ::waitpid(child, nullptr, 0);
  interrupt_tasks({task(child, 'S'), task(::getpid(), 'S'), task(1, 'D'), task(0, 'S')});
  { const HeldTasks held({task(child, 'S'), task(::getpid(), 'S'), task(1, 'D'), task(0, 'S')}); }
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

}  // namespace
}  // namespace suture
