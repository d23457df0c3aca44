// SPDX-License-Identifier: Apache-2.0
#include "cli/watch.h"

namespace suture::cli {

// Nothing here compares a target's source with advisories: what is to be fixed is queued by `suture watch
// want`.
Result<WatchMatcher> watch_matcher(const WatchOptions&) {
  return WatchMatcher();
}

}  // namespace suture::cli
