// SPDX-License-Identifier: Apache-2.0
//
// What builds make again and again and need not: answers of kbuild, objects. A key says all that the value
// depends on, so nothing in it is ever wrong, only old. What cannot be read, or was damaged, is not there;
// what cannot be written is made anew the next time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"

namespace suture {

/// What commands let a store's cache grow to.
inline constexpr std::uintmax_t kLargestBuildCache = 2'000'000'000;

class BuildCache {
 public:
  /// Keeps nothing.
  BuildCache() = default;
  explicit BuildCache(std::filesystem::path folder) : folder_(std::move(folder)) {}

  bool exists() const { return !folder_.empty(); }
  std::optional<Bytes> find(std::string_view key) const;
  void keep(std::string_view key, ByteView value) const;
  /// Removes what was not used for longest until the rest fits.
  void shrink(std::uintmax_t bytes) const;

  /// Of all parts; no two lists have the same.
  static std::string key_of(const std::vector<std::string_view>& parts);

 private:
  std::filesystem::path path_of(std::string_view key) const;
  std::filesystem::path folder_;
};

}  // namespace suture
