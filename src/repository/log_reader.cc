// SPDX-License-Identifier: Apache-2.0
#include "repository/log_reader.h"

#include <fmt/format.h>

#include "repository/growing_tree.h"
#include "repository/log_tiles.h"

namespace suture {
namespace {

constexpr const char* kNotTheOwner =
    "Fetch from another mirror. If it stays so, tell the log's owner: files were lost or changed there.";
constexpr const char* kTheOwner =
    "The log's owner signed two histories, or someone else who has the key did. Trust nothing new from "
    "there; "
    "keep both checkpoints, they are the evidence.";

/// Logs may drop partial files once the full ones are there, which begin with the same bytes: then `cut`
/// takes those off.
template <class Path, class Cut>
Result<Bytes> fetch_or_cut(Fetcher& fetcher, const Path& path, unsigned width, std::size_t limit,
                           const Cut& cut) {
  auto bytes = fetcher.fetch(path(width), limit);
  if (bytes || width == kTileWidth || bytes.error().code != "repository.absent") return bytes;
  const auto full = fetcher.fetch(path(kTileWidth), limit);
  if (!full) return bytes;
  return cut(*full);
}

Result<Bytes> fetch_tile(Fetcher& fetcher, const std::string& prefix, const TilePosition& position,
                         unsigned width) {
  const auto path = [&](unsigned wide) { return prefix + tile_path(position, wide); };
  return fetch_or_cut(fetcher, path, width, kMaxTileBytes, [&](ByteView full) -> Result<Bytes> {
    Tile tile = TRY_IN(path(kTileWidth), parse_tile(full, kTileWidth));
    tile.resize(width);
    return tile_bytes(tile);
  });
}

}  // namespace

Result<LogReader> LogReader::open(Fetcher& fetcher, const LogHead& head, std::string prefix) {
  LogTree tree = TRY(LogTree::open(head, [&fetcher, prefix](const TilePosition& position, unsigned width) {
    return fetch_tile(fetcher, prefix, position, width);
  }));
  return LogReader(fetcher, std::move(prefix), std::move(tree));
}

Result<MerkleProof> LogReader::prove_inclusion(std::uint64_t index, ByteView entry) {
  const std::string what = fmt::format("look for entry {} in the log of {}", index, head().size);
  const char* hint = "Do not use what the entry speaks of: its owner must log it before others can trust it.";
  if (index >= head().size) return fail("log.not-included", what, "the log has fewer entries", hint);
  // The head vouches for the tile, so where the proof fails the log has another entry.
  MerkleProof proof = TRY_IN(what, inclusion_proof(index, head().size, tree_.hashes()));
  if (proves_inclusion(proof, leaf_hash(entry), index, head())) return proof;
  return fail("log.not-included", what, "another entry stands there", hint);
}

Result<MerkleProof> LogReader::prove_consistency(const LogHead& older) {
  const std::string what =
      fmt::format("compare the log of {} entries with that of {}", older.size, head().size);
  if (older.size > head().size) return fail("log.inconsistent", what, "entries were taken back", kTheOwner);
  MerkleProof proof = TRY_IN(what, consistency_proof(older.size, head().size, tree_.hashes()));
  if (proves_consistency(proof, older, head())) return proof;
  return fail("log.inconsistent", what, "entries that were logged have been changed", kTheOwner);
}

Result<Bytes> LogReader::fetch_bundle(std::uint64_t index, unsigned width) const {
  const auto path = [&](unsigned wide) { return prefix_ + bundle_path(index, wide); };
  return fetch_or_cut(*fetcher_, path, width, kMaxBundleBytes, [&](ByteView full) -> Result<Bytes> {
    Bytes bundle;
    const std::vector<ByteView> entries = TRY_IN(path(kTileWidth), parse_bundle(full, kTileWidth));
    for (unsigned i = 0; i < width; ++i) add_to_bundle(bundle, entries[i]);
    return bundle;
  });
}

Result<void> LogReader::read_entries(std::uint64_t first, const EntryVisitor& visit) {
  for (std::uint64_t index = first; index < head().size; index += kTileWidth - index % kTileWidth) {
    const TilePosition position{0, index / kTileWidth};
    const Tile tile = TRY(tree_.tile(position));
    const auto width = static_cast<unsigned>(tile.size());
    const Bytes bundle = TRY(fetch_bundle(position.index, width));
    const std::string path = bundle_path(position.index, width);
    const std::vector<ByteView> entries = TRY_IN(path, parse_bundle(bundle, width));
    for (std::uint64_t i = index % kTileWidth; i < width; ++i) {
      if (leaf_hash(entries[i]) != tile[i]) {
        return fail("log.damaged", fmt::format("read entry {} of {}", i, path),
                    "it is not the one that was logged", kNotTheOwner);
      }
      TRY(visit(position.index * kTileWidth + i, entries[i]));
    }
  }
  return {};
}

Result<void> LogReader::audit() {
  const auto compare = [this](const TilePosition& position, const Tile& tile) -> Result<void> {
    const auto width = static_cast<unsigned>(tile.size());
    if (TRY(fetch_tile(*fetcher_, prefix_, position, width)) == tile_bytes(tile)) return {};
    return fail("log.damaged", "audit the log",
                tile_path(position, width) + " is not what the entries below it give", kNotTheOwner);
  };
  GrowingTree tree;
  for (std::uint64_t first = 0; first < head().size; first += kTileWidth) {
    const std::uint64_t index = first / kTileWidth;
    const unsigned width = tile_width({0, index}, head().size);
    const Bytes bundle = TRY(fetch_bundle(index, width));
    const std::vector<ByteView> entries = TRY_IN(bundle_path(index, width), parse_bundle(bundle, width));
    for (const ByteView entry : entries) TRY(tree.add(leaf_hash(entry), compare));
  }
  TRY(tree.flush(compare));
  if (tree.head() == head()) return {};
  return fail("log.damaged", "audit the log", "its entries give another root than the head", kNotTheOwner);
}

}  // namespace suture
