// SPDX-License-Identifier: Apache-2.0
#include "repository/log_tiles.h"

#include <fmt/format.h>

#include <algorithm>

namespace suture {
namespace {

/// Digits in threes, all but the last three behind an "x": no name is both a file and a folder.
std::string index_path(std::uint64_t index) {
  std::string path = fmt::format("{:03}", index % 1000);
  for (index /= 1000; index != 0; index /= 1000) path = fmt::format("x{:03}/{}", index % 1000, path);
  return path;
}

std::string with_width(std::string path, unsigned width) {
  return width == kTileWidth ? path : fmt::format("{}.p/{}", path, width);
}

}  // namespace

unsigned tile_width(const TilePosition& position, std::uint64_t size) {
  const unsigned shift = position.level * kTileHeight;
  const std::uint64_t hashes = shift < 64 ? size >> shift : 0;
  if (position.index > hashes / kTileWidth) return 0;
  return static_cast<unsigned>(std::min<std::uint64_t>(hashes - position.index * kTileWidth, kTileWidth));
}

std::string tile_path(const TilePosition& position, unsigned width) {
  return with_width(fmt::format("tile/{}/{}", position.level, index_path(position.index)), width);
}

std::string bundle_path(std::uint64_t index, unsigned width) {
  return with_width("tile/entries/" + index_path(index), width);
}

Bytes tile_bytes(const Tile& tile) {
  Bytes bytes;
  bytes.reserve(tile.size() * sizeof(MerkleHash));
  for (const MerkleHash& hash : tile) bytes.insert(bytes.end(), hash.begin(), hash.end());
  return bytes;
}

Result<Tile> parse_tile(ByteView bytes, unsigned width) {
  if (bytes.size() != width * sizeof(MerkleHash)) {
    return fail("log.malformed", "read a tile of the log",
                fmt::format("it has {} bytes, not those of {} hashes", bytes.size(), width));
  }
  Tile tile(width);
  for (MerkleHash& hash : tile) {
    std::ranges::copy(bytes.first(hash.size()), hash.begin());
    bytes = bytes.subspan(hash.size());
  }
  return tile;
}

void add_to_bundle(Bytes& bundle, ByteView entry) {
  bundle.push_back(static_cast<std::uint8_t>(entry.size() >> 8));
  bundle.push_back(static_cast<std::uint8_t>(entry.size() & 0xff));
  bundle.insert(bundle.end(), entry.begin(), entry.end());
}

Result<std::vector<ByteView>> parse_bundle(ByteView bytes, unsigned width) {
  const auto malformed = [&](const std::string& why) {
    return fail("log.malformed", "read a bundle of the log's entries", why);
  };
  std::vector<ByteView> entries;
  while (!bytes.empty()) {
    if (entries.size() == width) return malformed(fmt::format("more follows after {} entries", width));
    const std::size_t length = bytes.size() < 2 ? 0 : static_cast<std::size_t>(bytes[0] << 8 | bytes[1]);
    if (bytes.size() < 2 + length) return malformed(fmt::format("entry {} is cut off", entries.size()));
    entries.push_back(bytes.subspan(2, length));
    bytes = bytes.subspan(2 + length);
  }
  if (entries.size() != width)
    return malformed(fmt::format("it has {} entries instead of {}", entries.size(), width));
  return entries;
}

}  // namespace suture
