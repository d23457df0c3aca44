// SPDX-License-Identifier: Apache-2.0
#include "base/file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "base/unfinished.h"

namespace suture {
namespace fs = std::filesystem;
namespace {

/// A file descriptor that is closed with its owner.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_;
};

/// A half-written file that disappears unless it is kept.
class Unfinished {
 public:
  explicit Unfinished(std::string path) : path_(std::move(path)) {}
  Unfinished(const Unfinished&) = delete;
  Unfinished& operator=(const Unfinished&) = delete;
  ~Unfinished() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  void keep() { path_.clear(); }

 private:
  std::string path_;
};

template <class Buffer>
Result<Buffer> read_whole(const fs::path& path, std::size_t limit) {
  const std::string what = "read " + path.string();
  Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return fail_errno("file.unreadable", what);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return fail_errno("file.unreadable", what);
  if (S_ISDIR(info.st_mode)) return fail("file.unreadable", what, "it is a folder");

  Buffer buffer;
  std::size_t used = 0;
  buffer.resize(std::min(limit, static_cast<std::size_t>(info.st_size)) + 1);
  for (;;) {
    if (used == buffer.size()) buffer.resize(buffer.size() * 2);
    const ssize_t got = ::read(fd.get(), buffer.data() + used, buffer.size() - used);
    if (got < 0) {
      if (errno == EINTR) continue;
      return fail_errno("file.unreadable", what);
    }
    if (got == 0) break;
    used += static_cast<std::size_t>(got);
    if (used > limit) {
      return fail("file.too-large", what, "it is larger than " + std::to_string(limit) + " bytes");
    }
  }
  buffer.resize(used);
  return buffer;
}

/// Fills as much of the buffer as the file has.
Result<std::size_t> read_into(int fd, std::span<std::uint8_t> buffer, const std::string& what) {
  std::size_t used = 0;
  while (used < buffer.size()) {
    const ssize_t got = ::read(fd, buffer.data() + used, buffer.size() - used);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno("file.unreadable", what);
    if (got == 0) break;
    used += static_cast<std::size_t>(got);
  }
  return used;
}

Result<void> write_all(int fd, ByteView bytes, const std::string& what) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(fd, bytes.data(), bytes.size());
    if (put < 0) {
      if (errno == EINTR) continue;
      return fail_errno("file.unwritable", what,
                        errno == ENOSPC ? "Free some space on that file system and try again." : "");
    }
    bytes = bytes.subspan(static_cast<std::size_t>(put));
  }
  return {};
}

}  // namespace

Result<Bytes> read_file(const fs::path& path, std::size_t limit) {
  return read_whole<Bytes>(path, limit);
}

Result<std::string> read_text_file(const fs::path& path, std::size_t limit) {
  return read_whole<std::string>(path, limit);
}

Result<FileCopy> FileCopy::read(const fs::path& path, std::size_t limit) {
  const std::string what = "read " + path.string();
  Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat info {};
  if (!fd || ::fstat(fd.get(), &info) != 0) return fail_errno("file.unreadable", what);
  if (!S_ISREG(info.st_mode)) return fail("file.unreadable", what, "it is not a regular file");
  const auto size = static_cast<std::size_t>(info.st_size);
  if (size > limit)
    return fail("file.too-large", what, "it is larger than " + std::to_string(limit) + " bytes");
  FileCopy copy;
  copy.bytes_ = std::make_unique_for_overwrite<std::uint8_t[]>(size);
  copy.size_ = TRY(read_into(fd.get(), {copy.bytes_.get(), size}, what));
  return copy;
}

Result<void> write_file(const fs::path& path, ByteView bytes, unsigned mode) {
  const std::string what = "write " + path.string();
  const fs::path parent = path.has_parent_path() ? path.parent_path() : fs::path(".");
  TRY(make_directories(parent));
  std::string beside = path.string() + std::string(kUnfinished) + "XXXXXX";
  Descriptor fd(::mkostemp(beside.data(), O_CLOEXEC));
  if (!fd) return fail_errno("file.unwritable", what);
  Unfinished unfinished(beside);
  TRY(write_all(fd.get(), bytes, what));
  if (::fchmod(fd.get(), mode) != 0 || ::fsync(fd.get()) != 0) return fail_errno("file.unwritable", what);
  if (::rename(beside.c_str(), path.c_str()) != 0) return fail_errno("file.unwritable", what);
  unfinished.keep();
  Descriptor folder(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder || ::fsync(folder.get()) != 0) return fail_errno("file.unwritable", what);
  return {};
}

Result<void> write_file(const fs::path& path, std::string_view text, unsigned mode) {
  return write_file(path, as_bytes(text), mode);
}

Result<void> make_directories(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return fail("file.unwritable", "make the folder " + path.string(), error.message());
  return {};
}

Result<TempDir> TempDir::make(std::string_view prefix, fs::path parent) {
  std::error_code error;
  if (parent.empty()) parent = fs::temp_directory_path(error);
  if (error) return fail("file.unwritable", "find the folder for temporary files", error.message());
  TRY(make_directories(parent));
  std::string name = (parent / prefix).string() + "-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) {
    return fail_errno("file.unwritable", "make a temporary folder in " + parent.string());
  }
  return TempDir(name);
}

TempDir& TempDir::operator=(TempDir&& other) noexcept {
  if (this != &other) {
    remove();
    path_ = std::exchange(other.path_, {});
  }
  return *this;
}

Result<void> TempDir::move_to(const fs::path& target) {
  if (::rename(path_.c_str(), target.c_str()) != 0) {
    return fail_errno("file.unwritable", "move " + path_.string() + " to " + target.string());
  }
  path_.clear();
  return {};
}

void TempDir::remove() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove_all(path_, ignored);
}

Result<FileLock> FileLock::acquire(const fs::path& path) {
  if (path.has_parent_path()) TRY(make_directories(path.parent_path()));
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) return fail_errno("file.unwritable", "lock " + path.string());
  while (::flock(fd, LOCK_EX) != 0) {
    if (errno == EINTR) continue;
    auto error = fail_errno("file.unwritable", "lock " + path.string());
    ::close(fd);
    return error;
  }
  return FileLock(fd);
}

FileLock::~FileLock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace suture
