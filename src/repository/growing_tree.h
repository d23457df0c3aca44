// SPDX-License-Identifier: Apache-2.0
//
// A log's tree while entries come to its end. Of each level of tiles only the last one is kept: full ones are
// handed out, and their hash moves up.
#pragma once

#include <functional>
#include <vector>

#include "repository/log_tree.h"

namespace suture {

class GrowingTree {
 public:
  using TileSink = std::function<Result<void>(const TilePosition& position, const Tile& tile)>;

  /// The empty tree.
  GrowingTree() = default;
  static Result<GrowingTree> from(LogTree& tree);

  /// Hands each tile that gets full to `sink`, lowest level first.
  Result<void> add(const MerkleHash& leaf, const TileSink& sink);
  /// Hands the partial tiles to `sink`.
  Result<void> flush(const TileSink& sink) const;

  LogHead head() const;
  /// The last tile of level 0, when it is partial; else empty.
  const Tile& last_leaves() const { return levels_.front().tile; }

 private:
  struct Level {
    std::uint64_t index = 0;  ///< of the tile that `tile` becomes
    Tile tile{};
  };
  std::uint64_t size_ = 0;
  std::vector<Level> levels_{1};
};

}  // namespace suture
