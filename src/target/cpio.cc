// SPDX-License-Identifier: Apache-2.0
//
// The format: cpio(5), "New ASCII Format". A header of 110 characters, the name, the data, the latter two
// each padded to 4 bytes from the beginning of the archive; the entry named TRAILER!!! ends it.
#include "target/cpio.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace suture {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kHeader = 110;
constexpr std::size_t kMagic = 6;
constexpr std::size_t kDigits = 8;
constexpr std::uint64_t kLongestName = 4096;
constexpr std::size_t kBuffer = 1u << 20;
constexpr std::string_view kTrailer = "TRAILER!!!";

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

struct Entry {
  std::uint64_t inode = 0, mode = 0, links = 0, size = 0, major = 0, minor = 0;
  std::string name;
};

std::unexpected<Error> damaged(std::string why) {
  return fail("target.package-damaged", "unpack the package", std::move(why), "Fetch it again.");
}

std::unexpected<Error> unsafe(const std::string& name, std::string why) {
  std::string shown = name;
  std::ranges::replace_if(
      shown, [](unsigned char c) { return c < ' ' || c == 0x7f; }, '?');
  return fail("target.package-unsafe", "unpack \"" + shown + "\"", std::move(why),
              "No kernel's package holds such a thing; do not trust this one.");
}

/// The components of a path from the archive.
Result<std::vector<std::string>> components_of(const std::string& name) {
  if (name.starts_with('/')) return unsafe(name, "the path is absolute");
  if (std::ranges::any_of(name, [](unsigned char c) { return c < ' ' || c == 0x7f; }))
    return unsafe(name, "the path holds control characters");
  std::vector<std::string> components;
  for (const fs::path& part : fs::path(name)) {
    if (part.empty() || part == ".") continue;
    if (part == "..") return unsafe(name, "the path leads out of the package");
    components.push_back(part.string());
  }
  return components;
}

class Unpacker {
 public:
  Unpacker(std::istream& archive, const CpioLimits& limits) : archive_(archive), limits_(limits) {}
  Result<void> run(const fs::path& root);

 private:
  using Components = std::vector<std::string>;
  Result<void> read(char* to, std::uint64_t size);
  Result<void> skip_padding();
  Result<Entry> read_entry();
  Result<void> unpack(const Entry& entry);
  Result<Descriptor> open_folder(const Components& path, std::size_t depth) const;
  Result<void> make_file(const Entry& entry, const Components& path);
  Result<void> copy_data(const Entry& entry, int file);
  Result<void> make_link(const Entry& entry, const Components& path);
  Result<void> name_again(const Entry& entry, const Components& path);

  std::istream& archive_;
  CpioLimits limits_;
  Descriptor root_{-1};
  std::uint64_t position_ = 0;
  std::uint64_t bytes_ = 0;
  /// Files of several names: the data comes with the last one.
  std::map<std::array<std::uint64_t, 3>, std::vector<Components>> waiting_;
};

Result<void> Unpacker::read(char* to, std::uint64_t size) {
  archive_.read(to, static_cast<std::streamsize>(size));
  if (static_cast<std::uint64_t>(archive_.gcount()) != size) return damaged("it ends in the middle");
  position_ += size;
  return {};
}

Result<void> Unpacker::skip_padding() {
  std::array<char, 4> padding{};
  return read(padding.data(), (4 - position_ % 4) % 4);
}

Result<Entry> Unpacker::read_entry() {
  std::array<char, kHeader> header{};
  TRY(read(header.data(), header.size()));
  const std::string_view text(header.data(), header.size());
  if (!text.starts_with("070701") && !text.starts_with("070702")) return damaged("it is no cpio archive");
  std::array<std::uint64_t, (kHeader - kMagic) / kDigits> fields{};
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const std::string_view digits = text.substr(kMagic + i * kDigits, kDigits);
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), fields[i], 16);
    if (parsed.ec != std::errc{} || parsed.ptr != digits.data() + digits.size())
      return damaged("a field is no number");
  }
  // ino mode uid gid nlink mtime filesize devmajor devminor rdevmajor rdevminor namesize check
  Entry entry{fields[0], fields[1], fields[4], fields[6], fields[7], fields[8], {}};
  const std::uint64_t length = fields[11];
  if (length == 0 || length > kLongestName) return damaged("a name has no sensible length");
  entry.name.resize(length);
  TRY(read(entry.name.data(), length));
  TRY(skip_padding());
  if (entry.name.back() != '\0') return damaged("a name does not end");
  entry.name.pop_back();
  if (entry.name.contains('\0')) return unsafe(entry.name, "the path holds control characters");
  return entry;
}

/// The folder of the first `depth` components, made if need be.
Result<Descriptor> Unpacker::open_folder(const Components& path, std::size_t depth) const {
  constexpr int kFlags = O_DIRECTORY | O_NOFOLLOW | O_RDONLY | O_CLOEXEC;
  Descriptor folder(::openat(root_.get(), ".", kFlags));
  for (std::size_t i = 0; i < depth; ++i) {
    if (::mkdirat(folder.get(), path[i].c_str(), 0755) != 0 && errno != EEXIST)
      return fail_errno("file.unwritable", "make the folder " + path[i]);
    Descriptor next(::openat(folder.get(), path[i].c_str(), kFlags));
    if (next.get() < 0 && (errno == ELOOP || errno == ENOTDIR))
      return unsafe(path[i], "it is used as a folder, but is a link or a file");
    if (next.get() < 0) return fail_errno("file.unreadable", "open the folder " + path[i]);
    folder = std::move(next);
  }
  return folder;
}

