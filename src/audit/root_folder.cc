// SPDX-License-Identifier: Apache-2.0
#include "audit/root_folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

namespace suture {
namespace {

FileIdentity identity_of(const struct stat& status) {
  return {.device = status.st_dev, .inode = status.st_ino};
}

/// A pipe is not waited for, and a terminal does not become ours.
constexpr int kQuiet = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

int open_within(int root, const std::filesystem::path& path, int flags) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags);
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  return static_cast<int>(syscall(SYS_openat2, root, path.c_str(), &how, sizeof how));
}

/// Opened with O_PATH first: to open a device can already do something.
Result<OpenFile> plain_file(OpenFile name, const std::string& what) {
  struct stat status {};
  if (fstat(name.fd(), &status) != 0) return fail_errno("audit.file", what);
  if (!S_ISREG(status.st_mode)) return fail("audit.file", what, "it is no plain file");
  const int fd = open(("/proc/self/fd/" + std::to_string(name.fd())).c_str(), kQuiet);
  if (fd < 0) return fail_errno("audit.file", what);
  return OpenFile(fd);
}

}  // namespace

OpenFile& OpenFile::operator=(OpenFile&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

OpenFile::~OpenFile() {
  if (fd_ >= 0) close(fd_);
}

std::uint64_t OpenFile::size() const {
  struct stat status {};
  return fstat(fd_, &status) == 0 && status.st_size > 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

FileIdentity OpenFile::identity() const {
  struct stat status {};
  return fstat(fd_, &status) == 0 ? identity_of(status) : FileIdentity{};
}

Result<Bytes> OpenFile::read(std::uint64_t offset, std::size_t length) const {
  Bytes bytes(length);
  std::size_t done = 0;
  while (done < length) {
    const ssize_t got = pread(fd_, bytes.data() + done, length - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno("audit.file", "read a file");
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  bytes.resize(done);
  return bytes;
}

Result<RootFolder> RootFolder::open(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return fail_errno("audit.root", "open the root folder " + path.string());
  return RootFolder(OpenFile(fd));
}

Result<OpenFile> RootFolder::open_file(const std::filesystem::path& path) const {
  const std::string what = "read " + path.string();
  const int fd = open_within(folder_.fd(), path, O_PATH | O_CLOEXEC);
  if (fd < 0) return fail_errno("audit.file", what);
  return plain_file(OpenFile(fd), what);
}

Result<OpenFile> RootFolder::open_folder(const std::filesystem::path& path) const {
  const int fd = open_within(folder_.fd(), path, kQuiet | O_DIRECTORY);
  if (fd < 0) return fail_errno("audit.folder", "look through " + path.string());
  return OpenFile(fd);
}

Result<std::string> RootFolder::read_text(const std::filesystem::path& path, std::size_t limit) const {
  const OpenFile file = TRY(open_file(path));
  if (file.size() > limit) {
    return fail("audit.file", "read " + path.string(),
                "it has more than " + std::to_string(limit) + " bytes");
  }
  // It may have grown since.
  const Bytes bytes = TRY(file.read(0, static_cast<std::size_t>(file.size())));
  return std::string(as_text(bytes));
}

std::optional<FileIdentity> RootFolder::identity(const std::filesystem::path& path) const {
  const int fd = open_within(folder_.fd(), path, O_PATH | O_CLOEXEC);
  if (fd < 0) return std::nullopt;
  const OpenFile file(fd);
  struct stat status {};
  if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  return identity_of(status);
}

Result<std::vector<std::string>> RootFolder::names(const std::filesystem::path& path,
                                                   std::size_t limit) const {
  std::vector<std::string> names;
  const int fd = open_within(folder_.fd(), path, kQuiet | O_DIRECTORY);
  if (fd < 0) return names;
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(fdopendir(fd), closedir);
  if (folder == nullptr) {
    close(fd);
    return names;
  }
  while (const dirent* entry = readdir(folder.get())) {
    const std::string name = static_cast<const char*>(entry->d_name);
    if (name == "." || name == "..") continue;
    if (names.size() == limit) {
      return fail("audit.too-many", "read the folder " + path.string(),
                  "it has more than " + std::to_string(limit) + " names");
    }
    names.push_back(name);
  }
  std::ranges::sort(names);
  return names;
}

FileIdentity RootFolder::identity() const {
  return folder_.identity();
}

Result<OpenFile> open_plain_file(const std::filesystem::path& path) {
  const std::string what = "read " + path.string();
  const int fd = ::open(path.c_str(), O_PATH | O_CLOEXEC);
  if (fd < 0) return fail_errno("audit.file", what);
  return plain_file(OpenFile(fd), what);
}

Result<OpenFile> open_plain_file_at(const OpenFile& folder, const std::string& name) {
  const std::string what = "read " + name;
  const int fd = openat(folder.fd(), name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return fail_errno("audit.file", what);
  return plain_file(OpenFile(fd), what);
}

}  // namespace suture
