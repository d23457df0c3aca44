// SPDX-License-Identifier: Apache-2.0
//
// Unified diffs, as `git diff`, `git format-patch` and `diff -u` write them. They come from anywhere: what is
// not understood is refused, never guessed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace suture {

enum class FileChange : std::uint8_t { kChanged, kAdded, kRemoved };

/// One hunk. Lines are counted from 1, as its head does: of no line, `line` is the one before the place.
struct DiffHunk {
  std::size_t old_line = 0;
  std::size_t old_count = 0;
  std::size_t new_line = 0;
  std::size_t new_count = 0;
  std::size_t begin = 0;  ///< in DiffFile::diff, behind the hunk's head
  std::size_t size = 0;   ///< bytes of its lines, each with its ' ', '-', '+' or '\' in front
  bool operator==(const DiffHunk&) const = default;
};

struct DiffFile {
  std::string path;  ///< in the tree: relative, without "." and ".."
  FileChange change = FileChange::kChanged;
  std::vector<DiffHunk> hunks;
  /// Its part of the diff: names as above, and the hunks. Only this may be applied. patch(1) understands far
  /// more than what was read here (ed scripts, context diffs, git's modes and links), and would act on it.
  std::string diff;

  std::string_view lines_of(const DiffHunk& hunk) const {
    return std::string_view(diff).substr(hunk.begin, hunk.size);
  }
};

/// Files that git names without a hunk: binary ones, renamed, linked, changed in mode only.
enum class WithoutHunks : std::uint8_t {
  kRefuse,  ///< for who applies the diff: no change may be lost
  kSkip,    ///< for who reads what changes in text
};

/// `what`: for errors, "read the fix CVE-2026-46234". "source.diff-malformed" names the line;
/// "source.diff-empty", "source.diff-path" (a path that leads out of the tree), "source.diff-unsupported"
/// (files without hunks).
Result<std::vector<DiffFile>> parse_unified_diff(std::string_view diff, const std::string& what,
                                                 WithoutHunks without_hunks = WithoutHunks::kRefuse);

}  // namespace suture
