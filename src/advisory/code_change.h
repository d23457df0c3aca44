// SPDX-License-Identifier: Apache-2.0
//
// What a fix changes in the source: lines, and the functions and types that they are in.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "source/c_outline.h"

namespace suture {

/// One hunk, without the lines around it that stay.
struct ChangedLines {
  std::uint32_t before =
      0;  ///< number of the first line that goes, in the old file; of an insertion: the line before it
  std::uint32_t after = 0;  ///< the same in the new file
  std::vector<std::string> removed{};
  std::vector<std::string> added{};
  std::vector<std::string> leading{};   ///< up to three lines that stay, before
  std::vector<std::string> trailing{};  ///< and behind
};

/// What a change is in: something defined at the outermost level of a file.
struct CodeItem {
  CodeItemKind kind = CodeItemKind::kFunction;
  std::string name{};  ///< as OutlineItem has it: of a system call, "__do_sys_openat"
  bool before = true;  ///< it is there in the old file
  bool after = true;   ///< and in the new one
};

struct FileCodeChange {
  std::string path{};
  bool added = false;
  bool removed = false;
  std::vector<ChangedLines> lines{};
  std::vector<CodeItem> items{};
};

struct CodeChange {
  /// For people: "commit 98a2046d155f", "linux 6.1.170-3 to 6.1.176-1"
  std::string origin{};
  std::vector<FileCodeChange> files{};
  /// Other fixes change the same files between the same two versions, and what belongs to which cannot all be
  /// told: there may be more here than this fix.
  bool mixed = false;
  std::string note{};  ///< why, where something is missing or mixed
  /// The files were chosen by words alone, and what is said fits these as well, if less.
  std::vector<std::string> other_files{};
};

/// A file's whole text; nothing where there is none.
using FileText = std::function<std::optional<std::string>(const std::string& path)>;

/// The files that a diff is between. Where one side is not at hand, the other and the diff give it; where
/// neither is, or the diff is not of these texts, only what its hunks show is known.
struct FileTexts {
  FileText before{};
  FileText after{};
};

/// As unified_diff.h reads it: "source.diff-…". Files without text (binary ones, links) are left out.
Result<CodeChange> read_code_change(std::string_view diff, const std::string& origin,
                                    const FileTexts& texts = {});

}  // namespace suture
