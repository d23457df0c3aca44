// SPDX-License-Identifier: Apache-2.0
//
// A source fix: a unified diff against a kernel tree, as `git diff`, `git format-patch` or `diff -u` write
// it.
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "patchset/patchset.h"

namespace suture {

enum class FileChange : std::uint8_t { kChanged, kAdded, kRemoved };

struct FixFile {
  std::string path;  ///< in the tree: relative, without "." and ".."
  FileChange change = FileChange::kChanged;
  std::size_t hunks = 0;
  /// Its part of the diff: names as above, and the hunks. Only this may be applied. patch(1) understands far
  /// more than what was read here (ed scripts, context diffs, git's modes and links), and would act on it.
  std::string diff;
};

struct Fix {
  FixRecord record;
  std::string text;  ///< the whole file, which FixRecord::sha256 is of
  std::vector<FixFile> files;
};

/// Reads the file. CVE ids come from its name and from its text before the diff, declarations
/// (declarations.h) from the latter.
Result<Fix> read_fix(const std::filesystem::path& path);
/// "build.fix-malformed" names the line; "build.fix-empty", "build.fix-path" (a path that leads out of the
/// tree), "build.fix-unsupported" (binary files, renames, links, changes without a hunk).
Result<Fix> parse_fix(std::string_view diff, const std::string& name);

/// What the fixes change of a kernel. What none is built of (documentation, tools) is left out.
struct TouchedFiles {
  std::set<std::string> units;    ///< `.c` files
  std::set<std::string> headers;  ///< `.h` files: every unit that includes one may change
};

/// What a source file makes that is not the running kernel: "the vDSO", "the boot code"; empty for the
/// kernel's own.
std::string_view image_beside_kernel(std::string_view path);

/// "build.unit-added", "build.file-unsupported", "build.not-kernel-code" name the file.
Result<TouchedFiles> files_touched_by(const std::vector<Fix>& fixes);

}  // namespace suture
