// SPDX-License-Identifier: Apache-2.0
//
// The system calls of a process that handles remote bytes, as a seccomp filter (agent/sandbox.h tells what
// becomes of the others). It is written in the kernel's own instructions: libseccomp would be one more
// library beside a daemon that is to stay small, for a program of one table.
#pragma once

#include "base/error.h"

namespace suture {

/// For this process and the threads that it starts, for good. It must have given up new privileges before.
/// "agent.sandbox" when the kernel has no seccomp filters.
Result<void> allow_only_known_calls();

}  // namespace suture
