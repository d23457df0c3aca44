// SPDX-License-Identifier: Apache-2.0
//
// Paths that differ from one build to the next, or between machines, by names that do not: so that two texts
// which say the same are equal.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace suture {

class Places {
 public:
  /// Of two that begin alike the longer one is found, whatever the order. Empty paths are nothing.
  void add(const std::filesystem::path& path, std::string_view name);
  std::string hide(std::string_view text) const;
  std::string show(std::string_view text) const;

 private:
  std::vector<std::pair<std::string, std::string>> names_;  ///< path and what stands for it, longest first
};

}  // namespace suture
