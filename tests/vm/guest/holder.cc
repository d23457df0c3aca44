// SPDX-License-Identifier: Apache-2.0
//
// Holds a transition up: the parent of a vfork() sleeps in kernel_clone(), and cannot be woken, until its
// child is gone.
//
//   holder FILE    until a line can be read from FILE, a named pipe
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const char* file = argv[1];
  const pid_t child = vfork();  // NOLINT(clang-analyzer-security.insecureAPI.vfork): the point of it
  if (child == 0) {
    char byte = 0;
    const int fd = open(file, O_RDONLY);                // NOLINT(clang-analyzer-unix.Vfork)
    _exit(fd >= 0 && read(fd, &byte, 1) == 1 ? 0 : 1);  // NOLINT(clang-analyzer-unix.Vfork)
  }
  int status = 1;
  if (child < 0 || waitpid(child, &status, 0) != child) return 1;
  std::puts("let go");
  return status == 0 ? 0 : 1;
}
