// SPDX-License-Identifier: Apache-2.0
//
// A change as the text of a diff again, so that it can be built.
#pragma once

#include <filesystem>
#include <string>

#include "advisory/code_change.h"
#include "base/error.h"

namespace suture {

/// A unified diff, with three lines of context, against the source that the change was read from.
/// "advisory.other-source" where that does not have the lines, and the errors of reading its files.
Result<std::string> text_of_change(const CodeChange& change, const std::filesystem::path& source);

}  // namespace suture
