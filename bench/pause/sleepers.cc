// SPDX-License-Identifier: Apache-2.0
#include "pause/sleepers.h"

#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cstdint>

#include "pause/group.h"

namespace suture::bench {
namespace {

constexpr unsigned kThreads = 10;
constexpr std::size_t kStack = 64u << 10;

struct Shared {
  Group group;
  unsigned number;
};

struct Places {
  std::atomic<unsigned>* ready;
  std::array<int, 2> pipe;
  std::array<int, 2> sockets;
};

struct Sleeper {
  Places* places;
  unsigned index;
};

/// Never returns: nobody writes, and no signal but the last one comes.
void sleep_for_ever(Places& places, unsigned kind) {
  static std::uint32_t word = 0;
  char byte = 0;
  pollfd one{.fd = places.pipe[0], .events = POLLIN, .revents = 0};
  const timespec year{.tv_sec = 365L * 24 * 3600, .tv_nsec = 0};
  ++*places.ready;
  while (true) {
    switch (kind) {
      case 0:
        nanosleep(&year, nullptr);
        break;
      case 1:
        syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, nullptr, nullptr, 0);
        break;
      case 2:
        if (read(places.pipe[0], &byte, 1) < 0) break;
        break;
      case 3:
        poll(&one, 1, -1);
        break;
      default:
        recv(places.sockets[0], &byte, 1, 0);
    }
  }
}

void* sleep_in_thread(void* argument) {
  const Sleeper sleeper = *static_cast<Sleeper*>(argument);
  sleep_for_ever(*sleeper.places, sleeper.index % 5);
  return nullptr;
}

/// The process's first thread is one of them.
void sleep_in_process(Places& places, unsigned number) {
  pthread_attr_t small;
  pthread_attr_init(&small);
  pthread_attr_setstacksize(&small, std::max(kStack, static_cast<std::size_t>(PTHREAD_STACK_MIN)));
  std::array<Sleeper, kThreads> all{};
  for (unsigned i = 1; i < number; ++i) {
    all[i] = {&places, i};
    pthread_t thread{};
    if (pthread_create(&thread, &small, sleep_in_thread, &all[i]) != 0) die("pthread_create");
  }
  sleep_for_ever(places, 0);
}

void sleep_all(void* argument) {
  auto& shared = *static_cast<Shared*>(argument);
  Places places{.ready = &shared.group.ready, .pipe = {}, .sockets = {}};
  if (pipe(places.pipe.data()) != 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, places.sockets.data()) != 0)
    die("pipe");
  // The leader is a task, too.
  unsigned left = shared.number - 1;
  while (left > 0) {
    const unsigned here = std::min(left, kThreads);
    const pid_t child = fork();
    if (child < 0) die("fork");
    if (child == 0) sleep_in_process(places, here);
    left -= here;
  }
  sleep_for_ever(places, 0);
}

}  // namespace

int sleepers(std::string_view verb, const char* path, unsigned number) {
  auto& shared = *static_cast<Shared*>(map_group(path, sizeof(Shared), verb == "start"));
  if (verb == "start" && number > 0) {
    shared.number = number;
    start_group(shared.group, number, sleep_all, &shared);
    // They said so just before.
    usleep(300'000);
  } else if (verb == "stop") {
    end_group(shared.group);
  } else {
    return 2;
  }
  return 0;
}

}  // namespace suture::bench
