// SPDX-License-Identifier: Apache-2.0
//
// Where patchsets stand in a repository. As TUF target paths:
//   <channel>/<build-id>/<level, six digits>/patchset.json     and the module beside it
// As files, since snapshots are consistent: targets/<channel>/<build-id>/<level>/<sha256>.<file>
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace suture {

struct TargetPath {
  std::string channel;
  std::string build_id;
  std::uint32_t level = 0;
  std::string file;
};

inline constexpr std::uint32_t kHighestLevel = 999'999;

/// "repository.bad-channel" and "repository.bad-level" for what cannot stand in a path.
Result<std::string> target_path(const TargetPath& parts);
Result<TargetPath> parse_target_path(std::string_view path);

std::string level_text(std::uint32_t level);
/// The file below the repository which holds a target.
std::string stored_path(std::string_view target_path, std::string_view sha256);

}  // namespace suture
