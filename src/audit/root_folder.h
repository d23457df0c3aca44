// SPDX-License-Identifier: Apache-2.0
//
// A root file system, the host's or a container's, as somebody outside of it reads it. Whoever owns a
// container makes its files what he likes: links that lead out, pipes that never answer, devices. So every
// name is resolved within the root (openat2(2), RESOLVE_IN_ROOT), and plain files alone are opened.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/file.h"

namespace suture {

/// Which file it is, whatever its name.
struct FileIdentity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  auto operator<=>(const FileIdentity&) const = default;
};

/// An open file, which is closed with its owner.
class OpenFile {
 public:
  explicit OpenFile(int fd) : fd_(fd) {}
  OpenFile(OpenFile&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  OpenFile& operator=(OpenFile&& other) noexcept;
  ~OpenFile();

  int fd() const { return fd_; }
  std::uint64_t size() const;
  FileIdentity identity() const;
  /// Up to `length` bytes from `offset` on: fewer where the file ends.
  Result<Bytes> read(std::uint64_t offset, std::size_t length) const;

 private:
  int fd_;
};

class RootFolder {
 public:
  /// "audit.root"
  static Result<RootFolder> open(const std::filesystem::path& path);

  /// A plain file, by a name that begins at the root. "audit.file"
  Result<OpenFile> open_file(const std::filesystem::path& path) const;
  /// A folder, likewise. "audit.folder"
  Result<OpenFile> open_folder(const std::filesystem::path& path) const;
  Result<std::string> read_text(const std::filesystem::path& path, std::size_t limit) const;
  /// Which plain file has that name now; nothing where none has.
  std::optional<FileIdentity> identity(const std::filesystem::path& path) const;
  /// Names in a folder, in order; none where there is no such folder. "audit.too-many" beyond `limit`.
  Result<std::vector<std::string>> names(const std::filesystem::path& path, std::size_t limit) const;
  /// Of the root itself.
  FileIdentity identity() const;

 private:
  explicit RootFolder(OpenFile folder) : folder_(std::move(folder)) {}
  OpenFile folder_;
};

/// Opens a plain file by a name that is trusted, such as one in /proc. "audit.file"
Result<OpenFile> open_plain_file(const std::filesystem::path& path);

/// A plain file in a folder, which no link leads to. "audit.file"
Result<OpenFile> open_plain_file_at(const OpenFile& folder, const std::string& name);

}  // namespace suture
