// SPDX-License-Identifier: Apache-2.0
//
// The list of changes of a publisher of CSAF, and the configuration of the watch; the first byte says which.
#include <cstdlib>
#include <set>

#include "advisory/csaf_changes.h"
#include "advisory/watch_config.h"
#include "base/file.h"

namespace {

void read_changes(std::string_view text) {
  std::set<std::string> names;
  for (const suture::FeedDocument& document : suture::read_csaf_changes(text)) {
    if (document.name.empty() || document.name.front() == '/' || document.fingerprint.empty()) std::abort();
    if (document.name.find("..") != std::string::npos) std::abort();
    if (!names.insert(document.name).second) std::abort();
  }
}

void read_config(std::string_view text) {
  const auto config = suture::parse_watch_config(text, "watch.toml");
  if (!config) return;
  for (const suture::WatchSource& source : config->sources) {
    if (source.name.empty() || source.location.empty()) std::abort();
    // What would be an option of git's, or a command.
    if (source.location.front() == '-' || source.branch.starts_with('-')) std::abort();
    if (source.location.find("ext::") == 0 || source.below.starts_with('/')) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text = suture::as_text({data + 1, size - 1});
  data[0] % 2 == 0 ? read_changes(text) : read_config(text);
  return 0;
}
