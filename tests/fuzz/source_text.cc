// SPDX-License-Identifier: Apache-2.0
//
// A kernel's file as matching looks at it: tokens are in the text, on the lines that they say, in order;
// lines stand under conditions that were opened before them.
#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "advisory/config_condition.h"
#include "advisory/source_text.h"
#include "base/file.h"

using namespace suture;

namespace {

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    lines.emplace_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

void check_tokens(const std::vector<SourceToken>& tokens, const std::vector<std::string>& lines, bool whole) {
  std::uint32_t before = 1;
  for (const SourceToken& token : tokens) {
    if (token.text.empty() || token.line < before || token.line > lines.size()) std::abort();
    before = token.line;
    if (!whole) continue;
    // One that goes on behind a line's end begins on its line.
    const std::string first = token.text.substr(0, token.text.find('\n'));
    if (lines[token.line - 1].find(first) == std::string::npos) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text({data, size});
  const std::vector<std::string> lines = lines_of(text);
  const KernelConfig config{{"CONFIG_Y", "y"}, {"CONFIG_M", "m"}};
  for (const char* path : {"a.c", "a.S"}) {
    const SourceText source(path, text);
    check_tokens(source.tokens(), lines, true);
    for (const OutlineItem& item : source.items()) {
      const auto found = source.find(item.name);
      if (item.defined && std::ranges::find(found, &item) == found.end()) std::abort();
    }
    for (std::uint32_t line = 0; line < std::min<std::size_t>(lines.size() + 2, 64); ++line) {
      const OutlineItem* item = source.at(line);
      if (item != nullptr && (line < item->first_line || line > item->last_line)) std::abort();
      const auto conditions = source.conditions_at(line);
      if (line <= 1 && !conditions.empty()) std::abort();
      for (const std::string& condition : conditions) holds(condition, config);
    }
  }
  check_tokens(tokens_of_lines(lines), lines, false);
  return 0;
}
