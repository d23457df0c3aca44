// SPDX-License-Identifier: Apache-2.0
//
// Any bytes are code, in either syntax: no line goes missing, on no way through the comparison. The input is
// cut in two where its first byte says.
#include "delta/disassembly.h"

#include <cstdlib>

#include "delta/code_diff.h"

using namespace suture;

namespace {

void expect(bool holds) {
  if (!holds) std::abort();
}

std::optional<PlaceName> every_other(const CodeField& field) {
  if (field.value % 2 == 0) return std::nullopt;
  return PlaceName{.text = "place", .key = "place"};
}

Listing listing_of(ByteView code, Syntax syntax) {
  Listing listing = disassemble(code, 0x1000, every_other, syntax);
  std::uint64_t next = 0;
  for (const CodeLine& line : listing.lines) {
    expect(line.offset == next && line.size > 0);
    expect(line.target == kNoLine || line.target < listing.lines.size());
    next += line.size;
  }
  expect(next == code.size());
  return listing;
}

void compare(const Listing& before, const Listing& after) {
  std::size_t next_before = 0;
  std::size_t next_after = 0;
  const auto rows = align_code(before, after);
  for (const CodeRow& row : rows) {
    expect(row.before == kNoLine || row.before == next_before++);
    expect(row.after == kNoLine || row.after == next_after++);
  }
  expect(next_before == before.lines.size() && next_after == after.lines.size());
  const CodeLabels labels = label_code(before, after, rows);
  for (const CodeLine& line : after.lines) expect(!line_text(line, labels.after).empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView input(data + 1, size - 1);
  const ByteView before = input.first(input.size() * data[0] / 255);
  const ByteView after = input.subspan(before.size());
  for (const Syntax syntax : {Syntax::kAtt, Syntax::kIntel})
    compare(listing_of(before, syntax), listing_of(after, syntax));
  return 0;
}
