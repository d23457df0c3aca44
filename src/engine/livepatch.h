// SPDX-License-Identifier: Apache-2.0
//
// What the kernel shows of its live patches (Documentation/ABI/testing/sysfs-kernel-livepatch) and of the
// tasks on their way between two of them (/proc/PID/patch_state).
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/host.h"
#include "engine/patch_module.h"

namespace suture {

struct LivePatch {
  std::string name;         ///< the module's: "suture_1"
  bool enabled = false;     ///< the state that a transition under way leads to
  bool transition = false;  ///< tasks are still on their way
  bool operator==(const LivePatch&) const = default;
};

/// All of them, whoever made them, by name. None when the kernel has no livepatch support.
Result<std::vector<LivePatch>> read_live_patches(const HostPaths& paths);

/// Names of the loaded modules that Suture made for an engine, patching or not.
Result<std::vector<std::string>> read_suture_modules(const HostPaths& paths, std::string_view engine);

struct StalledTask {
  int pid = 0;       ///< the thread's
  int process = 0;   ///< the one that it is a thread of
  char state = '?';  ///< as in proc_pid_stat(5): S sleeps, D cannot be woken, R runs
  bool kernel_thread = false;
  std::string name;
  std::vector<std::string> stack;    ///< innermost first: "do_nanosleep+0x63/0x160"; empty if not to be read
  std::vector<std::string> patched;  ///< of the functions on the stack, those that a live patch replaces
};

/// The stack of a task: "do_nanosleep+0x63/0x160", innermost first. Empty when it is not to be read.
std::vector<std::string> read_stack(const HostPaths& paths, int process, int thread);

/// "do_nanosleep" of "do_nanosleep+0x63/0x160", of "do_nanosleep.suture+0x1/0x2 [suture_1]" (new code of a
/// replaced function has such a name), and of "vsock_bind+0x1/0x2 [vsock]".
std::string original_of(const std::string& frame);

/// Functions that live patches replace, as sysfs lists them: "do_nanosleep".
std::set<std::string> read_patched_functions(const HostPaths& paths);

/// Tasks that the transition under way still waits for; `enabling` says which way it leads.
std::vector<StalledTask> read_stalled_tasks(const HostPaths& paths, bool enabling);

/// The one that is under way, if any: the kernel has one at a time.
std::optional<LivePatch> transition_of(const std::vector<LivePatch>& patches);

/// "nfsd (412) in svc_recv < kthread, held by svc_recv; …": a few names, then how many more.
std::string describe(const std::vector<StalledTask>& tasks);
/// The same of one, with its whole stack.
std::string describe_whole(const StalledTask& task);

}  // namespace suture
