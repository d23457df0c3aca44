// SPDX-License-Identifier: Apache-2.0
//
// Files of the repository, as HTTP wants them. The kernel itself keeps a path inside the folder (openat2
// with RESOLVE_BENEATH): no "..", no absolute symlink and no race between check and open leads out.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "server/wire/file_cache.h"
#include "server/wire/http.h"

namespace suture::server {

/// A regular file, open for reading, as it was when it was opened; a small one may be in memory.
class OpenFile {
 public:
  OpenFile(int fd, std::uint64_t size) : fd_(fd), size_(size) {}
  explicit OpenFile(FileCache::Bytes bytes) : fd_(-1), size_(bytes->size()), bytes_(std::move(bytes)) {}
  OpenFile(OpenFile&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), size_(other.size_), bytes_(std::move(other.bytes_)) {}
  OpenFile& operator=(OpenFile&& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(size_, other.size_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~OpenFile();

  std::uint64_t size() const { return size_; }
  /// Null: it is read() from.
  const std::string* in_memory() const { return bytes_.get(); }
  /// Fills the buffer's front from `offset`; 0 only when the file ends there.
  Result<std::size_t> read(std::uint64_t offset, std::span<char> buffer) const;

 private:
  int fd_;
  std::uint64_t size_;
  FileCache::Bytes bytes_{};
};

/// A response whose body, if it has one, is the part `range` of `file`; then response.body is empty.
struct FileResponse {
  Response response;
  std::optional<OpenFile> file{};
  ByteRange range{};
};

class StaticFiles {
 public:
  static Result<StaticFiles> open(const std::filesystem::path& folder);
  StaticFiles(StaticFiles&& other) noexcept
      : folder_(std::exchange(other.folder_, -1)), cache_(std::move(other.cache_)) {}
  StaticFiles& operator=(StaticFiles&&) = delete;
  ~StaticFiles();

  /// `path` is decoded and relative to the folder: "metadata/timestamp.json".
  FileResponse handle(const Request& request, std::string_view path) const;

 private:
  explicit StaticFiles(int folder) : folder_(folder) {}
  int folder_;
  std::unique_ptr<FileCache> cache_ = std::make_unique<FileCache>();
};

}  // namespace suture::server
