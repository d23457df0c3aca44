// SPDX-License-Identifier: Apache-2.0
//
// A sync is killed (SIGKILL: nothing is tidied up) at many places; the next one goes on, and the store is the
// same as if nothing had happened.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "watch_place.h"

namespace suture {
namespace {

using test::contents;
using test::cve_number;
using test::cve_record;
using test::kev_catalogue;

class SyncKilled : public test::WatchPlace {
 protected:
  /// Syncs in another process, which dies as soon as `nth` documents are done. False: it came to its end.
  bool dies_after(std::size_t nth) {
    const pid_t child = fork();
    if (child == 0) {
      auto store = AdvisoryStore::open(config.store());
      const auto done =
          sync(*store, config, {}, test::later(), [nth](const auto&, std::size_t count, std::size_t) {
            if (count >= nth) kill(getpid(), SIGKILL);
          });
      _exit(done ? 0 : 1);
    }
    return was_killed(child);
  }
  /// Syncs in another process, which is killed from outside once so many records are in the store.
  bool dies_with_records(std::int64_t count) {
    open();
    const pid_t child = fork();
    if (child == 0) {
      auto store = AdvisoryStore::open(config.store());
      _exit(store && sync(*store, config, {}, test::later()) ? 0 : 1);
    }
    AdvisoryStore store = open();
    for (;;) {
      if (store.database().integer("SELECT count(*) FROM records").value_or(0) >= count) break;
      if (waitpid(child, nullptr, WNOHANG) == child) return false;
      std::this_thread::yield();
    }
    kill(child, SIGKILL);
    return was_killed(child);
  }
  static bool was_killed(pid_t child) {
    int status = 0;
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
  }
  /// What a sync that nobody kills makes of it.
  std::vector<std::string> undisturbed() {
    const auto state = std::exchange(config.state, folder.path() / "undisturbed");
    AdvisoryStore store = open();
    synced(store);
    config.state = state;
    return contents(store);
  }
};

TEST_F(SyncKilled, AnywhereInTheFirstSync) {
  constexpr int kRecords = 2500;  // more than two batches
  put_all(kRecords);
  put(cve_number(5), "broken");
  const auto expected = undisturbed();
  int killed = 0;
  for (std::size_t nth = 1; nth <= kRecords; nth += 313) {
    std::filesystem::remove_all(config.state);
    ASSERT_TRUE(dies_after(nth));
    killed++;
    AdvisoryStore store = open();
    const auto before = store.database().integer("SELECT count(*) FROM documents WHERE sha256 != ''").value();
    const SourceReport rest = synced_one(store);
    // What was committed is not read again.
    EXPECT_EQ(rest.read, kRecords - static_cast<std::size_t>(before)) << nth;
    ASSERT_EQ(contents(store), expected) << nth;
  }
  EXPECT_EQ(killed, 8);
}

TEST_F(SyncKilled, AgainAndAgain) {
  put_all(3000);
  const auto expected = undisturbed();
  // Each gets a little further, or at least no less far.
  while (dies_after(1200)) {
  }
  AdvisoryStore store = open();
  EXPECT_EQ(synced_one(store).read, 0u);
  EXPECT_EQ(contents(store), expected);
}

TEST_F(SyncKilled, InTheMiddleOfADocumentOfManyRecords) {
  std::vector<std::string> cves;
  for (int i = 0; i < 20000; i++) cves.push_back(cve_number(i));
  const auto file = folder.path() / "kev.json";
  ASSERT_TRUE(write_file(file, kev_catalogue(cves)));
  config.sources[0] = {
      .name = "kev", .format = FeedFormat::kKev, .kind = PlaceKind::kFile, .location = file.string()};
  const auto expected = undisturbed();
  int killed = 0;
  for (const std::int64_t count : {1, 3000, 9000}) {
    std::filesystem::remove_all(config.state);
    if (!dies_with_records(count)) continue;
    killed++;
    AdvisoryStore store = open();
    const SourceReport rest = synced_one(store);
    EXPECT_GE(rest.records.unchanged, static_cast<std::size_t>(count));
    EXPECT_EQ(rest.records.added + rest.records.unchanged, 20000u);
    ASSERT_EQ(contents(store), expected) << count;
  }
  EXPECT_GT(killed, 0);
}

TEST_F(SyncKilled, WhileRecordsChangeAndGo) {
  constexpr int kRecords = 1500;
  put_all(kRecords);
  {
    AdvisoryStore store = open();
    synced(store);
  }
  std::filesystem::copy(config.state, folder.path() / "before", std::filesystem::copy_options::recursive);
  for (int i = 0; i < kRecords; i += 2) put(cve_number(i), cve_record(cve_number(i), "net: changed"));
  for (int i = 1; i < kRecords; i += 3) std::filesystem::remove(records() / (cve_number(i) + ".json"));
  const auto expected = undisturbed();
  const auto without_changes = [](std::vector<std::string> all) {
    std::erase_if(all, [](const std::string& line) { return line.starts_with("changed|"); });
    return all;
  };
  for (const std::size_t nth : {1u, 2u, 250u, 500u}) {
    std::filesystem::remove_all(config.state);
    std::filesystem::copy(folder.path() / "before", config.state, std::filesystem::copy_options::recursive);
    ASSERT_TRUE(dies_after(nth));
    AdvisoryStore store = open();
    synced(store);
    // Those that are gone were changed, too, which a store that never had them does not say.
    ASSERT_EQ(without_changes(contents(store)), without_changes(expected)) << nth;
    EXPECT_EQ(store.changed_since(kRecords, 10000)->size(), 1000u) << nth;
  }
}

}  // namespace
}  // namespace suture
