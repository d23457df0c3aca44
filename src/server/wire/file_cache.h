// SPDX-License-Identifier: Apache-2.0
//
// Small files that are asked for again and again, in memory: opening one takes the kernel as long as all else
// that an answer takes us. What is here is served only while the file system says that the name still leads
// to the very file, unchanged; so nothing is ever older than it.
#pragma once

#include <sys/stat.h>

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace suture::server {

class FileCache {
 public:
  using Bytes = std::shared_ptr<const std::string>;
  static constexpr std::size_t kLargest = 64u << 10;

  /// The file's bytes, if they are known for what `status` says of it. From any thread.
  Bytes find(std::string_view path, const struct stat& status);
  /// `status` is of before the bytes were read. Not kept: what is large, and what was changed just now, since
  /// the next change might show the same time.
  void keep(std::string_view path, const struct stat& status, Bytes bytes);

 private:
  /// 4 MiB at most.
  static constexpr std::size_t kMost = 64;

  struct Entry {
    struct stat status {};
    Bytes bytes{};
  };
  std::mutex mutex_;
  std::map<std::string, Entry, std::less<>> entries_;
};

}  // namespace suture::server
