// SPDX-License-Identifier: Apache-2.0
//
// Source and diffs as anybody may have written them: numbers must be in the text, and what is in a diff must
// come out of it once.
//
// The input: number of bytes of the file before (2 bytes), it, and the diff.
#include <algorithm>
#include <cstdlib>

#include "advisory/changed_parts.h"
#include "advisory/version_change.h"

using namespace suture;

namespace {

void check_outline(std::string_view path, std::string_view text) {
  const auto lines = static_cast<std::size_t>(std::ranges::count(text, '\n')) + 1;
  for (const OutlineOf extent : {OutlineOf::kFile, OutlineOf::kPart}) {
    const auto outline = outline_of(path, text, extent);
    for (const OutlineItem& item : outline) {
      if (item.first_line == 0 || item.last_line > lines) std::abort();
      if (item.first_line > item.last_line) std::abort();
    }
    for (std::uint32_t line = 0; line < std::min<std::size_t>(lines + 2, 64); ++line) {
      const OutlineItem* item = item_at(outline, line);
      if (item != nullptr && (line < item->first_line || line > item->last_line)) std::abort();
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  const std::size_t length = std::min<std::size_t>(data[0] | data[1] << 8, size - 2);
  const std::string before(all.substr(2, length));
  const std::string_view diff = all.substr(2 + length);
  check_outline("a.c", before);
  check_outline("a.S", before);
  const auto alone = read_changed_parts(diff, "read it");
  const auto with_text = read_changed_parts(
      diff, "read it", {.before = [&](const std::string&) { return std::optional(before); }, .after = {}});
  if (alone.has_value() != with_text.has_value()) std::abort();
  if (!alone) return 0;
  for (std::size_t i = 0; i < alone->size(); ++i) {
    if (alone->at(i).parts.size() != with_text->at(i).parts.size()) std::abort();
  }
  const std::string words(diff.substr(0, 200));
  const auto changes =
      changes_of_fixes(*alone, {{.title = words}, {.title = "net: x", .files = {alone->front().path}}}, "it");
  if (changes.size() != 2 || changes[1].files.empty()) std::abort();
  return 0;
}
