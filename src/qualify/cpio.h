// SPDX-License-Identifier: Apache-2.0
//
// A cpio archive in memory, as the kernel unpacks one into its first file system.
//
// Format: "newc", Documentation/driver-api/early-userspace/buffer-format.rst.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "base/file.h"

namespace suture {

/// Paths are relative to the root, without a leading slash; missing parent folders are added. The same calls
/// give the same bytes: no times, all owned by root.
class CpioArchive {
 public:
  void add_folder(const std::string& path, unsigned mode = 0755);
  void add_file(const std::string& path, ByteView content, unsigned mode = 0644);
  void add_link(const std::string& path, std::string_view target);
  void add_device(const std::string& path, unsigned major, unsigned minor);
  bool contains(const std::string& path) const { return paths_.contains(path); }
  /// Ends the archive.
  Bytes finish() &&;

 private:
  void add_parents(const std::string& path);
  void add_entry(const std::string& path, unsigned mode, ByteView content, unsigned major = 0,
                 unsigned minor = 0);

  Bytes bytes_;
  std::set<std::string> paths_;
};

}  // namespace suture
