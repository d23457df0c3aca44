// SPDX-License-Identifier: Apache-2.0
//
// `suture watch queue`, and what a builder does with an entry of it: take, keep, finish, lose.
#include <fmt/format.h>
#include <unistd.h>

#include <array>

#include "advisory/watch_queue.h"
#include "base/duration.h"
#include "base/json.h"
#include "base/terminal.h"
#include "cli/foreign_text.h"
#include "cli/watch.h"

namespace suture::cli {
namespace {

constexpr const char* kQueueExamples = R"(
Examples:
  suture watch want CVE-2026-46234 --target 6.1.0-47-cloud-amd64 --priority 100
  suture watch queue                                  fixes that wait or are being built
  suture watch take --lease 2h --json                 the most urgent one, for this machine
  suture watch keep 17 --lease 2h                     not done yet, and still at it
  suture watch finish 17 --outcome 'level 8'
  suture watch finish 17 --failed 'build.does-not-compile'
  suture watch lose 17                                somebody else shall have it
)";

constexpr std::size_t kReasonLength = 60;

struct QueueOptions {
  SharedWatchOptions watch;
  bool all = false;
  std::string target;
  std::string builder;
  std::string lease = "2h";
  std::int64_t id = 0;
  std::string outcome;
  std::string failed;
  QueuedFix wanted;
};

std::string this_machine() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "builder";
  return name.data();
}

Result<std::chrono::seconds> lease_of(const QueueOptions& options) {
  const auto lease = parse_duration(options.lease);
  if (!lease || *lease < std::chrono::seconds(1) || *lease > std::chrono::hours(24 * 31)) {
    return fail("watch.lease", "read the lease \"" + options.lease + "\"",
                "it is not such as 90s, 15m, 2h or 1d, up to 31 days");
  }
  return *lease;
}

std::string who(const QueueEntry& entry) {
  if (entry.state == QueueState::kTaken) return entry.builder + " until " + entry.lease_until;
  return one_line(entry.outcome);
}

Result<int> print_queue(const QueueOptions& options, bool json) {
  AdvisoryStore store = TRY(open_advisories(*options.watch));
  const auto entries = TRY(WatchQueue(store).list(options.all));
  if (json) {
    Json list = Json::array();
    for (const QueueEntry& entry : entries) list.push_back(to_json(entry));
    fmt::print("{}", json_text({{"queue", std::move(list)}}));
    return kOk;
  }
  if (entries.empty()) {
    fmt::print("nothing waits to be built\n");
    return kOk;
  }
  std::vector<std::vector<std::string>> rows;
  for (const QueueEntry& entry : entries) {
    rows.push_back({std::to_string(entry.id), entry.fix.cve, entry.fix.target,
                    std::to_string(entry.fix.priority), std::string(name_of(entry.state)), who(entry),
                    one_line(entry.fix.reason, kReasonLength)});
  }
  fmt::print("{}", table({"ID", "CVE", "TARGET", "PRIORITY", "STATE", "", "WHY"}, rows));
  return kOk;
}

/// By hand, with the commits that the sources name.
Result<int> want(const QueueOptions& options, bool json) {
  AdvisoryStore store = TRY(open_advisories(*options.watch));
  const auto advisory = TRY(store.advisory(options.wanted.cve));
  if (!advisory) {
    return fail("watch.unknown-cve", "queue a fix for " + one_line(options.wanted.cve, kReasonLength),
                "no source has said anything of it", "`suture watch list` shows what is known.");
  }
  std::vector<std::string> targets = {options.wanted.target};
  if (options.wanted.target.empty()) targets = TRY(watch_config(*options.watch)).targets;
  if (targets.empty()) {
    return fail("watch.no-target", "queue a fix for " + options.wanted.cve,
                "neither --target nor the configuration says for which target");
  }
  Json queued = Json::array();
  for (const std::string& target : targets) {
    QueuedFix fix = options.wanted;
    fix.target = target;
    for (const auto& commit : advisory->fix_commits()) fix.fix_commits.push_back(commit.value);
    const bool is_new = TRY(WatchQueue(store).add(fix, wall_clock()));
    queued.push_back({{"cve", fix.cve}, {"target", fix.target}, {"new", is_new}});
    if (!json) fmt::print("{} for {}: {}\n", fix.cve, target, is_new ? "queued" : "known to the queue");
  }
  if (json) fmt::print("{}", json_text({{"queued", std::move(queued)}}));
  return kOk;
}

