// SPDX-License-Identifier: Apache-2.0
//
// Holds the kernel's livepatch up without ever being in a function that a patch replaces: it stays in the
// kernel, on one processor which nobody else gets, so it is neither asleep where its stack can be looked at,
// nor on its way back to its program.
//
//   spinner PROCESSOR    until it is killed; a system call lasts a minute
#include <fcntl.h>
#include <sched.h>
#include <sys/uio.h>

#include <cstdio>
#include <cstdlib>
#include <vector>

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  cpu_set_t processor;
  CPU_ZERO(&processor);
  CPU_SET(static_cast<unsigned>(std::strtoul(argv[1], nullptr, 10)), &processor);
  const sched_param priority{.sched_priority = 1};
  if (sched_setaffinity(0, sizeof(processor), &processor) != 0) return 1;
  if (sched_setscheduler(0, SCHED_FIFO, &priority) != 0) return 1;

  // Into the same bytes again and again: the most that one call reads.
  std::vector<char> bytes(2u << 20);
  const std::vector<iovec> everywhere(1024, iovec{.iov_base = bytes.data(), .iov_len = bytes.size()});
  const int random = open("/dev/urandom", O_RDONLY);
  std::puts("begins");
  std::fflush(stdout);
  while (readv(random, everywhere.data(), static_cast<int>(everywhere.size())) > 0) std::puts("once");
  return 1;
}
