// SPDX-License-Identifier: Apache-2.0
//
// The include graph of a target's source, read once and kept beside it: `NAME.includes` next to the folder
// NAME. To read 60,000 files takes a minute when they are not in memory, the index a moment.
//
// It is a cache and nothing more. One that is broken, of another version, or of a source that has changed
// since is made anew without a word; one that cannot be written (a store that others own) is done without.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "build/include_graph.h"

namespace suture {

/// The graph of the source tree `source`, from its index if that is right.
Result<IncludeGraph> indexed_includes(const std::filesystem::path& source);

/// What the file holds. `stamp` tells one state of a source from others; no line breaks or spaces.
std::string include_index_text(const IncludeGraph& graph, std::string_view stamp);
/// Nothing if the bytes are not exactly what include_index_text() wrote, in this version, for this stamp.
std::optional<IncludeGraph> read_include_index(std::string_view bytes, std::string_view stamp);

}  // namespace suture
