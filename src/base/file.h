// SPDX-License-Identifier: Apache-2.0
//
// Whole files in and out. Writing is atomic: beside the target, synced, then renamed over it, so a reader
// (or a power cut) sees the old bytes or the new ones and nothing between.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace suture {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

inline constexpr std::size_t kNoLimit = SIZE_MAX;

/// Reads a whole file; "file.too-large" beyond `limit` bytes. Works on /proc and /sys, whose sizes lie.
Result<Bytes> read_file(const std::filesystem::path& path, std::size_t limit = kNoLimit);
Result<std::string> read_text_file(const std::filesystem::path& path, std::size_t limit = kNoLimit);

/// The bytes of a large file. They are a copy, so nobody can cut the file off meanwhile; memory that is
/// written over at once is not zeroed before, as a vector's is.
class FileCopy {
 public:
  static Result<FileCopy> read(const std::filesystem::path& path, std::size_t limit = kNoLimit);
  ByteView bytes() const { return {bytes_.get(), size_}; }
  std::span<std::uint8_t> bytes() { return {bytes_.get(), size_}; }

 private:
  FileCopy() = default;
  std::unique_ptr<std::uint8_t[]> bytes_;
  std::size_t size_ = 0;
};

/// Replaces `path` in one step; makes missing parent folders. `mode` as for open(2).
Result<void> write_file(const std::filesystem::path& path, ByteView bytes, unsigned mode = 0644);
Result<void> write_file(const std::filesystem::path& path, std::string_view text, unsigned mode = 0644);

Result<void> make_directories(const std::filesystem::path& path);

inline ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// A folder that goes away with its owner. Made under `parent` (default: the system's temporary folder).
class TempDir {
 public:
  static Result<TempDir> make(std::string_view prefix, std::filesystem::path parent = {});
  TempDir(TempDir&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  TempDir& operator=(TempDir&& other) noexcept;
  ~TempDir() { remove(); }

  const std::filesystem::path& path() const { return path_; }
  /// Moves the finished folder to `target` in one rename and lets go of it. `target` must not exist, or be
  /// an empty folder, on the same file system.
  Result<void> move_to(const std::filesystem::path& target);

 private:
  explicit TempDir(std::filesystem::path path) : path_(std::move(path)) {}
  void remove();
  std::filesystem::path path_;
};

/// An exclusive lock between processes, held while the object lives. Waits until it is free.
class FileLock {
 public:
  static Result<FileLock> acquire(const std::filesystem::path& path);
  FileLock(FileLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileLock& operator=(FileLock&&) = delete;
  ~FileLock();

 private:
  explicit FileLock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace suture
