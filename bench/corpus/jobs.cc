// SPDX-License-Identifier: Apache-2.0
#include "corpus/jobs.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <map>

namespace suture::corpus {
namespace {

using Clock = std::chrono::steady_clock;

struct Running {
  std::size_t job = 0;
  Clock::time_point deadline;
  bool timed_out = false;
};

/// Ends what still runs, when an error ends the run.
class Children {
 public:
  Children() {
    ::sigemptyset(&child_);
    ::sigaddset(&child_, SIGCHLD);
    ::sigprocmask(SIG_BLOCK, &child_, &before_);
  }
  Children(const Children&) = delete;
  Children& operator=(const Children&) = delete;
  ~Children() {
    for (const auto& [pid, running] : running_) ::kill(pid, SIGTERM);
    for (const auto& [pid, running] : running_) ::waitpid(pid, nullptr, 0);
    ::sigprocmask(SIG_SETMASK, &before_, nullptr);
  }

  std::size_t count() const { return running_.size(); }

  Result<void> start(std::size_t job, const JobRunner& runner) {
    std::fflush(nullptr);
    const pid_t parent = ::getpid();
    const pid_t pid = ::fork();
    if (pid < 0) return fail_errno("corpus.fork", "start a process for a job");
    if (pid == 0) {
      // Die with the parent, whatever ended that.
      ::prctl(PR_SET_PDEATHSIG, SIGTERM);
      if (::getppid() != parent) ::_exit(1);
      ::sigprocmask(SIG_SETMASK, &before_, nullptr);
      runner.work(job);
      std::fflush(nullptr);
      ::_exit(0);
    }
    running_[pid] = {.job = job, .deadline = Clock::now() + runner.timeout};
    return {};
  }

  /// Waits for one to end, and tells how.
  std::pair<std::size_t, std::string> next() {
    for (;;) {
      int status = 0;
      const pid_t pid = ::waitpid(-1, &status, WNOHANG);
      if (const auto found = running_.find(pid); found != running_.end()) {
        const Running running = found->second;
        running_.erase(found);
        return {running.job, death(status, running.timed_out)};
      }
      for (auto& [child, running] : running_) {
        if (Clock::now() < running.deadline || running.timed_out) continue;
        running.timed_out = true;
        ::kill(child, SIGTERM);
      }
      constexpr timespec kPatience{.tv_sec = 1, .tv_nsec = 0};
      ::sigtimedwait(&child_, nullptr, &kPatience);
    }
  }

 private:
  static std::string death(int status, bool timed_out) {
    if (timed_out) return "it did not come to an end in time";
    if (WIFSIGNALED(status)) return fmt::format("the process died: {}", ::strsignal(WTERMSIG(status)));
    if (WEXITSTATUS(status) != 0) return fmt::format("the process ended with {}", WEXITSTATUS(status));
    return "";
  }

  sigset_t child_{};
  sigset_t before_{};
  std::map<pid_t, Running> running_;
};

}  // namespace

Result<void> JobRunner::run(std::size_t jobs) const {
  Children children;
  for (std::size_t next = 0; next < jobs || children.count() != 0;) {
    if (next < jobs && children.count() < at_once) {
      TRY(children.start(next++, *this));
      continue;
    }
    const auto [job, died] = children.next();
    TRY(finished(job, died));
  }
  return {};
}

}  // namespace suture::corpus
