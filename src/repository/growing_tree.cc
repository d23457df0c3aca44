// SPDX-License-Identifier: Apache-2.0
#include "repository/growing_tree.h"

namespace suture {

Result<GrowingTree> GrowingTree::from(LogTree& tree) {
  GrowingTree grown;
  grown.size_ = tree.head().size;
  for (unsigned level = 0; grown.size_ >> (level * kTileHeight) != 0; ++level) {
    grown.levels_.resize(level + 1);
    const TilePosition edge{level, grown.size_ >> ((level + 1) * kTileHeight)};
    grown.levels_[level].index = edge.index;
    if (tile_width(edge, grown.size_) != 0) grown.levels_[level].tile = TRY(tree.tile(edge));
  }
  return grown;
}

Result<void> GrowingTree::add(const MerkleHash& leaf, const TileSink& sink) {
  ++size_;
  MerkleHash hash = leaf;
  for (unsigned level = 0;; ++level) {
    if (level == levels_.size()) levels_.emplace_back();
    auto& [index, tile] = levels_[level];
    tile.push_back(hash);
    if (tile.size() < kTileWidth) return {};
    TRY(sink({level, index}, tile));
    hash = merkle_root(tile);
    tile.clear();
    ++index;
  }
}

Result<void> GrowingTree::flush(const TileSink& sink) const {
  for (unsigned level = 0; level < levels_.size(); ++level) {
    const auto& [index, tile] = levels_[level];
    if (!tile.empty()) TRY(sink({level, index}, tile));
  }
  return {};
}

LogHead GrowingTree::head() const {
  // What the levels below do not fill is the last node of a row, smaller than the others.
  Tile rest;
  for (const auto& [index, tile] : levels_) {
    Tile row = tile;
    row.insert(row.end(), rest.begin(), rest.end());
    if (!row.empty()) rest = {merkle_root(row)};
  }
  return {size_, merkle_root(rest)};
}

}  // namespace suture
