// SPDX-License-Identifier: Apache-2.0
//
// From what syncs change to what builders are to do.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "advisory/advisory_store.h"
#include "advisory/watch_queue.h"

namespace suture {

/// Says for which targets a fix is to be made, now that an advisory is new or has changed. Nothing: none is
/// affected, or it is not known yet.
using WatchMatcher = std::function<Result<std::vector<QueuedFix>>(const Advisory& advisory)>;

struct HandedOver {
  std::size_t looked_at = 0;
  std::size_t queued = 0;                                  ///< a builder has something new to do
  std::size_t withdrawn = 0;                               ///< targets that are not affected after all
  std::vector<std::pair<std::string, Error>> unmatched{};  ///< CVEs whose matching failed; they come again
                                                           ///< when a source says something else of them
};

/// All that has changed since the last call, into the queue. Goes on where a killed one was.
Result<HandedOver> hand_over(AdvisoryStore& store, const WatchMatcher& matcher, Time now);

}  // namespace suture
