// SPDX-License-Identifier: Apache-2.0
//
// The owner's side of a transparency log: a folder of tiles and entry bundles (log_tiles.h), which grows.
// What is appended counts once a checkpoint of the new head is signed and published; that is the caller's
// business.
#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "base/error.h"
#include "repository/merkle.h"

namespace suture {

/// Appends to the log that has `from` for its head, and returns the new head. Reads the tiles at its right
/// edge and its last bundle, whatever the log's size. One at a time: the caller holds a lock.
///
/// Killed at any point, nothing that a tree of `from` or a smaller one needs has changed, since each file is
/// written whole and under a path that only larger trees have. What was left behind is written over by the
/// next append from `from`, also by one of other entries; so never append from a head that did not come from
/// the last signed checkpoint, or `from` the empty log's head when there is none.
///
/// "log.damaged" when the files do not give the root of `from`; "log.entry-too-large" for one beyond
/// kMaxEntrySize, "log.full" beyond kMaxLogSize: then nothing was written.
Result<LogHead> append_to_log(const std::filesystem::path& folder, const LogHead& from,
                              std::span<const std::string> entries);

/// Removes partial tiles and bundles that no reader of a recent head needs: those that are narrower than the
/// head's by more than `kept`, and all beside a full one, which begins with the same bytes. Without it, a log
/// that grows one by one would keep each of its entries a hundred times.
Result<void> prune_log(const std::filesystem::path& folder, const LogHead& head, unsigned kept = 16);

}  // namespace suture
