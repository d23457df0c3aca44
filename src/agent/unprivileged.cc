// SPDX-License-Identifier: Apache-2.0
#include "agent/unprivileged.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include "base/error_json.h"
#include "base/json.h"

namespace suture {
namespace fs = std::filesystem;
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kAnswerLimit = 8u << 20;

/// From a process that is not trusted: each text is cut.
Error error_from(const Json& json) {
  constexpr std::size_t kLongest = 4096;
  Error error = error_from_json(json);
  for (std::string* text : {&error.code, &error.what, &error.why, &error.hint}) {
    if (text->size() > kLongest) text->resize(kLongest);
  }
  return error;
}

/// What each child begins with. `parent` tells whether it has become an orphan before it could ask to be
/// killed with its parent.
Result<void> begin_child(const Unprivileged& user, int out, pid_t parent,
                         const std::vector<fs::path>& writable) {
  ::signal(SIGTERM, SIG_DFL);
  ::signal(SIGPIPE, SIG_IGN);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  // Such as the control socket, at which it could answer in the daemon's place.
  close_inherited(out);
  auto dropped = enter_sandbox(user, writable);
  if (::getppid() != parent) ::_exit(1);
  return dropped;
}

/// The whole life of one that is asked one thing.
[[noreturn]] void be_child(const Unprivileged& user, int out, pid_t parent,
                           const std::function<Result<Json>()>& work, const std::vector<fs::path>& writable) {
  const auto dropped = begin_child(user, out, parent, writable);
  const Result<Json> result = dropped ? work() : std::unexpected(dropped.error());
  const std::string text =
      json_text(result ? Json{{"result", *result}} : Json{{"error", to_json(result.error())}});
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t put = ::write(out, text.data() + done, text.size() - done);
    if (put < 0 && errno != EINTR) ::_exit(1);
    if (put > 0) done += static_cast<std::size_t>(put);
  }
  ::_exit(0);
}

/// The whole life of one that lives on.
[[noreturn]] void be_long_lived(const Unprivileged& user, int out, pid_t parent,
                                const std::function<void(int)>& work) {
  if (!begin_child(user, out, parent, {})) ::_exit(1);
  work(out);
  ::_exit(0);
}

/// Reads to the end; false at the deadline, at an error, or beyond the limit.
bool read_answer(int fd, Clock::time_point end, std::string& text) {
  char buffer[16384];
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
    if (left <= 0) return false;
    struct pollfd poll_fd = {fd, POLLIN, 0};
    const int ready = ::poll(&poll_fd, 1, static_cast<int>(std::min<long long>(left, 60'000)));
    if (ready < 0 && errno != EINTR) return false;
    if (ready <= 0) continue;
    const ssize_t got = ::read(fd, buffer, sizeof buffer);
    if (got == 0) return true;
    if (got < 0 && errno != EINTR) return false;
    if (got > 0) text.append(buffer, static_cast<std::size_t>(got));
    if (text.size() > kAnswerLimit) return false;
  }
}

Result<Json> interpret(const std::string& text) {
  const Json answer = TRY_IN("handle remote data", parse_json(text, "the unprivileged child's answer"));
  if (const auto error = json_object(answer, "error")) return std::unexpected(error_from(**error));
  if (!answer.is_object() || !answer.contains("result")) {
    return fail("agent.child", "handle remote data", "the unprivileged child's answer has no result");
  }
  return answer.at("result");
}

/// Exactly the bytes that the file had when it was opened: its owner may go on writing.
Result<Bytes> take_over(const fs::path& path, std::uint64_t least, std::uint64_t most) {
  const std::string what = "take over " + path.string();
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd < 0) return fail_errno("agent.hand-over", what);
  struct stat info {};
  const bool plain = ::fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
  const auto size = plain ? static_cast<std::uint64_t>(info.st_size) : 0;
  const bool right = plain && size >= least && size <= most;
  Bytes bytes(right ? static_cast<std::size_t>(size) : 0);
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t got = ::read(fd, bytes.data() + done, bytes.size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    done += static_cast<std::size_t>(got);
  }
  ::close(fd);
  if (right && done == bytes.size()) return bytes;
  const std::string length = least == most ? "" : "at most ";
  return fail("agent.hand-over", what,
              "it is not a plain file of " + length + std::to_string(most) + " bytes");
}

}  // namespace

Result<void> give_folder(const fs::path& folder, const Unprivileged& user) {
  TRY(make_directories(folder));
  const std::string what = "hand " + folder.string() + " to the unprivileged user";
  if (::lchown(folder.c_str(), user.uid, user.gid) != 0) return fail_errno("file.unwritable", what);
  if (::chmod(folder.c_str(), 0700) != 0) return fail_errno("file.unwritable", what);
  return {};
}

Result<Bytes> read_handed_over(const fs::path& path, std::uint64_t size) {
  return take_over(path, size, size);
}

Result<Bytes> read_handed_over_up_to(const fs::path& path, std::uint64_t limit) {
  return take_over(path, 0, limit);
}

Result<Json> run_unprivileged(const Unprivileged& user, std::chrono::seconds timeout,
                              const std::function<Result<Json>()>& work,
                              const std::vector<fs::path>& writable) {
  const std::string what = "handle remote data in an unprivileged process";
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return fail_errno("agent.child", what);
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) {
    const auto error = fail_errno("agent.child", what);
    ::close(ends[0]);
    ::close(ends[1]);
    return error;
  }
  if (child == 0) {
    ::close(ends[0]);
    be_child(user, ends[1], parent, work, writable);
  }
  ::close(ends[1]);
  std::string text;
  const bool whole = read_answer(ends[0], Clock::now() + timeout, text);
  ::close(ends[0]);
  if (!whole) ::kill(child, SIGKILL);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!whole) {
    return fail("agent.child", what,
                "it did not end within " + std::to_string(timeout.count()) + " s, or said too much");
  }
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS) {
    return fail("agent.forbidden-call", what, "it made a system call that it never needs, and was killed",
                "The kernel's log has its number: `journalctl -k | grep type=1326`. If the repository is not "
                "in bad hands, report it as a fault of sutured.");
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    return fail("agent.child", what,
                WIFSIGNALED(status) ? "it died of signal " + std::to_string(WTERMSIG(status)) : "it failed");
  }
  return interpret(text);
}

Result<LongLived> start_unprivileged(const Unprivileged& user, const std::function<void(int out)>& work) {
  const std::string what = "start an unprivileged process";
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return fail_errno("agent.child", what);
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child == 0) be_long_lived(user, ends[1], parent, work);
  if (child < 0) {
    const auto error = fail_errno("agent.child", what);
    ::close(ends[0]);
    ::close(ends[1]);
    return error;
  }
  ::close(ends[1]);
  return LongLived{child, ends[0]};
}

}  // namespace suture
