// SPDX-License-Identifier: Apache-2.0
//
// A daemon that sleeps for hours between two checks need not hold what the last one used.
#pragma once

namespace suture {

/// Gives freed memory back, and lets go of code and constants of the program and its libraries, which come
/// back from the kernel's page cache when they are needed: some hundred page faults, less than a millisecond,
/// at the next check. The C library's stay, which run whenever the process wakes up, and in which tracers set
/// their breakpoints: a page that is let go of loses those.
void give_back_memory();

}  // namespace suture
