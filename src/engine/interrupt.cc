// SPDX-License-Identifier: Apache-2.0
#include "engine/interrupt.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>

namespace suture {
namespace {

struct Sleeper {
  pid_t task = 0;
  bool stopped = false;
  int signal = 0;  ///< a real one that came first, to be passed on
};

std::vector<Sleeper> sleepers_of(const std::vector<StalledTask>& tasks) {
  std::vector<Sleeper> sleepers;
  for (const StalledTask& task : tasks) {
    const bool ours = task.process == ::getpid();
    if (task.state == 'S' && !task.kernel_thread && task.pid > 0 && !ours) sleepers.push_back({task.pid});
  }
  return sleepers;
}

void let_go(const Sleeper& sleeper) {
  if (!sleeper.stopped) return;
  ::ptrace(PTRACE_DETACH, sleeper.task, nullptr, static_cast<unsigned long>(sleeper.signal));
}

/// In the process that traces: until each has come to the edge, or half a second is over.
template <class Stopped>
void stop_all(std::vector<Sleeper>& sleepers, const Stopped& stopped) {
  constexpr int kLooks = 50;
  constexpr struct timespec kPause = {0, 10'000'000};
  std::size_t waiting = 0;
  for (const Sleeper& sleeper : sleepers) {
    if (::ptrace(PTRACE_SEIZE, sleeper.task, nullptr, nullptr) != 0) continue;
    if (::ptrace(PTRACE_INTERRUPT, sleeper.task, nullptr, nullptr) == 0) ++waiting;
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
    for (Sleeper& sleeper : sleepers) {
      if (sleeper.task != task || !WIFSTOPPED(status)) continue;
      const bool ours = status >> 16 == PTRACE_EVENT_STOP;
      sleeper.stopped = true;
      sleeper.signal = ours ? 0 : WSTOPSIG(status);
      stopped(sleeper);
    }
  }
}

void wait_for(pid_t child) {
  while (child > 0 && ::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace

void interrupt_tasks(const std::vector<StalledTask>& tasks) {
  std::vector<Sleeper> sleepers = sleepers_of(tasks);
  if (sleepers.empty()) return;
  const pid_t child = ::fork();
  if (child == 0) {
    stop_all(sleepers, let_go);
    // Whatever is still held when this process ends, the kernel lets go: a task cannot be left stopped.
    ::_exit(0);
  }
  wait_for(child);
}

HeldTasks::HeldTasks(const std::vector<StalledTask>& tasks) {
  constexpr int kLongestMilliseconds = 5000;
  std::vector<Sleeper> sleepers = sleepers_of(tasks);
  int ready[2];
  int release[2];
  if (sleepers.empty() || ::pipe2(ready, O_CLOEXEC) != 0) return;
  if (::pipe2(release, O_CLOEXEC) != 0) {
    ::close(ready[0]);
    ::close(ready[1]);
    return;
  }
  holder_ = ::fork();
  if (holder_ == 0) {
    ::close(ready[0]);
    ::close(release[1]);
    stop_all(sleepers, [](const Sleeper&) {});
    ::close(ready[1]);
    struct pollfd end = {release[0], 0, 0};
    ::poll(&end, 1, kLongestMilliseconds);
    for (const Sleeper& sleeper : sleepers) let_go(sleeper);
    ::_exit(0);
  }
  ::close(ready[1]);
  ::close(release[0]);
  release_ = release[1];
  // Ends when the other process closes its end, or dies.
  char none = 0;
  while (holder_ > 0 && ::read(ready[0], &none, 1) < 0 && errno == EINTR) {
  }
  ::close(ready[0]);
}

HeldTasks::~HeldTasks() {
  if (release_ >= 0) ::close(release_);
  wait_for(holder_);
}

}  // namespace suture
