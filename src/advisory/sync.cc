// SPDX-License-Identifier: Apache-2.0
#include "advisory/sync.h"

#include <algorithm>

#include "base/error_json.h"
#include "base/file.h"
#include "base/json.h"

namespace suture {
namespace {

/// What the source itself does wrong is its report's; `broken` is the store's.
struct Outcome {
  std::optional<Error> problem{};
  std::optional<Error> broken{};
  bool all_read = true;
};

/// A folder that is not mounted and a download that went wrong look just like this, and to forget all that a
/// source ever said is the last thing to do then.
Result<void> check_not_emptied(const WatchSource& source, const FeedLook& look, const KnownDocuments& known) {
  if (look.documents > 0 || known.empty()) return {};
  return fail("watch.source-empty", "read the source " + source.name,
              "it had " + std::to_string(known.size()) + " documents, and now it has none",
              "If that is right, take it out of the configuration, sync, and put it in again.");
}

class SourceSync {
 public:
  SourceSync(const WatchConfig& config, const WatchSource& source, AdvisoryWriter& writer, Time now,
             const SyncProgress& progress, SourceReport& report)
      : config_(config), source_(source), writer_(writer), now_(now), progress_(progress), report_(report) {}

  Outcome run() {
    auto done = go();
    if (!done && !outcome_.broken) outcome_.problem = done.error();
    return outcome_;
  }

 private:
  Result<void> go() {
    const auto feed = TRY(open_feed(config_, source_, now_));
    const KnownDocuments known = TRY(stored(writer_.known()));
    const FeedLook look = TRY(feed->look(writer_.cursor(), known));
    report_.documents = look.documents;
    TRY(check_not_emptied(source_, look, known));
    if (!look.changed.empty() || !look.gone.empty()) TRY(stored(writer_.start()));
    TRY(feed->read(look.changed, [&](const FeedDocument& document, Result<Bytes> bytes) {
      return take(document, std::move(bytes), look.changed.size());
    }));
    for (const std::string& name : look.gone) {
      TRY(stored(writer_.remove(name)));
      report_.gone++;
    }
    return stored(writer_.finish(outcome_.all_read ? look.cursor : std::string()));
  }

  Result<void> take(const FeedDocument& document, Result<Bytes> bytes, std::size_t total) {
    if (bytes) {
      report_.bytes += bytes->size();
      TRY(stored(writer_.read(document, *bytes)));
    } else {
      outcome_.all_read = false;
      TRY(stored(writer_.set_aside(document, bytes.error())));
    }
    // The next one may take long to come.
    if (source_.kind == PlaceKind::kUrl) TRY(stored(writer_.commit()));
    report_.read++;
    if (progress_) progress_(source_.name, report_.read, total);
    return {};
  }

  template <class T>
  Result<T> stored(Result<T> result) {
    if (!result) outcome_.broken = result.error();
    return result;
  }

  const WatchConfig& config_;
  const WatchSource& source_;
  AdvisoryWriter& writer_;
  Time now_;
  const SyncProgress& progress_;
  SourceReport& report_;
  Outcome outcome_;
};

std::vector<const WatchSource*> chosen(const WatchConfig& config, const std::vector<std::string>& names) {
  std::vector<const WatchSource*> all;
  for (const WatchSource& source : config.sources) {
    if (names.empty() || std::ranges::find(names, source.name) != names.end()) all.push_back(&source);
  }
  return all;
}

Result<void> check_names(const WatchConfig& config, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (std::ranges::find(config.sources, name, &WatchSource::name) == config.sources.end()) {
      return fail("watch.unknown-source", "sync " + name, "the configuration has no such source",
                  "`suture watch sources` lists them.");
    }
  }
  return {};
}

Result<std::vector<std::string>> forget_others(AdvisoryStore& store, const WatchConfig& config) {
  std::vector<std::string> forgotten;
  for (const SourceState& state : TRY(store.sources())) {
    if (std::ranges::find(config.sources, state.name, &WatchSource::name) != config.sources.end()) continue;
    if (TRY(forget_source(store, state.name))) forgotten.push_back(state.name);
  }
  return forgotten;
}

}  // namespace

Result<SourceReport> sync_source(AdvisoryStore& store, const WatchConfig& config, const WatchSource& source,
                                 Time now, const SyncProgress& progress) {
  SourceReport report{.name = source.name};
  AdvisoryWriter writer = TRY(AdvisoryWriter::begin(store, source, now));
  const Outcome outcome = SourceSync(config, source, writer, now, progress, report).run();
  report.records = writer.written();
  if (outcome.broken) return std::unexpected(*outcome.broken);
  if (outcome.problem) TRY(writer.give_up(*outcome.problem));
  report.problem = outcome.problem;
  return report;
}

Result<SyncReport> sync(AdvisoryStore& store, const WatchConfig& config,
                        const std::vector<std::string>& names, Time now, const SyncProgress& progress) {
  TRY(check_names(config, names));
  TRY(make_directories(config.state));
  const FileLock lock = TRY(FileLock::acquire(config.state / "sync.lock"));
  SyncReport report;
  if (names.empty()) report.forgotten = TRY(forget_others(store, config));
  for (const WatchSource* source : chosen(config, names)) {
    report.sources.push_back(TRY(sync_source(store, config, *source, now, progress)));
  }
  return report;
}

Result<DueSources> due_sources(AdvisoryStore& store, const WatchConfig& config, Time now) {
  const auto states = TRY(store.sources());
  DueSources due{.next = std::chrono::hours(24 * 31)};
  for (const WatchSource& source : config.sources) {
    const auto state = std::ranges::find(states, source.name, &SourceState::name);
    const auto tried = state != states.end() ? parse_time(state->tried) : fail("", "", "");
    // A clock that was set back must not keep a source waiting.
    if (!tried || *tried > now || now - *tried >= source.every) {
      due.names.push_back(source.name);
      due.next = std::min(due.next, source.every);
    } else {
      due.next = std::min(due.next, source.every - (now - *tried));
    }
  }
  return due;
}

Json to_json(const SourceReport& report) {
  return {{"source", report.name},
          {"documents", report.documents},
          {"read", report.read},
          {"gone", report.gone},
          {"bytes", report.bytes},
          {"records",
           {{"added", report.records.added},
            {"changed", report.records.changed},
            {"unchanged", report.records.unchanged},
            {"removed", report.records.removed},
            {"kept_aside", report.records.kept_aside}}},
          {"problem", report.problem ? to_json(*report.problem) : Json()}};
}

}  // namespace suture
