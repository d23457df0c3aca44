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
#include "source/unified_diff.h"

namespace suture {

struct Fix {
  FixRecord record;
  std::string text;  ///< the whole file, which FixRecord::sha256 is of
  std::vector<DiffFile> files;
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
