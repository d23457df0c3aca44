// SPDX-License-Identifier: Apache-2.0
//
// A table of lines. The first byte tells where texts end, and the table begins.
#include "delta/debug_lines.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const suture::ByteView rest(data + 1, size - 1);
  const std::size_t texts = std::min<std::size_t>(data[0], rest.size());
  const suture::DebugLines lines(
      rest.subspan(texts), 0,
      {.info = {}, .abbreviations = {}, .strings = rest.first(texts), .line_strings = rest.first(texts)});
  for (std::uint64_t address = 0; address < 64; ++address) {
    if (const auto place = lines.at(address)) lines.file(place->file, "/folder");
  }
  return 0;
}
