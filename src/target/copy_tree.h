// SPDX-License-Identifier: Apache-2.0
//
// Takes folders that a person named into the store. The store must not change when they do, so files are
// copied: as clones where the file system can (btrfs, XFS), which takes neither time nor room.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

#include "base/error.h"

namespace suture {

struct TreeCopy {
  /// Which to take, by the path below the folder; a folder that is left out is not looked into. Empty: all.
  std::function<bool(const std::filesystem::path&)> wanted;
  /// Links that lead out of the folder would change with what they lead to. Left out, or
  /// "target.link-outside".
  bool refuse_links_outside = false;
  /// Hard links instead of copies, wherever both are on one file system.
  bool hard_links = false;
};

/// Copies regular files, folders and links that stay inside; anything else is left out. `to` may exist.
Result<void> copy_tree(const std::filesystem::path& from, const std::filesystem::path& to,
                       const TreeCopy& how);
Result<void> copy_one_file(const std::filesystem::path& from, const std::filesystem::path& to,
                           bool hard_links);
/// What copy_tree will add to the disk, about.
std::uint64_t bytes_to_copy(const std::filesystem::path& from, const TreeCopy& how);

}  // namespace suture
