// SPDX-License-Identifier: Apache-2.0
//
// Fixes come from anywhere. What the reader passes on to patch(1) must be read by it again as the same
// changes, and no path may leave the tree.
#include "build/fix.h"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace suture;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto fix = parse_fix(text, "input");
  if (!fix) return 0;
  std::string diff;
  for (const DiffFile& file : fix->files) {
    diff += file.diff;
    if (file.path.starts_with('/') || ("/" + file.path + "/").find("/../") != std::string::npos) std::abort();
  }
  const auto again = parse_fix(diff, "input");
  if (!again || again->files.size() != fix->files.size()) std::abort();
  for (std::size_t i = 0; i < fix->files.size(); ++i) {
    const DiffFile& one = fix->files[i];
    const DiffFile& other = again->files[i];
    if (one.path != other.path || one.change != other.change || one.hunks != other.hunks) std::abort();
  }
  static_cast<void>(files_touched_by({*fix}));
  return 0;
}
