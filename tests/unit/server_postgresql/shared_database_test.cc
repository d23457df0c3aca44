// SPDX-License-Identifier: Apache-2.0
//
// Several servers on one PostgreSQL database, and a database that goes away. scripts/postgresql.sh runs
// these.
#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include <condition_variable>
#include <thread>

#include "../server/database.h"
#include "../server/fleet.h"
#include "postgresql/postgresql.h"
#include "server/access/access_store.h"
#include "server/fleet/store.h"
#include "server/fleet/wake_relay.h"

namespace suture::server {
namespace {

using namespace std::chrono_literals;

const Store::Time kNow{1'800'000'000s};
constexpr int kThreads = 8;
/// For what must happen some time: a failing test waits that long, others do not.
constexpr auto kLong = 60s;

/// Each on a thread of its own, all at once.
void at_once(const std::function<void(int)>& act) {
  std::vector<std::jthread> threads;
  for (int i = 0; i < kThreads; ++i) threads.emplace_back([&act, i] { act(i); });
}

bool comes_true(const std::function<bool()>& holds) {
  const auto end = std::chrono::steady_clock::now() + kLong;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(20ms);
  }
  return true;
}

void control(const std::string& word) {
  const std::string command = fmt::format("sh {}/control {}", std::getenv("SUTURE_POSTGRESQL_FOLDER"), word);
  ASSERT_EQ(std::system(command.c_str()), 0) << word;
}

class SharedDatabaseTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    ASSERT_TRUE(on_postgresql()) << "run it through scripts/postgresql.sh";
    spdlog::set_level(spdlog::level::off);
  }
  NewDatabase database_;
};

TEST_F(SharedDatabaseTest, ServersThatStartAtOnceMakeOneSchema) {
  std::atomic<int> well{0};
  at_once([&](int) { well += Store::open(database_.again())->check().has_value() ? 1 : 0; });
  EXPECT_EQ(well, kThreads);
}

TEST_F(SharedDatabaseTest, ManyWritersKeepOneChain) {
  at_once([&](int) {
    auto store = *AccessStore::open(database_.again());
    for (int i = 0; i < 20; ++i) {
      const auto done = store.record({"w", "a", "o", "ok"}, kNow);
      EXPECT_TRUE(done) << done.error().message();
    }
  });
  const auto verified = AccessStore::open(database_)->verify();
  ASSERT_TRUE(verified) << verified.error().message();
  EXPECT_EQ(verified->number, kThreads * 20);
}

TEST_F(SharedDatabaseTest, OneNameIsGivenOnce) {
  std::atomic<int> made{0};
  at_once([&](int) {
    const auto added = AccessStore::open(database_.again())->add({.name = "ci"}, "local test", kNow);
    if (added) {
      ++made;
    } else {
      EXPECT_EQ(added.error().code, "token.exists") << added.error().message();
    }
  });
  EXPECT_EQ(made, 1);
}

TEST_F(SharedDatabaseTest, AReportIsTakenByOneServer) {
  const std::string key(64, 'a');
  const Signer first{key, 1};
  ASSERT_EQ(*Store::open(database_)->add(report_of(1), kNow, &first), Admission::kTaken);
  std::atomic<int> taken{0};
  at_once([&](int) {
    const Signer signer{key, 2};
    const auto added = Store::open(database_.again())->add(report_of(1), kNow, &signer);
    ASSERT_TRUE(added) << added.error().message();
    taken += *added == Admission::kTaken ? 1 : 0;
  });
  EXPECT_EQ(taken, 1);
}

TEST_F(SharedDatabaseTest, AHostGetsOneKey) {
  std::atomic<int> taken{0};
  at_once([&](int i) {
    const Signer signer{std::string(64, static_cast<char>('a' + i)), 1};
    const auto added = Store::open(database_.again())->add(report_of(1), kNow, &signer);
    // One that came at the very same moment is to try again.
    taken += added && *added == Admission::kTaken ? 1 : 0;
  });
  EXPECT_EQ(taken, 1);
  auto store = *Store::open(database_);
  const Signer last{(*store.host_key(host_id(1)))->key, 2};
  EXPECT_EQ(*store.add(report_of(1), kNow, &last), Admission::kTaken);
}

TEST_F(SharedDatabaseTest, ThreadsShareOneStore) {
  auto store = *Store::open(database_);
  at_once([&](int i) {
    for (unsigned j = 0; j < 20; ++j) {
      const unsigned number = static_cast<unsigned>(i) * 100 + j;
      ASSERT_TRUE(store.add(report_of(number), kNow));
      const auto host = store.host(host_id(number));
      ASSERT_TRUE(host && *host);
      EXPECT_EQ(*parse_host_report((*host)->report), report_of(number));
      EXPECT_FALSE(store.host(host_id(9999))->has_value());
    }
  });
  EXPECT_EQ(store.summary()->hosts, kThreads * 20);
}

