// SPDX-License-Identifier: Apache-2.0
//
// A diff in its smallest parts: runs of lines that go or come, each with what it is in. Where many fixes are
// in one diff, parts are what belongs to one or another.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "advisory/code_change.h"

namespace suture {

struct ChangedPart {
  ChangedLines lines{};
  std::vector<CodeItem> items{};
};

struct ChangedFile {
  std::string path{};
  bool added = false;
  bool removed = false;
  std::vector<ChangedPart> parts{};
};

/// `what`: for errors, "read the change of …". As read_code_change().
Result<std::vector<ChangedFile>> read_changed_parts(std::string_view diff, const std::string& what,
                                                    const FileTexts& texts = {});

/// Of some of its parts, by index in ascending order.
FileCodeChange change_of_parts(const ChangedFile& file, const std::vector<std::size_t>& parts);
FileCodeChange change_of_parts(const ChangedFile& file);

}  // namespace suture
