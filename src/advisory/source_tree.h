// SPDX-License-Identifier: Apache-2.0
//
// A kernel's source tree, and where in it a file is that another version calls otherwise.
#pragma once

#include <cstdint>
#include <filesystem>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "advisory/source_text.h"

namespace suture {

/// Reads what is asked for, and keeps the last few files. Not for several threads at once.
class SourceTree {
 public:
  explicit SourceTree(std::filesystem::path root) : root_(std::move(root)) {}

  const std::filesystem::path& root() const { return root_; }
  bool has(const std::string& path) const;
  /// Null when there is no such file, or it is larger than any source.
  std::shared_ptr<const SourceText> text(const std::string& path) const;
  /// The file itself, or what it may be called here: in a folder that is known to have moved (fs/cifs,
  /// fs/smb/client), or one of the same name that defines one of these items.
  std::vector<std::string> find(const std::string& path, const std::vector<std::string>& items) const;

 private:
  bool defines_one(const std::string& path, const std::vector<std::string>& items) const;
  const std::multimap<std::string, std::string, std::less<>>& by_name() const;

  std::filesystem::path root_;
  mutable std::list<std::pair<std::string, std::shared_ptr<const SourceText>>> kept_;
  mutable std::multimap<std::string, std::string, std::less<>> by_name_;
};

/// Source of what runs in the kernel: C, its headers and assembly, but not tools, documentation, samples.
bool is_kernel_code(std::string_view path);

}  // namespace suture
