// SPDX-License-Identifier: Apache-2.0
#include "delta/lock_primitives.h"

#include <algorithm>
#include <array>
#include <unordered_map>

namespace suture {
namespace {

using Taken = LockEffect::Taken;

struct Primitive {
  std::string_view name;
  LockClass lock;
  int takes;
  Taken taken = Taken::kAlways;
};

// include/linux/spinlock_api_smp.h, rwlock_api_smp.h, mutex.h, rwsem.h, semaphore.h, rcupdate.h, srcutiny.h,
// bottom_half.h, cpu.h; include/net/sock.h; include/linux/rtnetlink.h.
constexpr std::array kPrimitives{
    Primitive{"_raw_spin_lock", LockClass::kSpinlock, 1},
    Primitive{"_raw_spin_lock_nested", LockClass::kSpinlock, 1},
    Primitive{"_raw_spin_lock_nest_lock", LockClass::kSpinlock, 1},
    Primitive{"_raw_spin_lock_bh", LockClass::kSpinlock, 1},
    Primitive{"_raw_spin_lock_irq", LockClass::kSpinlock, 1},
    Primitive{"_raw_spin_lock_irqsave", LockClass::kSpinlock, 1},
    Primitive{"_raw_spin_lock_irqsave_nested", LockClass::kSpinlock, 1},
    Primitive{"_raw_spin_trylock", LockClass::kSpinlock, 1, Taken::kIfNotZero},
    Primitive{"_raw_spin_trylock_bh", LockClass::kSpinlock, 1, Taken::kIfNotZero},
    Primitive{"_raw_spin_unlock", LockClass::kSpinlock, -1},
    Primitive{"_raw_spin_unlock_bh", LockClass::kSpinlock, -1},
    Primitive{"_raw_spin_unlock_irq", LockClass::kSpinlock, -1},
    Primitive{"_raw_spin_unlock_irqrestore", LockClass::kSpinlock, -1},
    Primitive{"_raw_read_lock", LockClass::kReadLock, 1},
    Primitive{"_raw_read_lock_bh", LockClass::kReadLock, 1},
    Primitive{"_raw_read_lock_irq", LockClass::kReadLock, 1},
    Primitive{"_raw_read_lock_irqsave", LockClass::kReadLock, 1},
    Primitive{"_raw_read_trylock", LockClass::kReadLock, 1, Taken::kIfNotZero},
    Primitive{"_raw_read_unlock", LockClass::kReadLock, -1},
    Primitive{"_raw_read_unlock_bh", LockClass::kReadLock, -1},
    Primitive{"_raw_read_unlock_irq", LockClass::kReadLock, -1},
    Primitive{"_raw_read_unlock_irqrestore", LockClass::kReadLock, -1},
    Primitive{"_raw_write_lock", LockClass::kWriteLock, 1},
    Primitive{"_raw_write_lock_nested", LockClass::kWriteLock, 1},
    Primitive{"_raw_write_lock_bh", LockClass::kWriteLock, 1},
    Primitive{"_raw_write_lock_irq", LockClass::kWriteLock, 1},
    Primitive{"_raw_write_lock_irqsave", LockClass::kWriteLock, 1},
    Primitive{"_raw_write_trylock", LockClass::kWriteLock, 1, Taken::kIfNotZero},
    Primitive{"_raw_write_unlock", LockClass::kWriteLock, -1},
    Primitive{"_raw_write_unlock_bh", LockClass::kWriteLock, -1},
    Primitive{"_raw_write_unlock_irq", LockClass::kWriteLock, -1},
    Primitive{"_raw_write_unlock_irqrestore", LockClass::kWriteLock, -1},
    Primitive{"__local_bh_disable_ip", LockClass::kBottomHalves, 1},
    Primitive{"__local_bh_enable_ip", LockClass::kBottomHalves, -1},
    Primitive{"_local_bh_enable", LockClass::kBottomHalves, -1},
    Primitive{"__rcu_read_lock", LockClass::kRcu, 1},
    Primitive{"__rcu_read_unlock", LockClass::kRcu, -1},
    Primitive{"__srcu_read_lock", LockClass::kSrcu, 1},
    Primitive{"__srcu_read_unlock", LockClass::kSrcu, -1},
    Primitive{"mutex_lock", LockClass::kMutex, 1},
    Primitive{"mutex_lock_nested", LockClass::kMutex, 1},
    Primitive{"mutex_lock_io", LockClass::kMutex, 1},
    Primitive{"mutex_lock_interruptible", LockClass::kMutex, 1, Taken::kIfZero},
    Primitive{"mutex_lock_interruptible_nested", LockClass::kMutex, 1, Taken::kIfZero},
    Primitive{"mutex_lock_killable", LockClass::kMutex, 1, Taken::kIfZero},
    Primitive{"mutex_lock_killable_nested", LockClass::kMutex, 1, Taken::kIfZero},
    Primitive{"mutex_trylock", LockClass::kMutex, 1, Taken::kIfNotZero},
    Primitive{"mutex_unlock", LockClass::kMutex, -1},
    Primitive{"rt_mutex_lock", LockClass::kMutex, 1},
    Primitive{"rt_mutex_unlock", LockClass::kMutex, -1},
    Primitive{"down_read", LockClass::kReadSemaphore, 1},
    Primitive{"down_read_nested", LockClass::kReadSemaphore, 1},
    Primitive{"down_read_interruptible", LockClass::kReadSemaphore, 1, Taken::kIfZero},
    Primitive{"down_read_killable", LockClass::kReadSemaphore, 1, Taken::kIfZero},
    Primitive{"down_read_trylock", LockClass::kReadSemaphore, 1, Taken::kIfNotZero},
    Primitive{"up_read", LockClass::kReadSemaphore, -1},
    Primitive{"down_write", LockClass::kWriteSemaphore, 1},
    Primitive{"down_write_nested", LockClass::kWriteSemaphore, 1},
    Primitive{"down_write_killable", LockClass::kWriteSemaphore, 1, Taken::kIfZero},
    Primitive{"down_write_trylock", LockClass::kWriteSemaphore, 1, Taken::kIfNotZero},
    Primitive{"up_write", LockClass::kWriteSemaphore, -1},
    Primitive{"percpu_down_write", LockClass::kWriteSemaphore, 1},
    Primitive{"percpu_up_write", LockClass::kWriteSemaphore, -1},
    Primitive{"down", LockClass::kSemaphore, 1},
    Primitive{"down_interruptible", LockClass::kSemaphore, 1, Taken::kIfZero},
    Primitive{"down_killable", LockClass::kSemaphore, 1, Taken::kIfZero},
    Primitive{"down_timeout", LockClass::kSemaphore, 1, Taken::kIfZero},
    Primitive{"down_trylock", LockClass::kSemaphore, 1, Taken::kIfZero},
    Primitive{"up", LockClass::kSemaphore, -1},
    Primitive{"lock_sock_nested", LockClass::kSocket, 1},
    Primitive{"release_sock", LockClass::kSocket, -1},
    Primitive{"rtnl_lock", LockClass::kRtnl, 1},
    Primitive{"rtnl_lock_killable", LockClass::kRtnl, 1, Taken::kIfZero},
    Primitive{"rtnl_trylock", LockClass::kRtnl, 1, Taken::kIfNotZero},
    Primitive{"rtnl_unlock", LockClass::kRtnl, -1},
    Primitive{"__rtnl_unlock", LockClass::kRtnl, -1},
    Primitive{"cpus_read_lock", LockClass::kCpus, 1},
    Primitive{"cpus_read_unlock", LockClass::kCpus, -1},
};

// Beside what takes a sleeping lock. __SCT__might_resched is what might_sleep() leaves with PREEMPT_DYNAMIC.
constexpr std::array<std::string_view, 32> kSleepers{"schedule",
                                                     "schedule_timeout",
                                                     "schedule_timeout_interruptible",
                                                     "schedule_timeout_uninterruptible",
                                                     "io_schedule",
                                                     "io_schedule_timeout",
                                                     "__cond_resched",
                                                     "__SCT__cond_resched",
                                                     "__SCT__might_resched",
                                                     "__might_sleep",
                                                     "__might_resched",
                                                     "msleep",
                                                     "msleep_interruptible",
                                                     "usleep_range_state",
                                                     "wait_for_completion",
                                                     "wait_for_completion_timeout",
                                                     "wait_for_completion_interruptible",
                                                     "wait_for_completion_killable",
                                                     "synchronize_rcu",
                                                     "synchronize_net",
                                                     "synchronize_srcu",
                                                     "flush_work",
                                                     "flush_delayed_work",
                                                     "__flush_workqueue",
                                                     "cancel_work_sync",
                                                     "cancel_delayed_work_sync",
                                                     "kthread_stop",
                                                     "free_irq",
                                                     "synchronize_irq",
                                                     "vmalloc",
                                                     "__alloc_percpu",
                                                     "rcu_barrier"};

const Primitive* primitive(std::string_view function) {
  static const auto kByName = [] {
    std::unordered_map<std::string_view, const Primitive*> by_name;
    for (const Primitive& each : kPrimitives) by_name.emplace(each.name, &each);
    return by_name;
  }();
  const auto found = kByName.find(function);
  return found == kByName.end() ? nullptr : found->second;
}

}  // namespace

std::string_view lock_class_name(LockClass lock) {
  constexpr std::array<std::string_view, static_cast<std::size_t>(LockClass::kCount)> kNames{
      "spinlock",
      "rwlock for reading",
      "rwlock for writing",
      "bottom-half lock",
      "RCU read lock",
      "SRCU read lock",
      "mutex",
      "rw-semaphore for reading",
      "rw-semaphore for writing",
      "semaphore",
      "socket lock",
      "RTNL lock",
      "CPU hotplug read lock"};
  return kNames[static_cast<std::size_t>(lock)];
}

bool forbids_sleep(LockClass lock) {
  switch (lock) {
    case LockClass::kSpinlock:
    case LockClass::kReadLock:
    case LockClass::kWriteLock:
    case LockClass::kBottomHalves:
    case LockClass::kRcu:
      return true;
    default:
      return false;
  }
}

LockEffect lock_effect(std::string_view function) {
  const Primitive* found = primitive(function);
  if (found == nullptr) return {};
  return {.lock = found->lock, .takes = found->takes, .taken = found->taken};
}

bool may_sleep(std::string_view function) {
  const Primitive* found = primitive(function);
  if (found == nullptr) return std::ranges::find(kSleepers, function) != kSleepers.end();
  return found->takes > 0 && !forbids_sleep(found->lock) && found->lock != LockClass::kSrcu &&
         function.find("trylock") == std::string_view::npos;
}

}  // namespace suture
