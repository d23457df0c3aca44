// SPDX-License-Identifier: Apache-2.0
//
// The hashes of a log's tree, read from its tiles as they are needed and never believed unseen. The partial
// tiles at the tree's right edge hold just the complete subtrees of which the root is made, so the head
// vouches for them all; each full tile is one hash of the tile above it. One hash costs at most a tile a
// level, of which there are five.
#pragma once

#include <functional>
#include <vector>

#include "repository/log_tiles.h"
#include "repository/merkle.h"

namespace suture {

/// Fetches the bytes of a tile, as wide as asked for. What it returns is checked.
using TileSource = std::function<Result<Bytes>(const TilePosition& position, unsigned width)>;

class LogTree {
 public:
  /// Reads the right edge. "log.damaged" when it does not give the head's root, "log.malformed" for a tile of
  /// a wrong length and for a head beyond kMaxLogSize, and what `source` returns.
  static Result<LogTree> open(const LogHead& head, TileSource source);

  const LogHead& head() const { return head_; }

  /// A tile of the tree, for which the head vouches; "log.damaged" when the one that is stored is another.
  Result<Tile> tile(const TilePosition& position);
  Result<MerkleHash> hash(Subtree subtree);
  /// For merkle.h's functions; not to outlive the tree.
  SubtreeHashes hashes() {
    return [this](Subtree subtree) { return hash(subtree); };
  }

 private:
  struct Level {
    Tile edge{};  ///< its partial tile, empty when all are full
    /// The full tile that was read last: proofs and readers go through neighbours.
    std::uint64_t index = 0;
    Tile full{};
  };
  LogTree(const LogHead& head, TileSource source) : head_(head), source_(std::move(source)) {}
  Result<Tile> fetch(const TilePosition& position, unsigned width) const;

  LogHead head_;
  TileSource source_;
  std::vector<Level> levels_{};
};

}  // namespace suture
