// SPDX-License-Identifier: Apache-2.0
//
// The compiler which built a target's kernel, and what kbuild needs beside it: on this machine, where it is
// exactly that one, or in the target's build root.
#pragma once

#include <filesystem>
#include <vector>

#include "base/error.h"
#include "base/process.h"
#include "target/target.h"

namespace suture {

/// What a command in a build root can see beside the root itself. Paths are the same inside.
struct BuildRootAccess {
  std::vector<std::filesystem::path> read;
  std::vector<std::filesystem::path> write;
};

class Toolchain {
 public:
  /// Another compiler makes other code, so it must say of itself what the kernel says of its own.
  /// "target.compiler-missing", "target.compiler-differs" (says both versions), "target.no-bubblewrap".
  static Result<Toolchain> of(const Target& target);

  /// The command as it is to be run. In a build root it has no network, sees no other process, and inherits
  /// no environment.
  Command command(Command command, const BuildRootAccess& access) const;
  /// Empty: this machine's own.
  const std::filesystem::path& root() const { return root_; }

 private:
  explicit Toolchain(std::filesystem::path root) : root_(std::move(root)) {}
  std::filesystem::path root_;
};

}  // namespace suture
