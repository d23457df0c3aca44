// SPDX-License-Identifier: Apache-2.0
//
// Brings user tasks that sleep in the kernel to its edge, where they leave the function that they sleep in.
// The kernel does so by itself from the 16th second of a livepatch transition on, each 15 s
// (klp_send_signals() in kernel/livepatch/transition.c), by waking a task as if a signal had come. Here
// ptrace(2) asks for a stop of the user task, at once: a system call that can be restarted is restarted, any
// other one fails with EINTR (signal(7)), and neither the task nor its parent sees a signal. Nothing from
// user space does more without harm: a task in state D, and a kernel thread that does not leave a replaced
// function, wait for what they wait for.
//
// Only those in state S that are no kernel threads are interrupted; not those which another program traces,
// nor the caller's own. Best effort, and over within half a second.
#pragma once

#include <sys/types.h>

#include <vector>

#include "engine/livepatch.h"

namespace suture {

/// They go on at once: a livepatch transition moves them on their way.
void interrupt_tasks(const std::vector<StalledTask>& tasks);

/// They are held there while this lives, but no longer than some seconds: who restarts a system call would be
/// back in the function before anybody could switch. The kernel lets go of them should a process die here.
class HeldTasks {
 public:
  explicit HeldTasks(const std::vector<StalledTask>& tasks);
  ~HeldTasks();
  HeldTasks(const HeldTasks&) = delete;
  HeldTasks& operator=(const HeldTasks&) = delete;

 private:
  pid_t holder_ = -1;  ///< the process that traces them
  int release_ = -1;   ///< closed to let them go
};

}  // namespace suture
