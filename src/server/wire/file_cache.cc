// SPDX-License-Identifier: Apache-2.0
#include "server/wire/file_cache.h"

#include <ctime>

namespace suture::server {
namespace {

bool same(const timespec& one, const timespec& other) {
  return one.tv_sec == other.tv_sec && one.tv_nsec == other.tv_nsec;
}

bool same_file(const struct stat& one, const struct stat& other) {
  return one.st_dev == other.st_dev && one.st_ino == other.st_ino && one.st_size == other.st_size &&
         same(one.st_mtim, other.st_mtim) && same(one.st_ctim, other.st_ctim);
}

}  // namespace

FileCache::Bytes FileCache::find(std::string_view path, const struct stat& status) {
  const std::lock_guard lock(mutex_);
  const auto entry = entries_.find(path);
  if (entry == entries_.end()) return nullptr;
  if (same_file(entry->second.status, status)) return entry->second.bytes;
  entries_.erase(entry);
  return nullptr;
}

void FileCache::keep(std::string_view path, const struct stat& status, Bytes bytes) {
  if (bytes->size() > kLargest || status.st_ctim.tv_sec + 1 >= std::time(nullptr)) return;
  const std::lock_guard lock(mutex_);
  // What is asked for again is here again at once.
  if (entries_.size() >= kMost) entries_.clear();
  entries_.insert_or_assign(std::string(path), Entry{status, std::move(bytes)});
}

}  // namespace suture::server
