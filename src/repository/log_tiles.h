// SPDX-License-Identifier: Apache-2.0
//
// A transparency log as static files: C2SP tlog-tiles (https://c2sp.org/tlog-tiles). A tile holds up to 256
// neighbouring hashes of one level of the Merkle tree; only every eighth level is stored, so a hash at tile
// level L stands for 256^L entries. An entry bundle holds the up to 256 entries of the tile at level 0 with
// the same index. Full ones never change. Of each level the last one is mostly partial; it stands under its
// own path for each width, so that files of an older tree stay what they were.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "repository/merkle.h"

namespace suture {

inline constexpr unsigned kTileHeight = 8;  ///< levels of the tree between two that are stored
inline constexpr unsigned kTileWidth = 1u << kTileHeight;
inline constexpr std::uint64_t kMaxLogSize = std::uint64_t{1} << 40;
inline constexpr std::size_t kMaxEntrySize = 65535;

inline constexpr std::size_t kMaxTileBytes = kTileWidth * sizeof(MerkleHash);
inline constexpr std::size_t kMaxBundleBytes = kTileWidth * (2 + kMaxEntrySize);

using Tile = std::vector<MerkleHash>;

struct TilePosition {
  unsigned level = 0;  ///< of tiles
  std::uint64_t index = 0;
  bool operator==(const TilePosition&) const = default;
};

/// Hashes in this tile for a tree of `size` entries: 0 (there is none) to 256.
unsigned tile_width(const TilePosition& position, std::uint64_t size);

/// "tile/0/x001/x234/067.p/8" for the tile 1234067 of level 0 when 8 wide. `width` is 1 to 256.
std::string tile_path(const TilePosition& position, unsigned width);
/// "tile/entries/x001/x234/067.p/8".
std::string bundle_path(std::uint64_t index, unsigned width);

Bytes tile_bytes(const Tile& tile);
/// "log.malformed" unless it is just `width` hashes.
Result<Tile> parse_tile(ByteView bytes, unsigned width);

/// Appends an entry to a bundle: its length as two bytes, big-endian, and itself. At most kMaxEntrySize.
void add_to_bundle(Bytes& bundle, ByteView entry);
/// "log.malformed" unless it is just `width` entries. They point into `bytes`.
Result<std::vector<ByteView>> parse_bundle(ByteView bytes, unsigned width);

}  // namespace suture
