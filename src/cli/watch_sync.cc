// SPDX-License-Identifier: Apache-2.0
//
// `suture watch sync`, `follow` and `sources`: from what is announced to the store.
#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "advisory/sync.h"
#include "base/error_json.h"
#include "base/json.h"
#include "base/terminal.h"
#include "cli/foreign_text.h"
#include "cli/watch.h"

namespace suture::cli {
namespace {

constexpr const char* kSyncExamples = R"(
Examples:
  suture watch sync
  suture watch sync kernel-cna kev                    only these two
  suture watch sync --json | jq '.sources[].records'
)";

constexpr const char* kFollowExamples = R"(
Examples:
  suture watch follow                                 until it is stopped; suture-watch.service does this
  suture watch follow --once                          one round, as from a timer
)";

constexpr const char* kSourcesExamples = R"(
Examples:
  suture watch sources
  suture watch sources --kept-aside                   what was not understood, and why
)";

/// Where a broken clock would have it sleep for ever.
constexpr std::chrono::seconds kLongestSleep = std::chrono::minutes(10);

struct SyncOptions {
  SharedWatchOptions watch;
  std::vector<std::string> names;
  bool once = false;
  bool kept_aside = false;
};

Result<AdvisoryStore> make_or_open(const WatchOptions& options, const WatchConfig& config) {
  return AdvisoryStore::open(options.advisories.empty() ? config.store()
                                                        : std::filesystem::path(options.advisories));
}

/// "4 added, 1 changed"
std::string words_for(const WrittenRecords& records) {
  std::vector<std::string> parts;
  const auto count = [&parts](std::size_t number, const char* what) {
    if (number > 0) parts.push_back(fmt::format("{} {}", number, what));
  };
  count(records.added, "added");
  count(records.changed, "changed");
  count(records.removed, "removed");
  count(records.kept_aside, "kept aside");
  return parts.empty() ? "nothing new" : fmt::format("{}", fmt::join(parts, ", "));
}

void print_line(const SourceReport& source) {
  fmt::print("{}: {} documents, {} read; {}\n", source.name, source.documents, source.read,
             words_for(source.records));
  if (source.problem) {
    fmt::print(stderr, "suture: {}: {}\n", source.name, source.problem->message());
  } else if (source.records.kept_aside > 0) {
    fmt::print(stderr, "suture: {}: `suture watch sources --kept-aside` shows what was not understood\n",
               source.name);
  }
}

bool has_problem(const SyncReport& report) {
  return std::ranges::any_of(report.sources, [](const auto& source) { return source.problem.has_value(); });
}

Result<SyncReport> run_sync(AdvisoryStore& store, const WatchConfig& config,
                            const std::vector<std::string>& names) {
  Progress progress("sync");
  return sync(store, config, names, wall_clock(),
              [&progress](const std::string& source, std::size_t done, std::size_t total) {
                progress.step(source, done, total);
              });
}

Result<int> sync_once(const SyncOptions& options, bool json) {
  const WatchConfig config = TRY(watch_config(*options.watch));
  AdvisoryStore store = TRY(make_or_open(*options.watch, config));
  const SyncReport report = TRY(run_sync(store, config, options.names));
  if (json) {
    Json sources = Json::array();
    for (const SourceReport& source : report.sources) sources.push_back(to_json(source));
    fmt::print("{}", json_text({{"sources", std::move(sources)}, {"forgotten", report.forgotten}}));
  } else {
    for (const SourceReport& source : report.sources) print_line(source);
    for (const std::string& name : report.forgotten) {
      fmt::print("{}: forgotten, since it is not configured any longer\n", name);
    }
  }
  return has_problem(report) ? kFailed : kOk;
}

/// What matching said is put into the queue, and told.
Result<void> fill_queue(AdvisoryStore& store, const WatchOptions& options) {
  const WatchMatcher matcher = TRY(watch_matcher(options));
  if (!matcher) return {};
  const HandedOver handed = TRY(hand_over(store, matcher, wall_clock()));
  for (const auto& [cve, error] : handed.unmatched) {
    fmt::print(stderr, "suture: {}: {}\n", cve, error.message());
  }
  if (handed.looked_at > 0) {
    fmt::print("{} advisories looked at: {} fixes queued, {} withdrawn\n", handed.looked_at, handed.queued,
               handed.withdrawn);
  }
  return {};
}

/// One round; how long to wait for the next. A source that fails is told of, and asked again when it is due.
Result<std::chrono::seconds> follow_round(AdvisoryStore& store, const WatchOptions& options) {
  const WatchConfig config = TRY(watch_config(options));
  DueSources due = TRY(due_sources(store, config, wall_clock()));
  if (!due.names.empty()) {
    const SyncReport report = TRY(run_sync(store, config, due.names));
    for (const SourceReport& source : report.sources) {
      if (source.problem || source.read > 0 || source.gone > 0) print_line(source);
    }
    due = TRY(due_sources(store, config, wall_clock()));
  }
  TRY(fill_queue(store, options));
  std::fflush(stdout);
  return std::clamp(due.next, std::chrono::seconds(1), kLongestSleep);
}