Result<void> Unpacker::copy_data(const Entry& entry, int file) {
  std::vector<char> buffer(std::min<std::uint64_t>(kBuffer, entry.size));
  for (std::uint64_t left = entry.size; left > 0;) {
    const std::size_t size = std::min<std::uint64_t>(left, buffer.size());
    TRY(read(buffer.data(), size));
    for (std::size_t done = 0; done < size;) {
      const ssize_t wrote = ::write(file, buffer.data() + done, size - done);
      if (wrote < 0 && errno != EINTR) return fail_errno("file.unwritable", "write " + entry.name);
      if (wrote > 0) done += static_cast<std::size_t>(wrote);
    }
    left -= size;
  }
  return skip_padding();
}

/// Gives a file that is there one more name, or makes an empty one.
Result<void> Unpacker::name_again(const Entry& entry, const Components& path) {
  const Descriptor folder = TRY(open_folder(path, path.size() - 1));
  for (const Components& other : std::exchange(waiting_[{entry.major, entry.minor, entry.inode}], {})) {
    const Descriptor other_folder = TRY(open_folder(other, other.size() - 1));
    ::unlinkat(other_folder.get(), other.back().c_str(), 0);
    if (::linkat(folder.get(), path.back().c_str(), other_folder.get(), other.back().c_str(), 0) != 0)
      return fail_errno("file.unwritable", "link " + other.back());
  }
  return {};
}

Result<void> Unpacker::make_file(const Entry& entry, const Components& path) {
  const Descriptor folder = TRY(open_folder(path, path.size() - 1));
  // Packages of one kernel may share a file. What is there may be a link: away with it, never through it.
  if (::unlinkat(folder.get(), path.back().c_str(), 0) != 0 && errno == EISDIR)
    return unsafe(entry.name, "it is a file and a folder");
  const mode_t mode = (entry.mode & 0111) != 0 ? 0755 : 0644;
  const Descriptor file(::openat(folder.get(), path.back().c_str(),
                                 O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
  if (file.get() < 0) return fail_errno("file.unwritable", "write " + entry.name);
  TRY(copy_data(entry, file.get()));
  if (entry.links < 2) return {};
  auto& waiting = waiting_[{entry.major, entry.minor, entry.inode}];
  if (entry.size != 0) return name_again(entry, path);
  waiting.push_back(path);
  return {};
}

Result<void> Unpacker::make_link(const Entry& entry, const Components& path) {
  if (entry.size == 0 || entry.size > kLongestName) return damaged("a link has no sensible length");
  std::string target(entry.size, '\0');
  TRY(read(target.data(), target.size()));
  TRY(skip_padding());
  if (target.contains('\0')) return damaged("a link holds a zero byte");
  fs::path link;
  for (const std::string& part : path) link /= part;
  if (!link_stays_inside(link, target)) return {};
  const Descriptor folder = TRY(open_folder(path, path.size() - 1));
  ::unlinkat(folder.get(), path.back().c_str(), 0);
  if (::symlinkat(target.c_str(), folder.get(), path.back().c_str()) != 0)
    return fail_errno("file.unwritable", "make the link " + entry.name);
  return {};
}

Result<void> Unpacker::unpack(const Entry& entry) {
  bytes_ += entry.size;
  if (bytes_ > limits_.bytes) {
    return fail("target.package-too-large", "unpack the package",
                "it holds more than " + std::to_string(limits_.bytes) + " bytes");
  }
  const Components path = TRY(components_of(entry.name));
  const auto type = static_cast<mode_t>(entry.mode & S_IFMT);
  if (type == S_IFDIR) {
    if (entry.size != 0) return damaged("a folder has data");
    TRY(open_folder(path, path.size()));
    return {};
  }
  if (path.empty()) return unsafe(entry.name, "the package's own folder is no folder");
  if (type == S_IFREG) return make_file(entry, path);
  if (type == S_IFLNK) return make_link(entry, path);
  return unsafe(entry.name, "it is neither file, folder nor link");
}

Result<void> Unpacker::run(const fs::path& root) {
  root_ = Descriptor(::open(root.c_str(), O_DIRECTORY | O_RDONLY | O_CLOEXEC));
  if (root_.get() < 0) return fail_errno("file.unwritable", "open the folder " + root.string());
  for (std::uint64_t entries = 0;; ++entries) {
    const Entry entry = TRY(read_entry());
    if (entry.name == kTrailer) return {};
    if (entries == limits_.entries) {
      return fail("target.package-too-large", "unpack the package",
                  "it holds more than " + std::to_string(limits_.entries) + " files");
    }
    TRY(unpack(entry));
  }
}

}  // namespace

bool link_stays_inside(const fs::path& link, const fs::path& target) {
  if (target.is_absolute()) return false;
  auto depth = std::ranges::distance(link) - 1;
  bool down = false;
  for (const fs::path& part : target) {
    if (part == "..") {
      // After a step down, this may be the parent of what another link leads to.
      if (down || depth == 0) return false;
      --depth;
    } else if (!part.empty() && part != ".") {
      down = true;
    }
  }
  return true;
}

Result<void> unpack_cpio(std::istream& archive, const fs::path& root, const CpioLimits& limits) {
  return Unpacker(archive, limits).run(root);
}

}  // namespace suture
