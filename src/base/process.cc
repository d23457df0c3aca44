// SPDX-License-Identifier: Apache-2.0
#include "base/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <optional>

extern char** environ;

namespace suture {
namespace {

using Clock = std::chrono::steady_clock;

/// One end of a pipe or a file that is closed with its owner.
struct End {
  int fd = -1;
  End() = default;
  explicit End(int descriptor) : fd(descriptor) {}
  End(const End&) = delete;
  End& operator=(const End&) = delete;
  ~End() { close(); }
  void close() {
    if (fd >= 0) ::close(std::exchange(fd, -1));
  }
};

struct Pipe {
  End read, write;
  bool open() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return false;
    read.fd = ends[0];
    write.fd = ends[1];
    return true;
  }
};

// Process groups which the handler ends. More commands at once than this just outlive a signal.
std::array<std::atomic<pid_t>, 64> running_groups;

void end_children_and_self(int signal_number) {
  for (auto& group : running_groups) {
    if (const pid_t leader = group.load(); leader > 0) ::kill(-leader, SIGKILL);
  }
  ::signal(signal_number, SIG_DFL);
  ::raise(signal_number);
}

sigset_t ending_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal_number : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&set, signal_number);
  return set;
}

/// Keeps a signal from coming between a command's start and its entry in the list.
class SignalsHeld {
 public:
  SignalsHeld() {
    const sigset_t set = ending_signals();
    pthread_sigmask(SIG_BLOCK, &set, &before_);
  }
  SignalsHeld(const SignalsHeld&) = delete;
  SignalsHeld& operator=(const SignalsHeld&) = delete;
  ~SignalsHeld() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_{};
};

/// A child need not read its input; writing to it then must be an error, not the end of this program.
class BrokenPipeIsAnError {
 public:
  BrokenPipeIsAnError() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &set_, &before_);
  }
  BrokenPipeIsAnError(const BrokenPipeIsAnError&) = delete;
  BrokenPipeIsAnError& operator=(const BrokenPipeIsAnError&) = delete;
  ~BrokenPipeIsAnError() {
    // The one that waits for this thread, if any.
    const timespec at_once{};
    if (sigismember(&before_, SIGPIPE) == 0) sigtimedwait(&set_, nullptr, &at_once);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

 private:
  sigset_t set_{};
  sigset_t before_{};
};

/// A command's place in the list of running ones.
class Running {
 public:
  explicit Running(pid_t leader) {
    for (auto& group : running_groups) {
      pid_t free = 0;
      if (!group.compare_exchange_strong(free, leader)) continue;
      entry_ = &group;
      break;
    }
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  ~Running() {
    if (entry_ != nullptr) entry_->store(0);
  }

 private:
  std::atomic<pid_t>* entry_ = nullptr;
};

class SpawnSetup {
 public:
  SpawnSetup() {
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setpgroup(&attributes, 0);
    sigset_t set;
    sigemptyset(&set);
    posix_spawnattr_setsigmask(&attributes, &set);
    sigaddset(&set, SIGPIPE);
    posix_spawnattr_setsigdefault(&attributes, &set);
  }
  SpawnSetup(const SpawnSetup&) = delete;
  SpawnSetup& operator=(const SpawnSetup&) = delete;
  ~SpawnSetup() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
};

std::vector<std::string> environment_of(const Command& command) {
  const auto& extra = command.environment;
  std::vector<std::string> merged;
  for (char** entry = environ; !command.clean_environment && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    if (!extra.contains(std::string(text.substr(0, text.find('='))))) merged.emplace_back(text);
  }
  for (const auto& [name, value] : extra) merged.push_back(name + "=" + value);
  return merged;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> result;
  result.reserve(strings.size() + 1);
  for (auto& string : strings) result.push_back(string.data());
  result.push_back(nullptr);
  return result;
}

enum class Pumped { kDone, kTimeout, kTooMuch };

/// Feeds the input and gathers both outputs until the child closes them, or a bound is hit.
Pumped pump(const Command& command, Clock::time_point deadline, End& in, End& out, End& err,
            Finished& finished) {
  const BrokenPipeIsAnError guard;
  std::size_t sent = 0;
  if (command.input.empty()) in.close();
  std::array<char, 65536> buffer{};
  while (out.fd >= 0 || err.fd >= 0) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return Pumped::kTimeout;
    std::array<pollfd, 3> polls{pollfd{in.fd, POLLOUT, 0}, pollfd{out.fd, POLLIN, 0},
                                pollfd{err.fd, POLLIN, 0}};
    if (::poll(polls.data(), polls.size(), static_cast<int>(std::min<long long>(left, 60000))) < 0) continue;
    if (polls[0].revents != 0) {
      const ssize_t put = ::write(in.fd, command.input.data() + sent, command.input.size() - sent);
      if (put > 0) sent += static_cast<std::size_t>(put);
      if ((put < 0 && errno != EAGAIN && errno != EINTR) || sent == command.input.size()) in.close();
    }
    for (auto [index, end, text] : {std::tuple{1uz, &out, &finished.out}, {2uz, &err, &finished.err}}) {
      if (polls[index].revents == 0) continue;
      const ssize_t got = ::read(end->fd, buffer.data(), buffer.size());
      if (got > 0) text->append(buffer.data(), static_cast<std::size_t>(got));
      if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) end->close();
      if (text->size() > command.output_limit) return Pumped::kTooMuch;
    }
  }
  return Pumped::kDone;
}

