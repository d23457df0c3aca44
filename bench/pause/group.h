// SPDX-License-Identifier: Apache-2.0
//
// A group of processes that work in the background, and a page of memory that they share with whoever asks
// about them by the name of its file.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstddef>

namespace suture::bench {

/// The head of each such page.
struct Group {
  std::atomic<pid_t> leader;
  std::atomic<unsigned> ready;
};

/// Ends the program: nobody could go on from there.
[[noreturn]] void die(const char* what);

/// A file of that size, empty if it is new, mapped to be shared.
void* map_group(const char* path, std::size_t size, bool create);

/// Starts a process that leads a new group and runs `work`; returns when `wanted` of its members said that
/// they are ready.
void start_group(Group& group, unsigned wanted, void (*work)(void*), void* argument);

/// Kills all its processes and waits until they are gone.
void end_group(const Group& group);

}  // namespace suture::bench
