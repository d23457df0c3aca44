// SPDX-License-Identifier: Apache-2.0
#include "qualify/cpio.h"

#include <fmt/format.h>
#include <sys/stat.h>

namespace suture {
namespace {

void pad(Bytes& bytes) {
  bytes.resize((bytes.size() + 3) / 4 * 4);
}

void append(Bytes& bytes, std::string_view text) {
  bytes.insert(bytes.end(), text.begin(), text.end());
}

}  // namespace

void CpioArchive::add_folder(const std::string& path, unsigned mode) {
  if (path.empty() || paths_.contains(path)) return;
  add_parents(path);
  add_entry(path, S_IFDIR | mode, {});
}

void CpioArchive::add_file(const std::string& path, ByteView content, unsigned mode) {
  if (paths_.contains(path)) return;
  add_parents(path);
  add_entry(path, S_IFREG | mode, content);
}

void CpioArchive::add_link(const std::string& path, std::string_view target) {
  if (paths_.contains(path)) return;
  add_parents(path);
  add_entry(path, S_IFLNK | 0777, as_bytes(target));
}

void CpioArchive::add_device(const std::string& path, unsigned major, unsigned minor) {
  add_parents(path);
  add_entry(path, S_IFCHR | 0600, {}, major, minor);
}

void CpioArchive::add_parents(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash != std::string::npos) add_folder(path.substr(0, slash));
}

void CpioArchive::add_entry(const std::string& path, unsigned mode, ByteView content, unsigned major,
                            unsigned minor) {
  paths_.insert(path);
  // magic, inode, mode, uid, gid, links, mtime, size, device of the file, device of a device node, name,
  // checksum
  append(
      bytes_,
      fmt::format("070701{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}",
                  paths_.size(), mode, 0, 0, 1, 0, content.size(), 0, 0, major, minor, path.size() + 1, 0));
  append(bytes_, path);
  bytes_.push_back(0);
  pad(bytes_);
  bytes_.insert(bytes_.end(), content.begin(), content.end());
  pad(bytes_);
}

Bytes CpioArchive::finish() && {
  add_entry("TRAILER!!!", 0, {});
  return std::move(bytes_);
}

}  // namespace suture
