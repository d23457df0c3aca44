// SPDX-License-Identifier: Apache-2.0
//
// Debug information. The first two bytes tell where .debug_abbrev and .debug_str end in the rest.
#include "delta/debug_entries.h"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const suture::ByteView rest(data + 2, size - 2);
  const std::size_t first = std::min<std::size_t>(data[0], rest.size());
  const std::size_t second = std::min<std::size_t>(first + data[1], rest.size());
  const auto read = suture::read_debug_entries({.info = rest.subspan(second),
                                                .abbreviations = rest.first(first),
                                                .strings = rest.subspan(first, second - first),
                                                .line_strings = rest.subspan(first, second - first)});
  if (!read) return 0;
  for (std::size_t id = 0; id < read->entries.size(); ++id) {
    const suture::DebugEntry& entry = read->entries[id];
    if (entry.end <= id || entry.end > read->entries.size()) std::abort();
    if (entry.parent != suture::kNoEntry && entry.parent >= id) std::abort();
    for (const suture::EntryId other : {entry.type, entry.origin})
      if (other != suture::kNoEntry && other >= read->entries.size()) std::abort();
  }
  return 0;
}
