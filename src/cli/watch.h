// SPDX-License-Identifier: Apache-2.0
//
// `suture watch`: one subcommand a file. All of them have the options of `suture watch` itself (--config,
// --advisories), which may stand before or behind the subcommand's name.
#pragma once

#include <memory>
#include <string>

#include "advisory/advisory_store.h"
#include "advisory/follow.h"
#include "advisory/watch_config.h"
#include "cli/command.h"

namespace suture::cli {

struct WatchOptions {
  std::string config = kDefaultWatchConfig;
  std::string advisories{};  ///< the store's file; empty: the configuration's
};
using SharedWatchOptions = std::shared_ptr<const WatchOptions>;

/// The settings.
Result<WatchConfig> watch_config(const WatchOptions& options);
/// The advisories that syncs have stored. "watch.no-store" when there was no sync yet.
Result<AdvisoryStore> open_advisories(const WatchOptions& options);

// Each adds its subcommand to `suture watch`.
void add_watch_sync(CLI::App& watch, const SharedWatchOptions& options, Invocation& invocation);
void add_watch_follow(CLI::App& watch, const SharedWatchOptions& options, Invocation& invocation);
void add_watch_list(CLI::App& watch, const SharedWatchOptions& options, Invocation& invocation);
void add_watch_show(CLI::App& watch, const SharedWatchOptions& options, Invocation& invocation);
void add_watch_sources(CLI::App& watch, const SharedWatchOptions& options, Invocation& invocation);
void add_watch_affected(CLI::App& watch, const SharedWatchOptions& options, Invocation& invocation);
void add_watch_explain(CLI::App& watch, const SharedWatchOptions& options, Invocation& invocation);
void add_watch_report(CLI::App& watch, const SharedWatchOptions& options, Invocation& invocation);
/// queue, want, take, keep, finish, lose
void add_watch_queue(CLI::App& watch, const SharedWatchOptions& options, Invocation& invocation);

/// What `suture watch follow` asks for each advisory that is new or has changed (watch_matcher.cc). An empty
/// function when there is nobody to ask: all of them then count as not looked at yet.
Result<WatchMatcher> watch_matcher(const WatchOptions& options);

}  // namespace suture::cli
