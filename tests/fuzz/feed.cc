// SPDX-License-Identifier: Apache-2.0
//
// Feeds of each format; the first byte says which; and their bytes as a changelog's items. What is passed on
// must keep the bounds that the store and the terminal rely on, and must survive being written and read
// again.
#include <algorithm>
#include <cstdlib>

#include "advisory/advisory.h"
#include "advisory/changelog_items.h"
#include "advisory/contradiction.h"
#include "advisory/reader.h"
#include "advisory/record.h"
#include "base/cve_id.h"
#include "base/file.h"
#include "base/json.h"

namespace {

void check(const suture::Voice& voice) {
  if (!suture::is_cve_id(voice.cve) || voice.record.empty()) std::abort();
  if (voice.title.size() > suture::kMostTitle || voice.description.size() > suture::kMostDescription)
    std::abort();
  if (voice.title.find('\x1b') != std::string::npos || voice.description.find('\0') != std::string::npos)
    std::abort();
  if (!std::ranges::all_of(voice.files, suture::is_tree_path)) std::abort();
  if (!std::ranges::all_of(voice.fix_commits, suture::is_commit)) std::abort();
  const auto text = suture::to_json(voice).dump();
  const auto again = suture::voice_from_json(*suture::parse_json(text, "its copy", {.bytes = SIZE_MAX}));
  if (!again || *again != voice) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto formats = suture::feed_formats();
  const auto format = formats[data[0] % formats.size()];
  const std::string_view bytes = suture::as_text({data + 1, size - 1});
  std::vector<suture::SourcedVoice> voices;
  const auto sink = [&](const std::string& record, suture::ReadRecord read) -> suture::Result<void> {
    if (record.empty()) std::abort();
    if (!read && read.error().code != "advisory.record") std::abort();
    if (!read) return {};
    for (suture::Voice& voice : *read) {
      check(voice);
      if (voices.size() < 64) voices.push_back({voices.size() % 2 == 0 ? "one" : "other", std::move(voice)});
    }
    return {};
  };
  const auto end = suture::read_document(format, "input", bytes, sink);
  if (!end && end.error().code != "advisory.document") std::abort();
  (void)suture::find_contradictions(voices);
  if (const auto items = suture::items_since(bytes, "6.1.170-3")) {
    for (const suture::ChangelogItem& item : *items) {
      if (item.subject.empty() && item.cves.empty()) std::abort();
      if (!std::ranges::all_of(item.cves, suture::is_cve_id)) std::abort();
    }
  }
  return 0;
}
