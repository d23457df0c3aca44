// SPDX-License-Identifier: Apache-2.0
//
// Interrupts user tasks that hold a transition up, so that they leave the kernel for a moment and move over.
//
// The kernel does this by itself, 15 s after a transition's beginning and each 15 s after that
// (klp_send_signals() in kernel/livepatch/transition.c, of 5.10 as of 7.2): it wakes kernel threads that
// sleep interruptibly, and makes user tasks that do so go back to user space as if a signal had come, with
// none to deliver. There is no file to ask for it any more. A debugger's interrupt does just the same to a
// user task, at once: a system call that can be restarted is restarted, any other one fails with EINTR
// (signal(7)), and neither the task nor its parent sees a signal. Nothing from user space does more without
// harm: a task in state D, and a kernel thread that does not leave a replaced function, wait for what they
// wait for.
#pragma once

#include <vector>

#include "engine/livepatch.h"

namespace suture {

/// Those in state S that are no kernel threads; not those which another program traces, nor the caller's
/// own. Best effort, and over within half a second.
void interrupt_tasks(const std::vector<StalledTask>& tasks);

}  // namespace suture
