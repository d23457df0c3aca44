// SPDX-License-Identifier: Apache-2.0
#include "server/wire/static_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace suture::server {
namespace {

FileResponse absent() {
  return {error_response(404, "repository.absent", "the repository has no such file")};
}

int open_beneath(int folder, const std::string& path) {
  open_how how{};
  // O_NONBLOCK: opening a FIFO must not wait for its writer.
  how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  for (int tries = 0; tries < 8; ++tries) {
    const long fd = ::syscall(SYS_openat2, folder, path.c_str(), &how, sizeof how);
    // EAGAIN: a rename elsewhere ran while ".." was being resolved, so the kernel could not be sure.
    if (fd >= 0 || (errno != EAGAIN && errno != EINTR)) return static_cast<int>(fd);
  }
  return -1;
}

/// Publishing writes a new file and renames it, so inode, time and size change together.
std::string etag_of(const struct stat& status) {
  return fmt::format("\"{:x}-{:x}-{:x}\"", status.st_ino,
                     status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec, status.st_size);
}

/// Names with a version or a hash in front never change their bytes; timestamp.json is what changes.
const char* cache_control(std::string_view path) {
  const auto name = path.substr(path.rfind('/') + 1);
  const auto prefix = name.substr(0, name.find('.'));
  const bool version = !prefix.empty() && prefix.find_first_not_of("0123456789") == prefix.npos;
  const bool hash = prefix.size() == 64 && prefix.find_first_not_of("0123456789abcdef") == prefix.npos;
  return version || hash ? "public, max-age=31536000, immutable" : "no-cache";
}

/// Errors of the machine, not of the request: too many open files, a failing disk.
FileResponse unavailable(int problem) {
  spdlog::error("open a file of the repository: {}", std::strerror(problem));
  FileResponse failed{
      error_response(503, "repository.unavailable", "the file cannot be read now; try later")};
  failed.response.headers["Retry-After"] = "60";
  return failed;
}

FileResponse answer(OpenFile file, const std::string& etag, const Request& request, std::string_view path) {
  FileResponse answer;
  auto& headers = answer.response.headers;
  headers["ETag"] = etag;
  headers["Accept-Ranges"] = "bytes";
  headers["Cache-Control"] = cache_control(path);
  if (!request.if_none_match.empty() && etag_listed(request.if_none_match, etag)) {
    answer.response.status = 304;
    return answer;
  }
  const bool range_applies = request.if_range.empty() || request.if_range == etag;
  const auto choice = choose_range(range_applies ? request.range : std::string_view{}, file.size());
  if (choice.kind == RangeKind::kUnsatisfiable) {
    answer.response = error_response(416, "request.range", "the range lies outside the file");
    answer.response.headers["Content-Range"] = fmt::format("bytes */{}", file.size());
    return answer;
  }
  headers["Content-Type"] = path.ends_with(".json") ? "application/json" : "application/octet-stream";
  headers["X-Content-Type-Options"] = "nosniff";
  if (choice.kind == RangeKind::kPart) {
    answer.response.status = 206;
    answer.range = choice.range;
    headers["Content-Range"] =
        fmt::format("bytes {}-{}/{}", choice.range.first, choice.range.last, file.size());
  } else if (file.size() > 0) {
    answer.range = {0, file.size() - 1};
  }
  // An empty file has no byte range; it is an empty body like any other.
  if (file.size() > 0) answer.file = std::move(file);
  return answer;
}

/// A small file's bytes, if all of them are there.
FileCache::Bytes whole(const OpenFile& file) {
  if (file.size() > FileCache::kLargest) return nullptr;
  auto bytes = std::make_shared<std::string>(static_cast<std::size_t>(file.size()), '\0');
  const auto count = file.read(0, *bytes);
  return count && *count == file.size() ? std::move(bytes) : nullptr;
}

}  // namespace

OpenFile::~OpenFile() {
  if (fd_ >= 0) ::close(fd_);
}

Result<std::size_t> OpenFile::read(std::uint64_t offset, std::span<char> buffer) const {
  if (bytes_) return bytes_->copy(buffer.data(), buffer.size(), static_cast<std::size_t>(offset));
  for (;;) {
    const ssize_t count = ::pread(fd_, buffer.data(), buffer.size(), static_cast<off_t>(offset));
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR) return fail_errno("repository.unavailable", "read a file of the repository");
  }
}

Result<StaticFiles> StaticFiles::open(const std::filesystem::path& folder) {
  const int fd = ::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return fail_errno("server.repository", "open the repository " + folder.string());
  StaticFiles files(fd);
  // Some sandboxes forbid openat2; better to say so now than to answer 404 for every file.
  const int probe = open_beneath(fd, ".");
  if (probe < 0) {
    return fail_errno("server.repository", "open the repository " + folder.string(),
                      "openat2(2) must be allowed (Linux 5.6 or later) and the folder readable");
  }
  ::close(probe);
  return files;
}

StaticFiles::~StaticFiles() {
  if (folder_ >= 0) ::close(folder_);
}

FileResponse StaticFiles::handle(const Request& request, std::string_view path) const {
  if (request.method != "GET" && request.method != "HEAD") {
    FileResponse refused{error_response(405, "request.method", "allowed here: GET, HEAD")};
    refused.response.headers["Allow"] = "GET, HEAD";
    return refused;
  }
  const std::string name(path);
  struct stat status {};
  // Wherever the name leads: what is in memory was opened inside the folder.
  if (::fstatat(folder_, name.c_str(), &status, 0) == 0) {
    if (auto bytes = cache_->find(name, status)) {
      return answer(OpenFile(std::move(bytes)), etag_of(status), request, path);
    }
  }
  const int fd = open_beneath(folder_, name);
  if (fd < 0) {
    const bool machine = errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == EIO;
    return machine ? unavailable(errno) : absent();
  }
  if (::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
    ::close(fd);
    return absent();
  }
  OpenFile file(fd, static_cast<std::uint64_t>(status.st_size));
  if (auto bytes = whole(file)) cache_->keep(name, status, std::move(bytes));
  return answer(std::move(file), etag_of(status), request, path);
}

}  // namespace suture::server
