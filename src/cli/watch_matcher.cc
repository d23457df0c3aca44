// SPDX-License-Identifier: Apache-2.0
#include "cli/watch.h"

namespace suture::cli {

Result<WatchMatcher> watch_matcher(const WatchOptions& options) {
  TRY(watch_config(options));
  return WatchMatcher();
}

}  // namespace suture::cli
