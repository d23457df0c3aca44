// SPDX-License-Identifier: Apache-2.0
#include "repository/log_tree.h"

#include <fmt/format.h>

namespace suture {
namespace {

std::unexpected<Error> damaged(const std::string& what, std::string why) {
  return fail("log.damaged", "check " + what + " of the log", std::move(why),
              "Someone changed the log's files, or the disk or a cache did. Restore them from a copy; do not "
              "sign or believe anything new of this log until it agrees with its head again.");
}

}  // namespace

Result<LogTree> LogTree::open(const LogHead& head, TileSource source) {
  if (head.size > kMaxLogSize) {
    return fail("log.malformed", "read the log", fmt::format("its head speaks of {} entries", head.size));
  }
  LogTree tree(head, std::move(source));
  for (unsigned level = 0; head.size >> (level * kTileHeight) != 0; ++level) {
    Level& row = tree.levels_.emplace_back();
    const TilePosition edge{level, head.size >> ((level + 1) * kTileHeight)};
    if (const unsigned width = tile_width(edge, head.size)) row.edge = TRY(tree.fetch(edge, width));
  }
  // The splits of the tree ask for subtrees in partial tiles alone: a full tile is one hash a level higher.
  if (TRY(merkle_root(head.size, tree.hashes())) != head.root) {
    return damaged("the last tiles", "they give another root than the head");
  }
  return tree;
}

Result<Tile> LogTree::fetch(const TilePosition& position, unsigned width) const {
  const Bytes bytes = TRY(source_(position, width));
  return TRY_IN(tile_path(position, width), parse_tile(bytes, width));
}

Result<Tile> LogTree::tile(const TilePosition& position) {
  const unsigned width = tile_width(position, head_.size);
  if (width == 0) return damaged(tile_path(position, kTileWidth), "the head's tree does not have it");
  Level& level = levels_[position.level];
  if (width < kTileWidth) return level.edge;
  if (level.index == position.index && !level.full.empty()) return level.full;
  const Tile above = TRY(tile({position.level + 1, position.index / kTileWidth}));
  Tile full = TRY(fetch(position, width));
  if (merkle_root(full) != above[position.index % kTileWidth]) {
    return damaged(tile_path(position, width), "it is not the one that the tiles above speak of");
  }
  level.index = position.index;
  level.full = full;
  return full;
}

Result<MerkleHash> LogTree::hash(Subtree subtree) {
  const unsigned above = subtree.level % kTileHeight;
  const std::uint64_t first = subtree.index << above;
  const Tile hashes = TRY(tile({subtree.level / kTileHeight, first / kTileWidth}));
  return merkle_root(std::span(hashes).subspan(first % kTileWidth, std::size_t{1} << above));
}

}  // namespace suture
