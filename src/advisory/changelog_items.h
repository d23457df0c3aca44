// SPDX-License-Identifier: Apache-2.0
//
// The items of a Debian changelog's entries: what a bullet begins, with the lines that go on behind it.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace suture {

/// Of one entry, line by line.
class ChangelogItems {
 public:
  using Sink = std::function<void(const std::string& item)>;
  explicit ChangelogItems(Sink sink) : sink_(std::move(sink)) {}

  void add(std::string_view line);
  void end();
  /// An item had no end; what came behind its beginning was left out.
  bool too_long() const { return too_long_; }

 private:
  Sink sink_;
  std::string item_;
  std::size_t column_ = 0;  ///< of its bullet
  bool too_long_ = false;
};

/// Bytes of one, unpacked; a kernel's has three million.
inline constexpr std::size_t kLargestChangelog = 64u << 20;

struct ChangelogItem {
  std::string subject{};            ///< as subject_of_item() has it
  std::vector<std::string> cves{};  ///< that it names
};

/// All items of the entries above that of `version`, in the changelog's order. "advisory.changelog" when no
/// entry is of that version, or it is not a changelog that somebody could have written.
Result<std::vector<ChangelogItem>> items_since(std::string_view changelog, std::string_view version);

}  // namespace suture
