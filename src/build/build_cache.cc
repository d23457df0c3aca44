// SPDX-License-Identifier: Apache-2.0
#include "build/build_cache.h"

#include <algorithm>
#include <chrono>

#include "base/hash.h"

namespace suture {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kLargest = 256u << 20;
constexpr std::size_t kDigits = 64;  // of a SHA-256

}  // namespace

std::string BuildCache::key_of(const std::vector<std::string_view>& parts) {
  std::string all = "suture " SUTURE_VERSION "\n";
  for (const std::string_view part : parts) all.append(std::to_string(part.size())).append("\n").append(part);
  return sha256_hex(as_bytes(all));
}

fs::path BuildCache::path_of(std::string_view key) const {
  return folder_ / key.substr(0, 2) / key;
}

/// A file holds the value's SHA-256, then the value.
std::optional<Bytes> BuildCache::find(std::string_view key) const {
  if (!exists()) return std::nullopt;
  auto file = read_file(path_of(key), kLargest);
  if (!file || file->size() < kDigits) return std::nullopt;
  const ByteView value = ByteView(*file).subspan(kDigits);
  if (as_text(ByteView(*file).first(kDigits)) != sha256_hex(value)) return std::nullopt;
  std::error_code ignored;
  fs::last_write_time(path_of(key), fs::file_time_type::clock::now(), ignored);
  file->erase(file->begin(), file->begin() + kDigits);
  return std::move(*file);
}

void BuildCache::keep(std::string_view key, ByteView value) const {
  if (!exists() || value.size() > kLargest - kDigits) return;
  const std::string sum = sha256_hex(value);
  Bytes file(sum.begin(), sum.end());
  file.insert(file.end(), value.begin(), value.end());
  // A full disk is no reason to fail a build.
  [[maybe_unused]] const Result<void> kept = write_file(path_of(key), file);
}

void BuildCache::shrink(std::uintmax_t bytes) const {
  struct Entry {
    fs::file_time_type used;
    std::uintmax_t size;
    fs::path path;
  };
  std::vector<Entry> entries;
  std::uintmax_t total = 0;
  std::error_code error;
  for (fs::recursive_directory_iterator entry(folder_, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code ignored;
    if (!entry->is_regular_file(ignored)) continue;
    entries.push_back({entry->last_write_time(ignored), entry->file_size(ignored), entry->path()});
    total += entries.back().size;
  }
  std::ranges::sort(entries, {}, &Entry::used);
  for (const Entry& entry : entries) {
    if (total <= bytes) break;
    fs::remove(entry.path, error);
    total -= entry.size;
  }
}

}  // namespace suture
