// SPDX-License-Identifier: Apache-2.0
//
// `suture watch`: one subcommand a file. All of them have the options of `suture watch` itself (--config,
// --store), which may stand before or behind the subcommand's name.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "advisory/advisory_store.h"
#include "advisory/watch_config.h"
#include "advisory/watch_queue.h"
#include "cli/command.h"

namespace suture::cli {

struct WatchOptions {
  std::string config = kDefaultWatchConfig;
  std::string store{};  ///< file; empty: the configuration's
};
using SharedWatchOptions = std::shared_ptr<const WatchOptions>;

/// The settings; those of this program where the default file is not there.
Result<WatchConfig> watch_config(const WatchOptions& options);
/// The advisories that syncs have stored. "watch.no-store" when there was no sync yet.
Result<AdvisoryStore> open_advisories(const WatchOptions& options);

// Each adds its subcommand to `suture watch`.
void add_watch_sync(CLI::App& watch, const SharedWatchOptions& options, Invocation& invocation);
void add_watch_follow(CLI::App& watch, const SharedWatchOptions& options, Invocation& invocation);
void add_watch_list(CLI::App& watch, const SharedWatchOptions& options, Invocation& invocation);
void add_watch_show(CLI::App& watch, const SharedWatchOptions& options, Invocation& invocation);
void add_watch_queue(CLI::App& watch, const SharedWatchOptions& options, Invocation& invocation);

/// Says for which targets a fix is to be made, now that an advisory is new or has changed: what `suture watch
/// follow` puts into the queue. Nothing: none is affected, or it is not known yet.
using WatchMatcher = std::function<Result<std::vector<QueuedFix>>(const Advisory& advisory)>;

/// Of the targets that the configuration names (watch_matcher.cc). An empty function when it names none:
/// advisories then wait in the store until it does.
Result<WatchMatcher> watch_matcher(const WatchOptions& options);

}  // namespace suture::cli
