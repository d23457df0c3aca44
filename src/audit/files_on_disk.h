// SPDX-License-Identifier: Apache-2.0
//
// Programs and libraries that lie in folders and that nothing runs at the moment: a job of tonight's, a
// plugin that is loaded on demand, what somebody unpacked. Nobody's package list knows what libraries are in
// them.
//
// Whoever may write there is not trusted: links are not followed, other file systems not entered, plain files
// alone are opened, and all is bounded.
#pragma once

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "audit/root_folder.h"
#include "audit/running_code.h"
#include "base/error.h"
#include "base/terminal.h"

namespace suture {

struct DiskSearchLimits {
  std::size_t names = 5'000'000;                  ///< that are looked at
  std::size_t files = 100'000;                    ///< programs and libraries that are read
  std::uint64_t bytes = std::uint64_t{64} << 30;  ///< of them all
  std::uint64_t file = std::uint64_t{160} << 20;  ///< bytes of one
  std::size_t depth = 128;                        ///< of folders in each other
};

struct FilesOnDisk {
  std::vector<CodeFile> files{};  ///< programs and libraries, by path; no process has them
  std::size_t left_out = 0;       ///< too many or too large, not to be opened, or another file system's
};

/// `folders` are names within the root, `known` paths that need no second look, as merged_name() has them.
/// "audit.folder" for a folder that is none. `progress` may be null.
Result<FilesOnDisk> find_files_on_disk(const RootFolder& root,
                                       const std::vector<std::filesystem::path>& folders,
                                       const std::set<std::string>& known, Progress* progress,
                                       const DiskSearchLimits& limits = {});

}  // namespace suture
