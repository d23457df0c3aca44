// SPDX-License-Identifier: Apache-2.0
//
#include "qualify/guest/program/workload.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace {

constexpr int kConnections = 6;
constexpr int kTimers = 3;
constexpr int kWriters = 2;
constexpr int kParents = 1;
constexpr int kWorkers = 2 * kConnections + kTimers + kWriters + kParents;
constexpr long kTickNanoseconds = 10'000'000;

/// Written by one process each, read by all.
struct Worker {
  std::atomic<pid_t> pid;
  std::atomic<std::uint32_t> ports;  ///< local and peer port of its connection: another one would have others
  std::atomic<std::uint64_t> progress;
  std::atomic<std::uint64_t> errors;
};

struct Shared {
  std::atomic<int> ready;
  Worker workers[kWorkers];
};

[[noreturn]] void die(const char* what) {
  std::perror(what);
  std::_Exit(2);
}

Shared* map(const char* path, int flags) {
  const int fd = open(path, flags, 0600);
  if (fd < 0 || ((flags & O_CREAT) != 0 && ftruncate(fd, sizeof(Shared)) != 0)) die(path);
  void* memory = mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) die("mmap");
  close(fd);
  return static_cast<Shared*>(memory);
}

bool transfer(int fd, void* buffer, std::size_t size, bool sending) {
  auto* at = static_cast<char*>(buffer);
  while (size > 0) {
    const ssize_t done = sending ? send(fd, at, size, MSG_NOSIGNAL) : recv(fd, at, size, 0);
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return false;
    at += done;
    size -= static_cast<std::size_t>(done);
  }
  return true;
}

void remember_ports(int fd, Worker& worker) {
  sockaddr_in here{};
  sockaddr_in there{};
  socklen_t length = sizeof here;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&here), &length) != 0) die("getsockname");
  length = sizeof there;
  if (getpeername(fd, reinterpret_cast<sockaddr*>(&there), &length) != 0) die("getpeername");
  worker.ports = static_cast<std::uint32_t>(ntohs(here.sin_port)) << 16 | ntohs(there.sin_port);
}

/// Sends numbers in order and expects each back with a mark.
[[noreturn]] void client(int fd, Worker& worker) {
  remember_ports(fd, worker);
  for (std::uint64_t number = 1;; ++number) {
    std::uint64_t message[128];
    for (std::uint64_t& word : message) word = number;
    if (!transfer(fd, message, sizeof message, true) || !transfer(fd, message, sizeof message, false))
      ++worker.errors;
    for (const std::uint64_t word : message) {
      if (word != ~number) ++worker.errors;
    }
    ++worker.progress;
    usleep(5000);
  }
}

[[noreturn]] void server(int fd, Worker& worker) {
  remember_ports(fd, worker);
  for (std::uint64_t number = 1;; ++number) {
    std::uint64_t message[128];
    if (!transfer(fd, message, sizeof message, false)) ++worker.errors;
    for (std::uint64_t& word : message) {
      if (word != number) ++worker.errors;
      word = ~word;
    }
    if (!transfer(fd, message, sizeof message, true)) ++worker.errors;
    ++worker.progress;
  }
}

/// A periodic timer must fire, and the clock must never run back.
[[noreturn]] void timer(Worker& worker) {
  const int fd = timerfd_create(CLOCK_MONOTONIC, 0);
  const itimerspec period{.it_interval = {0, kTickNanoseconds}, .it_value = {0, kTickNanoseconds}};
  if (fd < 0 || timerfd_settime(fd, 0, &period, nullptr) != 0) die("timerfd");
  timespec last{};
  while (true) {
    std::uint64_t ticks = 0;
    if (read(fd, &ticks, sizeof ticks) != sizeof ticks) ++worker.errors;
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (now.tv_sec < last.tv_sec || (now.tv_sec == last.tv_sec && now.tv_nsec < last.tv_nsec))
      ++worker.errors;
    last = now;
    worker.progress += ticks;
  }
}

bool write_and_read(const char* path, std::uint64_t number) {
  std::uint64_t words[256];
  for (std::uint64_t& word : words) word = number;
  const int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
  if (fd < 0) return false;
  std::uint64_t found[256];
  const bool good = write(fd, words, sizeof words) == sizeof words && lseek(fd, 0, SEEK_SET) == 0 &&
                    read(fd, found, sizeof found) == sizeof found &&
                    std::memcmp(words, found, sizeof words) == 0;
  close(fd);
  return good;
}

/// Files that are written, read back, renamed and removed.
[[noreturn]] void writer(int index, Worker& worker) {
  char path[64];
  char other[64];
  std::snprintf(path, sizeof path, "/tmp/workload-%d", index);
  std::snprintf(other, sizeof other, "/tmp/workload-%d.new", index);
  for (std::uint64_t number = 1;; ++number) {
    if (!write_and_read(path, number) || rename(path, other) != 0 || unlink(other) != 0) ++worker.errors;
    ++worker.progress;
    usleep(10000);
  }
}

/// Children that come, run a program and go.
[[noreturn]] void parent(Worker& worker) {
  signal(SIGCHLD, SIG_DFL);
  while (true) {
    const pid_t child = fork();
    if (child == 0) {
      execl("/bin/true", "true", static_cast<char*>(nullptr));
      std::_Exit(1);
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0) ++worker.errors;
    ++worker.progress;
    usleep(50000);
  }
}

