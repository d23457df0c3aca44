// SPDX-License-Identifier: Apache-2.0
//
// Remote bytes are downloaded and parsed by a child process without rights (agent/sandbox.h). What it found
// out comes back as one bounded JSON document through a pipe, and files through a folder that belongs to that
// user. Whoever takes over the child has gained the child, as long as its caller believes neither without a
// signature (agent/signed_word.h).
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <vector>

#include "agent/sandbox.h"
#include "base/file.h"
#include "base/json_fwd.h"

namespace suture {

/// Makes `folder` if need be, and hands it to `user`. Nobody else may enter. What is in it stays as it is: a
/// name in there may be a link that the user made.
Result<void> give_folder(const std::filesystem::path& folder, const Unprivileged& user);

/// Reads a plain file of exactly `size` bytes from such a folder; "agent.hand-over" for anything else, such
/// as a link or a pipe.
Result<Bytes> read_handed_over(const std::filesystem::path& path, std::uint64_t size);
/// The same for a file whose size is not known before, but for its limit.
Result<Bytes> read_handed_over_up_to(const std::filesystem::path& path, std::uint64_t limit);

/// Runs `work` in such a child, which may leave files in the folders of `writable` alone, and hands back its
/// JSON or its error, with the error's code and words kept. "agent.child" when the child dies, or runs longer
/// than `timeout`; then it is killed. The calling process must have a single thread.
Result<Json> run_unprivileged(const Unprivileged& user, std::chrono::seconds timeout,
                              const std::function<Result<Json>()>& work,
                              const std::vector<std::filesystem::path>& writable = {});

/// A process without privileges that lives on beside its caller, and dies with it.
struct LongLived {
  pid_t pid;
  int fd;  ///< what it writes; does not block, and belongs to the caller as the process does
};

/// Starts such a child. `work` gets the end of a pipe to write to, which does not block; the child ends when
/// it returns. Nothing else of the caller's is open to it but standard error. The calling process must have a
/// single thread.
Result<LongLived> start_unprivileged(const Unprivileged& user, const std::function<void(int out)>& work);

}  // namespace suture