Result<int> follow(const SyncOptions& options, bool) {
  const WatchConfig config = TRY(watch_config(*options.watch));
  AdvisoryStore store = TRY(make_or_open(*options.watch, config));
  for (;;) {
    const auto wait = TRY(follow_round(store, *options.watch));
    if (options.once) return kOk;
    std::this_thread::sleep_for(wait);
  }
}

Result<int> print_kept_aside(AdvisoryStore& store, const std::string& source, bool json) {
  const auto all = TRY(store.kept_aside(source));
  if (json) {
    Json list = Json::array();
    for (const KeptAside& each : all) {
      list.push_back({{"source", each.source},
                      {"document", each.document},
                      {"record", each.record.empty() ? Json() : Json(each.record)},
                      {"code", each.code},
                      {"why", each.why},
                      {"since", each.since}});
    }
    fmt::print("{}", json_text({{"kept_aside", std::move(list)}}));
    return kOk;
  }
  if (all.empty()) {
    fmt::print("all was understood\n");
    return kOk;
  }
  std::vector<std::vector<std::string>> rows;
  for (const KeptAside& each : all) {
    rows.push_back({each.source, one_line(each.record.empty() ? each.document : each.record), each.since,
                    one_line(each.why)});
  }
  fmt::print("{}", table({"SOURCE", "RECORD", "SINCE", "WHY"}, rows));
  return kOk;
}

Result<int> sources(const SyncOptions& options, bool json) {
  AdvisoryStore store = TRY(open_advisories(*options.watch));
  if (options.kept_aside) return print_kept_aside(store, options.names.empty() ? "" : options.names[0], json);
  const auto all = TRY(store.sources());
  if (json) {
    Json list = Json::array();
    for (const SourceState& each : all) {
      list.push_back({{"source", each.name},
                      {"format", each.format},
                      {"location", each.location},
                      {"tried", each.tried},
                      {"synced", each.synced.empty() ? Json() : Json(each.synced)},
                      {"problem", each.problem.empty() ? Json() : Json(each.problem)},
                      {"documents", each.documents},
                      {"records", each.records},
                      {"kept_aside", each.kept_aside}});
    }
    fmt::print("{}", json_text({{"sources", std::move(list)}}));
    return kOk;
  }
  std::vector<std::vector<std::string>> rows;
  for (const SourceState& each : all) {
    rows.push_back(
        {each.name, each.format, each.synced.empty() ? "never" : each.synced, std::to_string(each.documents),
         std::to_string(each.records), std::to_string(each.kept_aside),
         each.problem.empty() ? ""
                              : coloured(each.problem.substr(0, each.problem.find('\n')), Colour::kRed)});
  }
  fmt::print("{}",
             table({"SOURCE", "FORMAT", "SYNCED", "DOCUMENTS", "RECORDS", "KEPT ASIDE", "PROBLEM"}, rows));
  return kOk;
}

CLI::App& add(CLI::App& watch, const SharedWatchOptions& shared, Invocation& invocation, const char* name,
              const char* help, const std::shared_ptr<SyncOptions>& options,
              Result<int> (*run)(const SyncOptions&, bool)) {
  options->watch = shared;
  CLI::App& command = *watch.add_subcommand(name, help);
  command.callback([&invocation, options, run] {
    invocation.action = [&invocation, options, run] { return run(*options, invocation.json); };
  });
  return command;
}

}  // namespace

void add_watch_sync(CLI::App& watch, const SharedWatchOptions& shared, Invocation& invocation) {
  const auto options = std::make_shared<SyncOptions>();
  CLI::App& command =
      add(watch, shared, invocation, "sync", "Read what the sources say now", options, sync_once);
  command.footer(kSyncExamples);
  command.add_option("source", options->names, "Only these")->type_name("SOURCE");
}

void add_watch_follow(CLI::App& watch, const SharedWatchOptions& shared, Invocation& invocation) {
  const auto options = std::make_shared<SyncOptions>();
  CLI::App& command = add(watch, shared, invocation, "follow",
                          "Sync each source when it is due, and queue fixes for builders", options, follow);
  command.footer(kFollowExamples);
  command.add_flag("--once", options->once, "One round, then the end");
}

void add_watch_sources(CLI::App& watch, const SharedWatchOptions& shared, Invocation& invocation) {
  const auto options = std::make_shared<SyncOptions>();
  CLI::App& command = add(watch, shared, invocation, "sources", "How far each source is", options, sources);
  command.footer(kSourcesExamples);
  command.add_flag("--kept-aside", options->kept_aside, "What was not understood, and why");
  command.add_option("source", options->names, "With --kept-aside: only of this one")
      ->type_name("SOURCE")
      ->expected(0, 1);
}

}  // namespace suture::cli
