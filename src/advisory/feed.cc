// SPDX-License-Identifier: Apache-2.0
#include "advisory/feed.h"

namespace suture {

Result<std::unique_ptr<Feed>> open_feed(const WatchConfig& config, const WatchSource& source, Time now) {
  switch (source.kind) {
    case PlaceKind::kFolder:
      return folder_feed(source, now);
    case PlaceKind::kFile:
      return file_feed(source, now);
    case PlaceKind::kGit:
      return git_feed(config, source);
    case PlaceKind::kUrl:
      return source.location.ends_with('/') ? csaf_feed(config, source) : url_feed(config, source);
  }
  return fail("watch.config", "open the source " + source.name, "its kind of place is not known");
}

}  // namespace suture