TEST_F(SharedDatabaseTest, ComesBackAfterTheDatabaseDid) {
  auto store = *Store::open(database_);
  auto tokens = *AccessStore::open(database_);
  ASSERT_TRUE(store.add(report_of(1), kNow));
  ASSERT_TRUE(tokens.record({"w", "a", "o", "ok"}, kNow));
  control("stop");
  EXPECT_EQ(store.check().error().code, "store.unavailable");
  EXPECT_EQ(store.add(report_of(2), kNow).error().code, "store.unavailable");
  EXPECT_EQ(tokens.record({"w", "a", "o", "ok"}, kNow).error().code, "store.unavailable");
  // A server that starts meanwhile.
  auto other = *Store::open(database_.again());
  EXPECT_EQ(other.check().error().code, "store.unavailable");
  control("start");
  EXPECT_TRUE(comes_true([&] { return store.check().has_value(); }));
  EXPECT_TRUE(comes_true([&] { return other.check().has_value(); }));
  EXPECT_TRUE(store.host(host_id(1))->has_value());
  EXPECT_FALSE(store.host(host_id(2))->has_value());
  EXPECT_TRUE(store.add(report_of(2), kNow));
  EXPECT_TRUE(tokens.record({"w", "a", "o", "ok"}, kNow));
  EXPECT_EQ(tokens.verify()->number, 2);
}

TEST_F(SharedDatabaseTest, ATransactionThatLostItsConnectionIsUndone) {
  ASSERT_TRUE(Store::open(database_)->add(report_of(1), kNow));
  auto raw = database_.raw();
  {
    auto transaction = *sql::Transaction::begin(raw);
    ASSERT_TRUE(raw.execute("DELETE FROM hosts"));
    control("kill");
    control("start");
    EXPECT_EQ(transaction.commit().error().code, "store.unavailable");
  }
  EXPECT_TRUE(comes_true([&] { return raw.integer("SELECT count(*) FROM hosts").value_or(0) == 1; }));
}

TEST_F(SharedDatabaseTest, ATransactionInWhichSomethingFailedIsNotCommitted) {
  ASSERT_TRUE(Store::open(database_)->add(report_of(1), kNow));
  auto raw = database_.raw();
  auto transaction = *sql::Transaction::begin(raw);
  ASSERT_TRUE(raw.execute("DELETE FROM reports"));
  ASSERT_FALSE(raw.execute("INSERT INTO hosts (host_id) VALUES ('x')"));
  EXPECT_FALSE(transaction.commit());
}

TEST_F(SharedDatabaseTest, TextsAreOrderedByBytes) {
  auto raw = database_.raw();
  ASSERT_TRUE(
      raw.execute("CREATE TABLE words (word TEXT PRIMARY KEY) STRICT;"
                  "INSERT INTO words (word) VALUES ('a'), ('B'), ('b'), ('\u00e4')"));
  auto rows = *raw.prepare("SELECT word FROM words WHERE word > ?1 ORDER BY word");
  rows.bind(1, "A");
  std::string all;
  while (*rows.step()) all += rows.text(0);
  EXPECT_EQ(all, "Bab\u00e4");
}

TEST_F(SharedDatabaseTest, SaysWhichTextsItDoesNotTake) {
  auto store = *Store::open(database_);
  EXPECT_EQ(store.hosts({.cve = std::string("CVE\0", 4)}).error().code, "store.text");
  EXPECT_EQ(store.hosts({.cve = "\xff"}).error().code, "store.text");
  EXPECT_TRUE(store.hosts({.cve = "'; DROP TABLE hosts; --"}));
  EXPECT_TRUE(store.check());
}

TEST_F(SharedDatabaseTest, ACallReachesHostsAtAnotherServer) {
  WakeBoard here("", 10);
  WakeBoard there("", 10);
  std::atomic<int> called_here{0};
  std::atomic<int> called_there{0};
  const auto wait = [](WakeBoard& board, std::atomic<int>& called) {
    return board.enter(board.word(), [&called](WakeBoard::Reason reason) {
      called += reason == WakeBoard::Reason::kUrgent ? 1 : 100;
    });
  };
  wait(here, called_here);
  wait(there, called_there);
  WakeRelay relay(database_, here);
  WakeRelay other(database_.again(), there);
  // Nobody knows when a listener listens, so the word is said until it is heard.
  EXPECT_TRUE(comes_true([&] { return relay.tell().has_value() && called_there > 0; }));
  EXPECT_EQ(called_here, 0) << "a server does not call itself";
  // Whoever was deaf calls, too: something may have been said.
  called_there = 0;
  control("stop");
  control("start");
  EXPECT_TRUE(comes_true([&] { return called_there > 0; }));
  relay.end();
  other.end();
}

TEST(PostgresqlAddress, IsReadStrictly) {
  EXPECT_TRUE(FleetDatabase::at("postgresql://user@host:5432/db?sslmode=verify-full", {}));
  EXPECT_TRUE(FleetDatabase::at("postgres://host/db", {})->is_shared());
  EXPECT_FALSE(FleetDatabase::at("/var/lib/suture-server/fleet.db", {})->is_shared());
  for (const char* address :
       {"postgresql://user:secret@host/db", "postgresql://host/db?password=secret",
        "postgresql://host/db?no_such=1", "postgresql://host/%zz", "postgresql://[::1/db"}) {
    const auto database = FleetDatabase::at(address, {});
    ASSERT_FALSE(database) << address;
    EXPECT_EQ(database.error().code, "server.database");
    EXPECT_EQ(database.error().message().find("secret"), std::string::npos);
  }
  EXPECT_EQ(FleetDatabase::at("postgresql://user@db1/fleet", {.password = "secret"})->text(),
            "the PostgreSQL database fleet on db1");
}

}  // namespace
}  // namespace suture::server
