// SPDX-License-Identifier: Apache-2.0
#include "pause/group.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>

namespace suture::bench {

void die(const char* what) {
  std::perror(what);
  std::_Exit(2);
}

void* map_group(const char* path, std::size_t size, bool create) {
  const int fd = open(path, create ? O_RDWR | O_CREAT | O_TRUNC : O_RDWR, 0600);
  if (fd < 0 || (create && ftruncate(fd, static_cast<off_t>(size)) != 0)) die(path);
  void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) die("mmap");
  close(fd);
  return memory;
}

void start_group(Group& group, unsigned wanted, void (*work)(void*), void* argument) {
  const pid_t leader = fork();
  if (leader < 0) die("fork");
  if (leader == 0) {
    setsid();
    group.leader = getpid();
    const int null = open("/dev/null", O_RDWR);
    for (int fd = 0; fd < 3; ++fd) dup2(null, fd);
    // Nobody waits for its children: the kernel shall not keep them.
    signal(SIGCHLD, SIG_IGN);
    work(argument);
    std::_Exit(0);
  }
  for (int waited = 0; group.ready < wanted; ++waited) {
    if (waited > 60'000 || kill(leader, 0) != 0) {
      std::fprintf(stderr, "only %u of %u came up\n", group.ready.load(), wanted);
      std::_Exit(1);
    }
    usleep(10'000);
  }
}

void end_group(const Group& group) {
  while (kill(-group.leader, SIGKILL) == 0) usleep(10'000);
  if (errno != ESRCH) die("kill");
}

}  // namespace suture::bench
