// SPDX-License-Identifier: Apache-2.0
//
// A thread that never slept would keep its processor from everybody else, the patch with it. So it spins for
// a fifth of the time, and sleeps for the rest, fifty microseconds in all: a time between two looks is then
// at most that much longer than what kept the processor.
#include "pause/watch.h"

#include <linux/perf_event.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include <x86intrin.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <thread>
#include <vector>

#include "pause/group.h"

namespace suture::bench {
namespace {

constexpr unsigned kMostProcessors = 64;
constexpr unsigned kClasses = 20;  ///< of times: each is twice the one before, from one microsecond on
constexpr std::uint64_t kPeriod = 50'000;
constexpr std::uint64_t kTurn = 40'000;
constexpr std::uint64_t kSpin = 10'000;
constexpr std::uint64_t kSecond = 1'000'000'000;

/// Written by one thread, read by all.
struct Seen {
  std::atomic<std::uint32_t> round;
  std::atomic<std::uint64_t> longest;  ///< in ticks of the processor's counter, as are all here
  std::atomic<std::uint64_t> looks;
  std::atomic<std::uint64_t> classes[kClasses];
};

struct Shared {
  Group group;
  std::atomic<std::uint32_t> round;
  std::atomic<std::uint32_t> processors;
  std::atomic<std::uint64_t> ticks_a_second;
  Seen seen[kMostProcessors];
};

std::uint64_t now(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * kSecond + static_cast<std::uint64_t>(time.tv_nsec);
}

std::uint64_t measure_ticks() {
  const std::uint64_t begin = now(CLOCK_MONOTONIC_RAW);
  const std::uint64_t first = __rdtsc();
  usleep(200'000);
  const std::uint64_t last = __rdtsc();
  return (last - first) * kSecond / (now(CLOCK_MONOTONIC_RAW) - begin);
}

/// Arms a timer, which read() then waits for.
void arm(int timer, std::uint64_t time) {
  itimerspec when{};
  when.it_value.tv_sec = static_cast<time_t>(time / kSecond);
  when.it_value.tv_nsec = static_cast<long>(time % kSecond);
  if (timerfd_settime(timer, TFD_TIMER_ABSTIME, &when, nullptr) != 0) die("timerfd_settime");
}

void forget(Seen& seen) {
  seen.longest = 0;
  seen.looks = 0;
  for (std::atomic<std::uint64_t>& number : seen.classes) number = 0;
}

void note(Seen& seen, std::uint64_t ticks, std::uint64_t ticks_a_microsecond) {
  seen.looks.fetch_add(1, std::memory_order_relaxed);
  if (ticks > seen.longest.load(std::memory_order_relaxed))
    seen.longest.store(ticks, std::memory_order_relaxed);
  const auto index = static_cast<unsigned>(std::bit_width(ticks / ticks_a_microsecond));
  seen.classes[std::min(index, kClasses - 1)].fetch_add(1, std::memory_order_relaxed);
}

/// An emulator that runs its processors in turn ends a turn when any of their timers expires. This one is
/// always armed again at once; without it there may be none for milliseconds, and no other processor would
/// come to look.
void end_turns(unsigned processor) {
  perf_event_attr attributes{};
  attributes.type = PERF_TYPE_SOFTWARE;
  attributes.size = sizeof attributes;
  attributes.config = PERF_COUNT_SW_CPU_CLOCK;
  attributes.sample_period = kTurn;
  if (syscall(SYS_perf_event_open, &attributes, -1, processor, -1, PERF_FLAG_FD_CLOEXEC) < 0)
    die("perf_event_open");
}

[[noreturn]] void look(Shared& shared, unsigned processor) {
  cpu_set_t here;
  CPU_ZERO(&here);
  CPU_SET(processor, &here);
  const sched_param first{.sched_priority = 90};
  if (sched_setaffinity(0, sizeof here, &here) != 0 || sched_setscheduler(0, SCHED_FIFO, &first) != 0)
    die("sched");
  Seen& seen = shared.seen[processor];
  const std::uint64_t microsecond = std::max<std::uint64_t>(shared.ticks_a_second / 1'000'000, 1);
  const std::uint64_t spin = kSpin * microsecond / 1000;
  const int timer = timerfd_create(CLOCK_MONOTONIC, 0);
  if (timer < 0) die("timerfd_create");
  end_turns(processor);
  ++shared.group.ready;
  std::uint64_t last = __rdtsc();
  for (std::uint64_t next = now(CLOCK_MONOTONIC);;) {
    if (seen.round != shared.round) {
      forget(seen);
      seen.round = shared.round.load();
    }
    next = std::max(next, now(CLOCK_MONOTONIC)) + kPeriod;
    arm(timer, next);
    const std::uint64_t begin = __rdtsc();
    std::uint64_t time = begin;
    do {
      note(seen, time - last, microsecond);
      last = time;
      time = __rdtsc();
    } while (time - begin < spin);
    // An emulator that runs its processors in turn goes on with the next one here. The timer, which is armed,
    // ends that one's turn; there might be no other for milliseconds.
    _mm_pause();
    std::uint64_t expired = 0;
    if (read(timer, &expired, sizeof expired) < 0) die("timerfd");
  }
}

void look_everywhere(void* argument) {
  auto& shared = *static_cast<Shared*>(argument);
  if (mlockall(MCL_CURRENT | MCL_FUTURE) != 0) die("mlockall");
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < shared.processors; ++i) threads.emplace_back([&shared, i] { look(shared, i); });
  for (std::thread& thread : threads) thread.join();
}

int start(const char* path) {
  auto& shared = *static_cast<Shared*>(map_group(path, sizeof(Shared), true));
  shared.processors = std::min(static_cast<unsigned>(sysconf(_SC_NPROCESSORS_ONLN)), kMostProcessors);
  shared.ticks_a_second = measure_ticks();
  start_group(shared.group, shared.processors, look_everywhere, &shared);
  return 0;
}

void mark(Shared& shared) {
  ++shared.round;
  for (unsigned i = 0; i < shared.processors; ++i) {
    while (shared.seen[i].round != shared.round) usleep(1000);
  }
}

void show(const Shared& shared) {
  const double nanoseconds = static_cast<double>(kSecond) / static_cast<double>(shared.ticks_a_second);
  for (unsigned i = 0; i < shared.processors; ++i) {
    const Seen& seen = shared.seen[i];
    std::printf("%u %.0f %llu", i, static_cast<double>(seen.longest) * nanoseconds,
                static_cast<unsigned long long>(seen.looks));
    for (const std::atomic<std::uint64_t>& number : seen.classes)
      std::printf(" %llu", static_cast<unsigned long long>(number));
    std::puts("");
  }
}

}  // namespace

int watch(std::string_view verb, const char* path) {
  if (verb == "start") return start(path);
  auto& shared = *static_cast<Shared*>(map_group(path, sizeof(Shared), false));
  if (verb == "mark") {
    mark(shared);
  } else if (verb == "show") {
    show(shared);
  } else if (verb == "stop") {
    end_group(shared.group);
  } else {
    return 2;
  }
  return 0;
}

}  // namespace suture::bench
