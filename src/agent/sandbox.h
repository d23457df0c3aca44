// SPDX-License-Identifier: Apache-2.0
//
// What a process gives up before it touches remote bytes. Each layer holds without the others:
//
//   user        another one than root, without groups or capabilities, and no way to gain any
//   limits      memory; no core dumps
//   files       Landlock, from Linux 5.19 on where it is switched on: nothing is written, made or executed
//               outside of the folders that the process was given, whatever their modes say
//   calls       seccomp: only the system calls that downloading, parsing and checking need. What they never
//               do, such as execve or init_module, kills the process; the kernel's log has the call's number
//               ("type=1326 … sig=31 … syscall=59"). All others look as if the kernel did not have them, or
//               are refused for their arguments: a socket other than UNIX, IPv4 and IPv6 streams and
//               datagrams, a new process, memory that is both written and executed.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <vector>

#include "base/error.h"

namespace suture {

/// The user that remote bytes are handled as: `_suture` where /etc/passwd has it, else 65534. The caller
/// itself when that is not root, and so has nothing to give up.
struct Unprivileged {
  uid_t uid;
  gid_t gid;
  static Unprivileged find();
};

/// Gives all of it up, for good, and dies with its parent from now on. `writable` are the folders, which
/// exist, that files may be left in. For a process with one thread that is about to handle remote bytes;
/// threads that it starts later are held, too. "agent.privileges", or "agent.sandbox" when the kernel has no
/// seccomp: then nothing may be downloaded. A kernel without Landlock has one layer less, and no error.
Result<void> enter_sandbox(const Unprivileged& user, const std::vector<std::filesystem::path>& writable);

/// Landlock's version in the running kernel; 0 when it has none, or has it switched off.
int landlock_version();

/// Closes whatever the process inherited, but the standard streams and `kept`: for a child that was forked
/// and executes nothing.
void close_inherited(int kept);

}  // namespace suture
