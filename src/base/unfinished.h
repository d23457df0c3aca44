// SPDX-License-Identifier: Apache-2.0
//
// What write_file() leaves in a folder when it is killed: a file beside the one that it was to replace.
#pragma once

#include <filesystem>
#include <string_view>

namespace suture {

/// Stands between a file's name and six letters, as long as the file is not whole.
inline constexpr std::string_view kUnfinished = ".unfinished-";

/// Removes such files from the folder, as far as it can. Nobody may be writing there.
void remove_unfinished(const std::filesystem::path& folder);

}  // namespace suture
