// SPDX-License-Identifier: Apache-2.0
#include "server/fleet/store.h"

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/fsuid.h>
#include <sys/stat.h>

#include <thread>

#include "base/file.h"
#include "database.h"
#include "fleet.h"

namespace suture::server {
namespace {

using namespace std::chrono_literals;

const Store::Time kNow{1'800'000'000s};

class StoreTest : public testing::Test {
 protected:
  NewDatabase database_;
};

/// What only a file has.
class StoreFileTest : public testing::Test {
 protected:
  TempDir folder_ = *TempDir::make("suture-store");
  std::filesystem::path file_ = folder_.path() / "fleet.db";
};

/// A connection of another program.
struct Other {
  explicit Other(const std::filesystem::path& path) { sqlite3_open(path.c_str(), &database); }
  ~Other() { sqlite3_close(database); }
  int execute(const char* sql) const { return sqlite3_exec(database, sql, nullptr, nullptr, nullptr); }
  sqlite3* database = nullptr;
};

TEST_F(StoreTest, KeepsHostsOverARestart) {
  {
    auto store = Store::open(database_);
    ASSERT_TRUE(store) << store.error().message();
    ASSERT_TRUE(store->add(report_of(1), kNow));
    ASSERT_TRUE(store->add(report_of(1, HostState::kReverted), kNow + 60s));
  }
  auto store = Store::open(database_);
  ASSERT_TRUE(store) << store.error().message();
  const auto host = store->host(host_id(1));
  ASSERT_TRUE(host && *host);
  EXPECT_EQ((*host)->first_seen_at, "2027-01-15T08:00:00Z");
  EXPECT_EQ((*host)->received_at, "2027-01-15T08:01:00Z");
  EXPECT_EQ(*parse_host_report((*host)->report), report_of(1, HostState::kReverted));
  EXPECT_FALSE(store->host(host_id(2))->has_value());
}

TEST_F(StoreTest, PagesHostsInOrder) {
  auto store = Store::open(database_);
  for (unsigned i : {3u, 1u, 5u, 2u, 4u}) ASSERT_TRUE(store->add(report_of(i), kNow));
  std::vector<std::string> seen;
  HostQuery query{.limit = 2};
  for (bool more = true; more;) {
    const auto page = store->hosts(query);
    ASSERT_TRUE(page);
    for (const auto& host : page->items) seen.push_back(parse_host_report(host.report)->host_id);
    query.after = {.host_id = seen.back()};
    more = page->more;
  }
  EXPECT_EQ(seen, (std::vector{host_id(1), host_id(2), host_id(3), host_id(4), host_id(5)}));
}

TEST_F(StoreTest, FindsHostsByStateAndCve) {
  auto store = Store::open(database_);
  ASSERT_TRUE(store->add(report_of(1), kNow));
  ASSERT_TRUE(store->add(report_of(2, HostState::kFailed), kNow));
  auto failed_with_patch = report_of(3, HostState::kFailed);
  failed_with_patch.cves = {"CVE-2026-53249", "CVE-2026-53249", "CVE-2026-46234"};
  ASSERT_TRUE(store->add(failed_with_patch, kNow));
  EXPECT_EQ(store->hosts({.state = HostState::kFailed})->items.size(), 2u);
  EXPECT_EQ(store->hosts({.cve = "CVE-2026-53249"})->items.size(), 2u);
  EXPECT_EQ(store->hosts({.cve = "CVE-2026-46234"})->items.size(), 1u);
  EXPECT_EQ(store->hosts({.state = HostState::kFailed, .cve = "CVE-2026-53249"})->items.size(), 1u);
  EXPECT_EQ(store->hosts({.cve = "CVE-2026-53249", .after = {.host_id = host_id(1)}})->items.size(), 1u);
  EXPECT_EQ(store->hosts({.state = HostState::kUnsupported})->items.size(), 0u);
  // A revert takes the CVEs back.
  ASSERT_TRUE(store->add(report_of(3, HostState::kReverted), kNow));
  EXPECT_EQ(store->hosts({.cve = "CVE-2026-46234"})->items.size(), 0u);
}

TEST_F(StoreTest, BoundsTheHistoryOfEachHost) {
  auto store = Store::open(database_, {.reports_per_host = 3});
  const auto turn = [](unsigned i) { return i % 2 == 0 ? HostState::kApplied : HostState::kReverted; };
  for (unsigned i = 0; i < 10; ++i) {
    ASSERT_TRUE(store->add(report_of(1, turn(i)), kNow + std::chrono::seconds(i)));
  }
  for (unsigned i = 0; i < 2; ++i) ASSERT_TRUE(store->add(report_of(2, turn(i)), kNow));
  const auto page = store->reports(host_id(1), INT64_MAX, 2);
  ASSERT_TRUE(page);
  ASSERT_EQ(page->items.size(), 2u);
  EXPECT_TRUE(page->more);
  EXPECT_EQ(page->items.front().received_at, "2027-01-15T08:00:09Z");
  const auto last = store->reports(host_id(1), page->items.back().id, 2);
  EXPECT_EQ(last->items.size(), 1u);
  EXPECT_FALSE(last->more);
  EXPECT_EQ(store->reports(host_id(2), INT64_MAX, 10)->items.size(), 2u);
}

TEST_F(StoreTest, AHistoryHasWhatIsNew) {
  auto store = Store::open(database_);
  ASSERT_TRUE(store->add(report_of(1), kNow));
  auto again = report_of(1);
  again.uptime_seconds += 14'400;
  again.checked_at = "2026-11-24T14:00:00Z";
  ASSERT_TRUE(store->add(again, kNow + 4h));
  EXPECT_EQ(store->reports(host_id(1), INT64_MAX, 10)->items.size(), 1u);
  const auto host = store->host(host_id(1));
  EXPECT_EQ((*host)->received_at, "2027-01-15T12:00:00Z");
  EXPECT_EQ(*parse_host_report((*host)->report), again);
  again.error = {{"agent.clock", ",\"agent\":\"sutured\""}};
  ASSERT_TRUE(store->add(again, kNow + 8h));
  EXPECT_EQ(store->reports(host_id(1), INT64_MAX, 10)->items.size(), 2u);
}

TEST(SaysTheSame, LooksAtAllButTwoTimes) {
  const auto text = [](auto change) {
    auto report = report_of(1);
    change(report);
    return report_text(report);
  };
  const std::string before = text([](auto&) {});
  EXPECT_TRUE(says_the_same(before, before));
  EXPECT_TRUE(says_the_same(before, text([](auto& report) { report.uptime_seconds = 0; })));
  EXPECT_TRUE(says_the_same(before, text([](auto& report) { report.checked_at = ""; })));
  EXPECT_FALSE(says_the_same(before, text([](auto& report) { report.agent = "sutured 0.2.0"; })));
  EXPECT_FALSE(says_the_same(before, text([](auto& report) { report.changed_at = ""; })));
  EXPECT_FALSE(says_the_same(before, text([](auto& report) { report.cves.push_back("CVE-2026-1"); })));
  EXPECT_FALSE(says_the_same(before, text([](auto& report) { report.state = HostState::kFailed; })));
  EXPECT_FALSE(says_the_same(before, before.substr(0, before.find(",\"agent"))));
  EXPECT_FALSE(says_the_same(before, "x" + before));
  EXPECT_FALSE(says_the_same("{}", before));
  EXPECT_FALSE(says_the_same(before, ""));
}

TEST_F(StoreTest, TakesManyAtOnce) {
  auto store = Store::open(database_);
  const Signer signer{std::string(64, 'a'), 5};
  const Signer next{std::string(64, 'a'), 6};
  const Signer thief{std::string(64, 'b'), 7};
  const std::vector<Incoming> reports{{report_of(3), signer, kNow}, {report_of(1), std::nullopt, kNow},
                                      {report_of(3), thief, kNow},  {report_of(3), signer, kNow},
                                      {report_of(3), next, kNow},   {report_of(3), std::nullopt, kNow}};
  const auto results = store->add_all(reports);
  ASSERT_EQ(results.size(), reports.size());
  const std::vector wanted{Admission::kTaken,    Admission::kTaken, Admission::kOtherKey,
                           Admission::kReplayed, Admission::kTaken, Admission::kUnsigned};
  for (std::size_t i = 0; i < wanted.size(); ++i) EXPECT_EQ(results[i].value(), wanted[i]) << i;
  EXPECT_EQ(store->summary()->hosts, 2);
  EXPECT_EQ(store->host_key(host_id(3)).value()->counter, 6);
  EXPECT_TRUE(store->add_all({}).empty());
}

TEST_F(StoreFileTest, OneThatIsNotTakenSpoilsNoOther) {
  auto store = Store::open(file_);
  const Other other(file_);
  ASSERT_EQ(other.execute(("CREATE TRIGGER no BEFORE INSERT ON hosts WHEN NEW.host_id = '" + host_id(2) +
                           "' BEGIN SELECT RAISE(ABORT, 'not this one'); END")
                              .c_str()),
            SQLITE_OK);
  std::vector<Incoming> reports;
  for (unsigned i = 0; i < 5; ++i) reports.push_back({report_of(i), std::nullopt, kNow});
  const auto results = store->add_all(reports);
  for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(results[i].has_value(), i != 2) << i;
  EXPECT_EQ(results[2].error().code, "store.unavailable");
  EXPECT_EQ(store->summary()->hosts, 4);
}

TEST_F(StoreFileTest, WhenTheDatabaseIsAwayNoneIsTaken) {
  auto store = Store::open(file_);
  const Other other(file_);
  ASSERT_EQ(other.execute("CREATE TRIGGER no BEFORE INSERT ON hosts BEGIN SELECT RAISE(ABORT, 'away'); END"),
            SQLITE_OK);
  std::vector<Incoming> reports;
  for (unsigned i = 0; i < 100; ++i) reports.push_back({report_of(i), std::nullopt, kNow});
  for (const auto& result : store->add_all(reports)) EXPECT_FALSE(result);
  EXPECT_EQ(store->summary()->hosts, 0);
  ASSERT_EQ(other.execute("DROP TRIGGER no"), SQLITE_OK);
  for (const auto& result : store->add_all(reports)) EXPECT_TRUE(result);
}

TEST_F(StoreTest, BoundsAPageByItsBytesToo) {
  auto store = Store::open(database_);
  auto long_report = report_of(1);
  long_report.cves.assign(1000, std::string(60, 'x'));
  for (unsigned i = 0; i < 100; ++i) {
    long_report.host_id = host_id(i);
    ASSERT_TRUE(store->add(long_report, kNow));
  }
  const auto page = store->hosts({.limit = 1000});
  ASSERT_TRUE(page);
  EXPECT_LT(page->items.size(), 100u);
  EXPECT_TRUE(page->more);
}

TEST_F(StoreTest, CountsTheFleet) {
  auto store = Store::open(database_);
  for (unsigned i = 0; i < 5; ++i) ASSERT_TRUE(store->add(report_of(i), kNow));
  ASSERT_TRUE(store->add(report_of(9, HostState::kUnpatched), kNow));
  const auto summary = store->summary();
  ASSERT_TRUE(summary);
  EXPECT_EQ(summary->hosts, 6);
  ASSERT_EQ(summary->by_state.size(), 2u);
  EXPECT_EQ(summary->by_state[0].name, "applied");
  EXPECT_EQ(summary->by_state[0].hosts, 5);
  EXPECT_EQ(summary->by_level.size(), 2u);
  EXPECT_EQ(summary->by_release.at(0).name, "6.1.0-47-cloud-amd64");
}

TEST_F(StoreFileTest, SaysWhenTheDiskIsFullAndStillAnswers) {
  auto store = Store::open(file_, {.reports_per_host = 100, .database_pages = 160});
  ASSERT_TRUE(store);
  Result<Admission> added = Admission::kTaken;
  unsigned count = 0;
  while ((added = store->add(report_of(count), kNow))) ASSERT_LT(++count, 1000u);
  EXPECT_EQ(added.error().code, "store.unavailable");
  EXPECT_NE(added.error().why.find("full"), std::string::npos) << added.error().why;
  EXPECT_EQ(store->summary()->hosts, count) << "a report that was refused left nothing behind";
  EXPECT_TRUE(store->check());
}

TEST_F(StoreFileTest, SaysWhenAnotherProgramHoldsTheLock) {
  auto store = Store::open(file_);
  const Other other(file_);
  ASSERT_EQ(other.execute("BEGIN IMMEDIATE"), SQLITE_OK);
  const auto refused = store->add(report_of(1), kNow);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "store.unavailable");
  EXPECT_TRUE(store->check());
  ASSERT_EQ(other.execute("COMMIT"), SQLITE_OK);
  EXPECT_TRUE(store->add(report_of(1), kNow));
}

TEST_F(StoreFileTest, SaysWhenTheFileIsReadOnly) {
  ASSERT_TRUE(Store::open(file_)->add(report_of(1), kNow));
  ::chmod(file_.c_str(), 0444);
  ::chmod(folder_.path().c_str(), 0555);
  std::thread([&] {
    // Root may write anywhere; of this thread only, the file system shall think otherwise.
    ::setfsuid(65534);
    auto store = Store::open(file_);
    const auto result = store ? store->add(report_of(2), kNow) : std::unexpected(store.error());
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, "store.unavailable");
  }).join();
  ::chmod(folder_.path().c_str(), 0755);
}

TEST_F(StoreFileTest, RefusesFilesThatAreNotItsOwn) {
  ASSERT_EQ(Other(file_).execute("CREATE TABLE theirs (x)"), SQLITE_OK);
  EXPECT_EQ(Store::open(file_).error().code, "store.foreign");

  const auto newer = folder_.path() / "newer.db";
  ASSERT_TRUE(Store::open(newer));
  ASSERT_EQ(Other(newer).execute("PRAGMA user_version = 99"), SQLITE_OK);
  EXPECT_EQ(Store::open(newer).error().code, "store.newer");

  const auto garbage = folder_.path() / "garbage.db";
  ASSERT_TRUE(write_file(garbage, std::string(8192, 'x')));
  EXPECT_EQ(Store::open(garbage).error().code, "store.unavailable");
  EXPECT_FALSE(Store::open("/dev/null/fleet.db"));
}

}  // namespace
}  // namespace suture::server
