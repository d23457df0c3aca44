// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace suture::bench {

/// That many tasks, ten to a process, which sleep in one of five system calls each: nanosleep, futex, read of
/// a pipe, poll, and receiving from a socket. "start": returns when all sleep. "stop".
int sleepers(std::string_view verb, const char* path, unsigned number);

}  // namespace suture::bench