/// Nothing to do is no failure; scripts see it by `.entry`, or by the exit status of `take`.
Result<int> take(const QueueOptions& options, bool json) {
  constexpr int kNothing = 10;
  AdvisoryStore store = TRY(open_advisories(*options.watch));
  const auto entry =
      TRY(WatchQueue(store).take(options.builder, TRY(lease_of(options)), wall_clock(), options.target));
  if (json) {
    fmt::print("{}", json_text({{"entry", entry ? to_json(*entry) : Json()}}));
  } else if (entry) {
    fmt::print("{} {} {}\n{}\n", entry->id, entry->fix.cve, entry->fix.target, one_line(entry->fix.reason));
    for (const std::string& commit : entry->fix.fix_commits) fmt::print("fix {}\n", commit);
  } else {
    fmt::print("nothing waits to be built\n");
  }
  return entry ? kOk : kNothing;
}

int done(const QueueOptions& options, const char* what, bool json) {
  if (json) {
    fmt::print("{}", json_text({{"id", options.id}, {"done", what}}));
  } else {
    fmt::print("{} {}\n", options.id, what);
  }
  return kOk;
}

Result<int> keep(const QueueOptions& options, bool json) {
  AdvisoryStore store = TRY(open_advisories(*options.watch));
  TRY(WatchQueue(store).keep(options.id, options.builder, TRY(lease_of(options)), wall_clock()));
  return done(options, "kept", json);
}

Result<int> finish(const QueueOptions& options, bool json) {
  AdvisoryStore store = TRY(open_advisories(*options.watch));
  WatchQueue queue(store);
  if (options.failed.empty()) {
    TRY(queue.finish(options.id, options.builder, options.outcome, wall_clock()));
    return done(options, "finished", json);
  }
  TRY(queue.fail_with(options.id, options.builder, options.failed, wall_clock()));
  return done(options, "failed", json);
}

Result<int> lose(const QueueOptions& options, bool json) {
  AdvisoryStore store = TRY(open_advisories(*options.watch));
  TRY(WatchQueue(store).lose(options.id, options.builder, options.outcome, wall_clock()));
  return done(options, "waits again", json);
}

CLI::App& add(CLI::App& watch, Invocation& invocation, const char* name, const char* help,
              const std::shared_ptr<QueueOptions>& options, Result<int> (*run)(const QueueOptions&, bool)) {
  CLI::App& command = *watch.add_subcommand(name, help);
  command.footer(kQueueExamples);
  command.callback([&invocation, options, run] {
    invocation.action = [&invocation, options, run] { return run(*options, invocation.json); };
  });
  return command;
}

void add_builder(CLI::App& command, QueueOptions& options) {
  command.add_option("--builder", options.builder, "Who builds; this machine's name if not given")
      ->type_name("NAME");
}
void add_lease(CLI::App& command, QueueOptions& options) {
  command.add_option("--lease", options.lease, "Until others may have it")
      ->type_name("DURATION")
      ->capture_default_str();
}
void add_id(CLI::App& command, QueueOptions& options) {
  command.add_option("id", options.id, "The entry's number")->required()->type_name("ID");
}

}  // namespace

void add_watch_queue(CLI::App& watch, const SharedWatchOptions& shared, Invocation& invocation) {
  const auto options = std::make_shared<QueueOptions>();
  options->watch = shared;
  options->builder = this_machine();
  add(watch, invocation, "queue", "Fixes that targets need and nobody has built yet", options, print_queue)
      .add_flag("--all", options->all, "Those that are done, too");

  CLI::App& wanted = add(watch, invocation, "want", "Queue a fix by hand", options, want);
  wanted.add_option("cve", options->wanted.cve, "The vulnerability's id")->required()->type_name("CVE");
  wanted
      .add_option("--target", options->wanted.target, "For this target; else for those of the configuration")
      ->type_name("TARGET");
  wanted.add_option("--reason", options->wanted.reason, "Why")->type_name("TEXT");
  wanted.add_option("--priority", options->wanted.priority, "Higher ones are taken first")
      ->type_name("NUMBER");

  CLI::App& taken = add(watch, invocation, "take", "As a builder: take the most urgent one", options, take);
  add_builder(taken, *options);
  add_lease(taken, *options);
  taken.add_option("--target", options->target, "One for this target")->type_name("TARGET");

  CLI::App& kept = add(watch, invocation, "keep", "As a builder: keep it for longer", options, keep);
  add_id(kept, *options);
  add_builder(kept, *options);
  add_lease(kept, *options);

  CLI::App& ended = add(watch, invocation, "finish", "As a builder: it is done", options, finish);
  add_id(ended, *options);
  add_builder(ended, *options);
  ended.add_option("--outcome", options->outcome, "What came of it")->type_name("TEXT");
  ended.add_option("--failed", options->failed, "It cannot be built, and why")
      ->type_name("TEXT")
      ->excludes("--outcome");

  CLI::App& lost = add(watch, invocation, "lose", "As a builder: give it back", options, lose);
  add_id(lost, *options);
  add_builder(lost, *options);
  lost.add_option("--outcome", options->outcome, "Why")->type_name("TEXT");
}

}  // namespace suture::cli
