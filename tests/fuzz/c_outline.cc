// SPDX-License-Identifier: Apache-2.0
//
// Whole files of C and assembly, of any length: what is defined must lie within the text, in order, and be
// found by its lines; what stands behind must not change where a file's first items begin.
#include <algorithm>
#include <cstdlib>

#include "base/file.h"
#include "source/c_outline.h"

using namespace suture;

namespace {

void check(std::string_view path, std::string_view text, OutlineOf extent) {
  const auto lines = static_cast<std::size_t>(std::ranges::count(text, '\n')) + 1;
  const std::vector<OutlineItem> outline = outline_of(path, text, extent);
  if (!std::ranges::is_sorted(outline, {}, &OutlineItem::first_line)) std::abort();
  for (const OutlineItem& item : outline) {
    if (item.name.empty() && !path.ends_with(".S")) std::abort();
    if (item.first_line == 0 || item.first_line > item.last_line || item.last_line > lines) std::abort();
    const OutlineItem* found = item_at(outline, item.first_line);
    if (found == nullptr || found->first_line > item.first_line || found->last_line < item.first_line)
      std::abort();
  }
  if (item_at(outline, 0) != nullptr || item_at(outline, static_cast<std::uint32_t>(lines) + 1) != nullptr)
    std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text({data, size});
  for (const OutlineOf extent : {OutlineOf::kFile, OutlineOf::kPart}) {
    for (const char* path : {"a.c", "a.h", "a.S"}) check(path, text, extent);
  }
  if (!outline_of("a.rs", text).empty()) std::abort();
  return 0;
}