template <class Work>
void launch(Shared& shared, int index, Work work) {
  const pid_t pid = fork();
  if (pid < 0) die("fork");
  if (pid > 0) return;
  Worker& worker = shared.workers[index];
  worker.pid = getpid();
  ++shared.ready;
  work(worker);
}

int start(const char* path) {
  Shared& shared = *map(path, O_RDWR | O_CREAT | O_TRUNC);
  const pid_t leader = fork();
  if (leader < 0) die("fork");
  if (leader == 0) {
    setsid();
    const int null = open("/dev/null", O_RDWR);
    for (int fd = 0; fd < 3; ++fd) dup2(null, fd);
    constexpr unsigned kNobody = 65534;
    if (getuid() == 0 && (setgroups(0, nullptr) != 0 || setgid(kNobody) != 0 || setuid(kNobody) != 0))
      die("setuid");
    const int listener = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    if (listener < 0 || bind(listener, reinterpret_cast<sockaddr*>(&address), length) != 0 ||
        listen(listener, kConnections) != 0 ||
        getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
      die("listen");
    }
    int index = 0;
    for (int i = 0; i < kConnections; ++i) {
      const int near = socket(AF_INET, SOCK_STREAM, 0);
      if (near < 0 || connect(near, reinterpret_cast<sockaddr*>(&address), length) != 0) die("connect");
      const int far = accept(listener, nullptr, nullptr);
      if (far < 0) die("accept");
      launch(shared, index++, [&](Worker& worker) { client(near, worker); });
      launch(shared, index++, [&](Worker& worker) { server(far, worker); });
      close(near);
      close(far);
    }
    for (int i = 0; i < kTimers; ++i) launch(shared, index++, [](Worker& worker) { timer(worker); });
    for (int i = 0; i < kWriters; ++i) launch(shared, index++, [i](Worker& worker) { writer(i, worker); });
    for (int i = 0; i < kParents; ++i) launch(shared, index++, [](Worker& worker) { parent(worker); });
    while (wait(nullptr) > 0) {
    }
    std::_Exit(0);
  }
  for (int waited = 0; shared.ready < kWorkers; ++waited) {
    if (waited > 2000) {
      std::fprintf(stderr, "workload: only %d of %d workers came up\n", shared.ready.load(), kWorkers);
      return 1;
    }
    usleep(10000);
  }
  std::printf("%d connections, %d timers\n", kConnections, kTimers);
  return 0;
}

/// "0100007F:1F90 ": moves behind it, and gives the port.
unsigned long port_at(char*& text) {
  std::strtoul(text, &text, 16);
  if (*text == ':') ++text;
  return std::strtoul(text, &text, 16);
}

/// The kernel's own list: is the connection between these two ports established?
bool established(std::uint32_t ports) {
  constexpr unsigned long kEstablished = 1;
  std::FILE* list = std::fopen("/proc/net/tcp", "r");
  if (list == nullptr) die("/proc/net/tcp");
  char line[256];
  bool found = false;
  while (!found && std::fgets(line, sizeof line, list) != nullptr) {
    // "   0: 0100007F:1F90 00000000:0000 0A ..."
    char* text = std::strchr(line, ':');
    if (text == nullptr) continue;
    ++text;
    const unsigned long here = port_at(text);
    const unsigned long there = port_at(text);
    found = (here << 16 | there) == ports && std::strtoul(text, nullptr, 16) == kEstablished;
  }
  std::fclose(list);
  return found;
}

int check(const char* path) {
  Shared& shared = *map(path, O_RDWR);
  std::uint64_t before[kWorkers];
  for (int i = 0; i < kWorkers; ++i) before[i] = shared.workers[i].progress;
  sleep(1);
  int failures = 0;
  for (int i = 0; i < kWorkers; ++i) {
    const Worker& worker = shared.workers[i];
    const auto complain = [&](const char* what) {
      std::printf("worker %d: %s\n", i, what);
      ++failures;
    };
    if (kill(worker.pid, 0) != 0 && errno == ESRCH) complain("is gone");
    if (i < 2 * kConnections && !established(worker.ports)) complain("lost its connection");
    if (worker.errors != 0) complain("saw wrong data or a broken connection");
    // A machine under emulation may starve one for a moment; give each some seconds.
    for (int waited = 0; worker.progress == before[i] && waited < 100; ++waited) usleep(100000);
    if (worker.progress == before[i]) complain("stands still");
  }
  std::uint64_t exchanges = 0;
  for (int i = 0; i < 2 * kConnections; ++i) exchanges += shared.workers[i].progress;
  std::printf("%llu exchanges, %d failures\n", static_cast<unsigned long long>(exchanges), failures);
  return failures == 0 ? 0 : 1;
}

int stop(const char* path) {
  const int result = check(path);
  Shared& shared = *map(path, O_RDWR);
  for (const Worker& worker : shared.workers) kill(worker.pid, SIGKILL);
  return result;
}

int signal_all(const char* path, int signal_number) {
  Shared& shared = *map(path, O_RDWR);
  int missing = 0;
  for (const Worker& worker : shared.workers) missing += kill(worker.pid, signal_number) != 0 ? 1 : 0;
  return missing == 0 ? 0 : 1;
}

}  // namespace

int suture::guest::workload(std::string_view verb, const char* path) {
  if (verb == "start") return start(path);
  if (verb == "check") return check(path);
  if (verb == "stop") return stop(path);
  if (verb == "suspend") return signal_all(path, SIGSTOP);
  if (verb == "resume") return signal_all(path, SIGCONT);
  return 2;
}