/// Waits for the end of a child that has closed its outputs, which need not be near. False at the deadline.
bool wait_until(Clock::time_point deadline, pid_t child, int& status) {
  const End handle(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
  while (handle.fd >= 0) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return false;
    pollfd ended{handle.fd, POLLIN, 0};
    if (::poll(&ended, 1, static_cast<int>(std::min<long long>(left, 60000))) > 0) break;
  }
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return true;
}

}  // namespace

std::string Command::text() const {
  std::string joined;
  for (const auto& word : argv) {
    if (!joined.empty()) joined += ' ';
    const bool plain =
        !word.empty() && word.find_first_of(" \t\n\"'\\$`|&;<>()*?[]{}~#") == std::string::npos;
    joined += plain ? word : "'" + word + "'";
  }
  return joined;
}

Result<Finished> run(const Command& command) {
  const std::string what = "run " + (command.argv.empty() ? std::string("a program") : command.argv.front());
  if (command.argv.empty()) return fail("process.not-started", what, "no program named");

  Pipe in, out, err;
  if (!in.open() || !out.open() || !err.open()) return fail_errno("process.not-started", what);
  ::fcntl(in.write.fd, F_SETFL, O_NONBLOCK);

  SpawnSetup setup;
  posix_spawn_file_actions_adddup2(&setup.actions, in.read.fd, 0);
  posix_spawn_file_actions_adddup2(&setup.actions, out.write.fd, 1);
  posix_spawn_file_actions_adddup2(&setup.actions, err.write.fd, 2);
  if (!command.directory.empty()) {
    posix_spawn_file_actions_addchdir_np(&setup.actions, command.directory.c_str());
  }
  auto arguments = command.argv;
  auto environment = environment_of(command);
  auto argument_pointers = pointers(arguments);
  auto environment_pointers = pointers(environment);
  pid_t child = -1;
  std::optional<Running> entry;
  std::optional<SignalsHeld> held(std::in_place);
  const int error = ::posix_spawnp(&child, arguments.front().c_str(), &setup.actions, &setup.attributes,
                                   argument_pointers.data(), environment_pointers.data());
  if (error == 0) entry.emplace(child);
  held.reset();
  if (error != 0) {
    return fail(
        "process.not-started", what, std::strerror(error),
        error == ENOENT ? "Install the package that holds it; scripts/setup.sh installs all we use." : "");
  }
  in.read.close();
  out.write.close();
  err.write.close();

  Finished finished;
  const auto deadline = Clock::now() + command.timeout;
  int status = 0;
  Pumped pumped = pump(command, deadline, in.write, out.read, err.read, finished);
  if (pumped == Pumped::kDone && !wait_until(deadline, child, status)) pumped = Pumped::kTimeout;
  if (pumped != Pumped::kDone) {
    ::kill(-child, SIGKILL);
    wait_until(Clock::time_point::max(), child, status);
  }
  if (pumped == Pumped::kTimeout) {
    return fail("process.timeout", what,
                "not finished after " + std::to_string(command.timeout.count()) + " s");
  }
  if (pumped == Pumped::kTooMuch) return fail("process.too-much-output", what, "it printed without end");
  finished.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return finished;
}

void end_children_with_us() {
  struct sigaction action {};
  action.sa_handler = end_children_and_self;
  action.sa_mask = ending_signals();
  for (const int signal_number : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction before {};
    // Started with nohup: the signal is meant to pass.
    if (::sigaction(signal_number, nullptr, &before) == 0 && before.sa_handler == SIG_IGN) continue;
    ::sigaction(signal_number, &action, nullptr);
  }
}

Result<Finished> run_ok(const Command& command) {
  Finished finished = TRY(run(command));
  if (finished.status == 0) return finished;
  std::string tail = finished.err.empty() ? finished.out : finished.err;
  constexpr std::size_t kKept = 4000;
  if (tail.size() > kKept) tail = "…" + tail.substr(tail.size() - kKept);
  while (!tail.empty() && tail.back() == '\n') tail.pop_back();
  return fail("process.failed", "run " + command.text(),
              "exit status " + std::to_string(finished.status) + (tail.empty() ? "" : "\n" + tail));
}

}  // namespace suture
