// SPDX-License-Identifier: Apache-2.0
#include "repository/log_writer.h"

#include <fmt/format.h>

#include <charconv>

#include "base/file.h"
#include "repository/growing_tree.h"
#include "repository/log_tiles.h"
#include "repository/log_tree.h"

namespace suture {
namespace {

namespace fs = std::filesystem;

constexpr const char* kRestore = "Restore the log's files from a copy; do not sign anything new until then.";

Result<void> check_entries(const LogHead& from, std::span<const std::string> entries) {
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (entries[i].size() <= kMaxEntrySize) continue;
    return fail("log.entry-too-large", fmt::format("append entry {} to the log", i),
                fmt::format("it has {} bytes; {} is the most", entries[i].size(), kMaxEntrySize),
                "Append its hash, and store it elsewhere.");
  }
  if (from.size > kMaxLogSize || entries.size() > kMaxLogSize - from.size) {
    return fail("log.full", "append to the log", fmt::format("{} entries are the most", kMaxLogSize),
                "Begin a new log under another name.");
  }
  return {};
}

/// A file that a tree of a signed head needs.
Result<Bytes> read_stored(const fs::path& path, std::size_t limit) {
  std::error_code error;
  if (fs::exists(path, error) || error) return read_file(path, limit);
  return fail("log.damaged", "append to the log", path.string() + " is gone", kRestore);
}

class Appender {
 public:
  static Result<Appender> at(const fs::path& folder, const LogHead& from);
  Result<void> append(ByteView entry);
  /// Writes what is partial at the end, and returns the head of all.
  Result<LogHead> finish();

 private:
  Appender(const fs::path& folder, const LogHead& from, GrowingTree tree)
      : folder_(folder), from_(from), tree_(std::move(tree)) {}
  Result<void> read_last_bundle();
  Result<void> write(const TilePosition& position, const Tile& tile);

  fs::path folder_;
  LogHead from_;
  GrowingTree tree_;
  Bytes bundle_{};  ///< the entries of the tree's last_leaves()
};

Result<Appender> Appender::at(const fs::path& folder, const LogHead& from) {
  LogTree tree = TRY(LogTree::open(from, [&](const TilePosition& position, unsigned width) {
    return read_stored(folder / tile_path(position, width), kMaxTileBytes);
  }));
  Appender appender(folder, from, TRY(GrowingTree::from(tree)));
  TRY(appender.read_last_bundle());
  return appender;
}

/// Its entries move on into the next bundle, so they must be those that were logged.
Result<void> Appender::read_last_bundle() {
  const Tile& leaves = tree_.last_leaves();
  if (leaves.empty()) return {};
  const auto width = static_cast<unsigned>(leaves.size());
  const std::string path = bundle_path(from_.size / kTileWidth, width);
  bundle_ = TRY(read_stored(folder_ / path, kMaxBundleBytes));
  const std::vector<ByteView> entries = TRY_IN(path, parse_bundle(bundle_, width));
  for (unsigned i = 0; i < width; ++i) {
    if (leaf_hash(entries[i]) == leaves[i]) continue;
    return fail("log.damaged", "append to the log",
                fmt::format("entry {} of {} is not the one that was logged", i, path), kRestore);
  }
  return {};
}

Result<void> Appender::append(ByteView entry) {
  add_to_bundle(bundle_, entry);
  return tree_.add(leaf_hash(entry),
                   [this](const TilePosition& position, const Tile& tile) { return write(position, tile); });
}

Result<void> Appender::write(const TilePosition& position, const Tile& tile) {
  const auto width = static_cast<unsigned>(tile.size());
  // A level to which nothing came keeps its files.
  if (tile_width(position, from_.size) == width) return {};
  if (position.level == 0) {
    TRY(write_file(folder_ / bundle_path(position.index, width), bundle_));
    bundle_.clear();
  }
  return write_file(folder_ / tile_path(position, width), tile_bytes(tile));
}

Result<LogHead> Appender::finish() {
  TRY(tree_.flush([this](const TilePosition& position, const Tile& tile) { return write(position, tile); }));
  return tree_.head();
}

}  // namespace

Result<LogHead> append_to_log(const fs::path& folder, const LogHead& from,
                              std::span<const std::string> entries) {
  TRY(check_entries(from, entries));
  Appender appender = TRY(Appender::at(folder, from));
  for (const std::string& entry : entries) TRY(appender.append(as_bytes(entry)));
  return appender.finish();
}

namespace {

/// Of the folder in which partial ones stand, "….p": those that are narrower than `least`.
Result<void> remove_narrower(const fs::path& folder, unsigned least) {
  std::error_code error;
  if (!fs::exists(folder, error)) return {};
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    unsigned width = 0;
    const std::string name = entry.path().filename();
    const auto [rest, problem] = std::from_chars(name.data(), name.data() + name.size(), width);
    const bool number = problem == std::errc() && rest == name.data() + name.size();
    if (!number || width >= least) continue;
    fs::remove(entry.path(), error);
    if (error) return fail("file.unwritable", "remove " + entry.path().string(), error.message());
  }
  return {};
}

}  // namespace

Result<void> prune_log(const fs::path& folder, const LogHead& head, unsigned kept) {
  const auto prune = [&](const auto& path_of, const TilePosition& position) -> Result<void> {
    const unsigned width = tile_width(position, head.size);
    const unsigned least = width > kept ? width - kept : 0;
    TRY(remove_narrower((folder / path_of(position, 1)).parent_path(), least));
    if (position.index == 0) return {};
    return remove_narrower((folder / path_of({position.level, position.index - 1}, 1)).parent_path(),
                           kTileWidth);
  };
  const auto bundle = [](const TilePosition& position, unsigned width) {
    return bundle_path(position.index, width);
  };
  std::uint64_t index = head.size / kTileWidth;
  TRY(prune(bundle, {0, index}));
  for (unsigned level = 0;; level++, index /= kTileWidth) {
    TRY(prune(tile_path, {level, index}));
    if (index == 0) return {};
  }
}

}  // namespace suture
