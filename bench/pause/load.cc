// SPDX-License-Identifier: Apache-2.0
#include "pause/load.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "pause/group.h"

namespace suture::bench {
namespace {

constexpr unsigned kWorkers = 4;  ///< for each processor

struct Shared {
  Group group;
  std::atomic<unsigned> processors;
  std::atomic<std::uint64_t> switches;
  std::atomic<std::uint64_t> calls;
  std::atomic<std::uint64_t> forks;
};

[[noreturn]] void pass(int from, int to, bool first, std::atomic<std::uint64_t>& switches) {
  char byte = 0;
  for (bool mine = first;; mine = true) {
    if (mine && write(to, &byte, 1) != 1) die("write");
    if (read(from, &byte, 1) != 1) die("read");
    ++switches;
    if (first) usleep(1000);
  }
}

[[noreturn]] void call(std::atomic<std::uint64_t>& calls) {
  while (true) {
    for (int i = 0; i < 20; ++i) {
      struct stat status {};
      const int fd = open("/proc/self/stat", O_RDONLY);
      char text[512];
      if (fd < 0 || fstat(fd, &status) != 0 || read(fd, text, sizeof text) <= 0) die("/proc/self/stat");
      close(fd);
      calls += 4;
    }
    usleep(2000);
  }
}

[[noreturn]] void parent(std::atomic<std::uint64_t>& forks) {
  signal(SIGCHLD, SIG_DFL);
  while (true) {
    const pid_t child = fork();
    if (child == 0) std::_Exit(0);
    if (child < 0 || waitpid(child, nullptr, 0) != child) die("fork");
    ++forks;
    usleep(20'000);
  }
}

template <class Work>
void launch(Shared& shared, unsigned processor, Work work) {
  const pid_t child = fork();
  if (child < 0) die("fork");
  if (child > 0) return;
  cpu_set_t here;
  CPU_ZERO(&here);
  CPU_SET(processor, &here);
  if (sched_setaffinity(0, sizeof here, &here) != 0) die("sched_setaffinity");
  ++shared.group.ready;
  work();
}

void work_everywhere(void* argument) {
  auto& shared = *static_cast<Shared*>(argument);
  for (unsigned i = 0; i < shared.processors; ++i) {
    std::array<int, 2> there{};
    std::array<int, 2> back{};
    if (pipe(there.data()) != 0 || pipe(back.data()) != 0) die("pipe");
    launch(shared, i, [&] { pass(back[0], there[1], true, shared.switches); });
    launch(shared, i, [&] { pass(there[0], back[1], false, shared.switches); });
    launch(shared, i, [&] { call(shared.calls); });
    launch(shared, i, [&] { parent(shared.forks); });
  }
  pause();
}

}  // namespace

int load(std::string_view verb, const char* path) {
  auto& shared = *static_cast<Shared*>(map_group(path, sizeof(Shared), verb == "start"));
  if (verb == "start") {
    shared.processors = static_cast<unsigned>(sysconf(_SC_NPROCESSORS_ONLN));
    start_group(shared.group, kWorkers * shared.processors, work_everywhere, &shared);
  } else if (verb == "show") {
    std::printf("%llu %llu %llu\n", static_cast<unsigned long long>(shared.switches),
                static_cast<unsigned long long>(shared.calls), static_cast<unsigned long long>(shared.forks));
  } else if (verb == "stop") {
    end_group(shared.group);
  } else {
    return 2;
  }
  return 0;
}

}  // namespace suture::bench
