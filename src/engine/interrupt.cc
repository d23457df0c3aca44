// SPDX-License-Identifier: Apache-2.0
#include "engine/interrupt.h"

#include <signal.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>

namespace suture {
namespace {

/// Whatever is still held when this process ends, the kernel lets go: a task cannot be left stopped.
[[noreturn]] void interrupt_and_leave(const std::vector<pid_t>& tasks) {
  constexpr int kLooks = 50;
  constexpr struct timespec kPause = {0, 10'000'000};
  std::size_t waiting = 0;
  for (const pid_t task : tasks) {
    if (::ptrace(PTRACE_SEIZE, task, nullptr, nullptr) != 0) continue;
    if (::ptrace(PTRACE_INTERRUPT, task, nullptr, nullptr) == 0) ++waiting;
  }
  for (int look = 0; look < kLooks && waiting > 0; ++look) {
    int status = 0;
    const pid_t task = ::waitpid(-1, &status, __WALL | WNOHANG);
    if (task < 0 && errno == ECHILD) break;
    if (task <= 0) {
      ::nanosleep(&kPause, nullptr);
      continue;
    }
    --waiting;
    // A real signal may have come first: it is passed on.
    const bool ours = status >> 16 == PTRACE_EVENT_STOP;
    const int signal = WIFSTOPPED(status) && !ours ? WSTOPSIG(status) : 0;
    ::ptrace(PTRACE_DETACH, task, nullptr, static_cast<unsigned long>(signal));
  }
  ::_exit(0);
}

}  // namespace

void interrupt_tasks(const std::vector<StalledTask>& tasks) {
  std::vector<pid_t> sleepers;
  for (const StalledTask& task : tasks) {
    if (task.state == 'S' && !task.kernel_thread && task.process != ::getpid()) sleepers.push_back(task.pid);
  }
  if (sleepers.empty()) return;
  const pid_t child = ::fork();
  if (child == 0) interrupt_and_leave(sleepers);
  while (child > 0 && ::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace suture
