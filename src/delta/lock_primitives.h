// SPDX-License-Identifier: Apache-2.0
//
// The kernel's functions that take, release and wait, as compiled code calls them. What is inline in every
// configuration (bit locks, seqcounts, preempt_disable) is not seen.
#pragma once

#include <cstdint>
#include <string_view>

namespace suture {

enum class LockClass : std::uint8_t {
  kSpinlock,  ///< raw or not, however interrupts are treated
  kReadLock,  ///< rwlock_t
  kWriteLock,
  kBottomHalves,  ///< local_bh_disable()
  kRcu,
  kSrcu,
  kMutex,
  kReadSemaphore,  ///< rw_semaphore
  kWriteSemaphore,
  kSemaphore,
  kSocket,  ///< lock_sock()
  kRtnl,
  kCpus,  ///< cpus_read_lock()
  kCount,
};

/// "spinlock", as in a sentence.
std::string_view lock_class_name(LockClass lock);
/// Nobody may sleep who holds it.
bool forbids_sleep(LockClass lock);

struct LockEffect {
  LockClass lock = LockClass::kCount;
  int takes = 0;  ///< 1, -1; 0: the function is about no lock
  /// It may fail to take it: then its result is zero, or is not.
  enum class Taken : std::uint8_t { kAlways, kIfZero, kIfNotZero } taken = Taken::kAlways;
};

LockEffect lock_effect(std::string_view function);
/// By name: whether it may sleep. What depends on its arguments (kmalloc) is not counted.
bool may_sleep(std::string_view function);

}  // namespace suture
