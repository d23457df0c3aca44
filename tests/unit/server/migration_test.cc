// SPDX-License-Identifier: Apache-2.0
//
// Databases of every earlier program, with what was in them.
#include <gtest/gtest.h>

#include "base/time.h"
#include "database.h"
#include "fleet.h"
#include "server/access/access_store.h"
#include "server/fleet/store.h"
#include "server/schema.h"

namespace suture::server {
namespace {

using namespace std::chrono_literals;

const Store::Time kNow{1'800'000'000s};
constexpr std::size_t kTokensStep = 2;
constexpr std::size_t kKeysStep = 3;
constexpr std::size_t kAuditEndStep = 8;

class MigrationTest : public testing::TestWithParam<std::size_t> {
 protected:
  /// As a program left it that knew the first steps only.
  void make_earlier(std::size_t steps) {
    auto database = database_.raw();
    sql::Schema schema = fleet_schema();
    schema.steps = schema.steps.first(steps);
    const auto made = sql::migrate(database, schema);
    ASSERT_TRUE(made) << made.error().message();
    for (unsigned i = 1; i <= 3; ++i) put_host(database, i);
    if (steps >= kTokensStep) put_token(database);
    if (steps >= kAuditEndStep) {
      ASSERT_TRUE(database.execute("UPDATE audit_end SET number = 1 WHERE one = 1"));
    }
    if (steps >= kKeysStep) {
      ASSERT_TRUE(database.execute(
          "INSERT INTO host_keys (host_id, key, counter, registered_at, boots, cloned_at, clones)"
          " VALUES ('" +
          host_id(2) + "', '" + std::string(64, 'a') + "', 7, 't', '[]', '', '[]')"));
    }
  }

  static void put_host(sql::Database& database, unsigned number) {
    const std::string report = report_text(number);
    ASSERT_TRUE(
        database
            .prepare("INSERT INTO hosts (host_id, state, level, release, first_seen_at, received_at, report)"
                     " VALUES (?1, 'applied', 1, 'r', '2026-11-24T10:00:00Z', '2026-11-24T10:00:00Z', ?2)")
            ->bind(1, host_id(number))
            .bind(2, report)
            .run());
    ASSERT_TRUE(database.prepare("INSERT INTO reports (host_id, received_at, report) VALUES (?1, 't', ?2)")
                    ->bind(1, host_id(number))
                    .bind(2, report)
                    .run());
    ASSERT_TRUE(database.prepare("INSERT INTO host_cves (cve, host_id) VALUES ('CVE-2026-53249', ?1)")
                    ->bind(1, host_id(number))
                    .run());
  }

  static void put_token(sql::Database& database) {
    ASSERT_TRUE(
        database.execute("INSERT INTO tokens (id, name, hash, role, scopes, created_at)"
                         " VALUES (1, 'old', 'h', 'viewer', '', 't')"));
    AuditEntry entry{.number = 1, .time = "t", .event = {"local root", "token.add", "token 1", "ok"}};
    entry.hash = audit_hash("", entry);
    ASSERT_TRUE(
        database.execute("INSERT INTO audit_log (number, time, who, action, object, result, hash)"
                         " VALUES (1, 't', 'local root', 'token.add', 'token 1', 'ok', '" +
                         entry.hash + "')"));
  }

  NewDatabase database_;
};

TEST_P(MigrationTest, KeepsWhatWasThere) {
  make_earlier(GetParam());
  auto store = Store::open(database_);
  ASSERT_TRUE(store) << store.error().message();
  EXPECT_EQ(store->summary()->hosts, 3);
  EXPECT_EQ(store->hosts({.cve = "CVE-2026-53249"})->items.size(), 3u);
  EXPECT_EQ(store->reports(host_id(3), INT64_MAX, 10)->items.at(0).id, 3);
  auto changed = report_of(3, HostState::kFailed);
  EXPECT_EQ(store->add(changed, kNow).value(), Admission::kTaken);
  EXPECT_EQ(store->reports(host_id(3), INT64_MAX, 10)->items.at(0).id, 4) << "numbers go on";

  auto tokens = *AccessStore::open(database_);
  const auto known = tokens.verify();
  ASSERT_TRUE(known) << known.error().message();
  EXPECT_EQ(known->number, GetParam() >= kTokensStep ? 1 : 0);
  EXPECT_EQ(*tokens.any_token(), GetParam() >= kTokensStep);
  ASSERT_TRUE(tokens.record({"w", "a", "o", "ok"}, kNow));
  EXPECT_TRUE(tokens.verify());
  if (GetParam() >= kKeysStep) {
    EXPECT_EQ(store->add(report_of(2), kNow).value(), Admission::kUnsigned);
  }
  auto raw = database_.raw();
  EXPECT_EQ(raw.backend().schema_mark()->version, static_cast<std::int64_t>(fleet_schema().steps.size()));
  EXPECT_EQ(raw.backend().schema_mark()->application, kApplicationId);
}

INSTANTIATE_TEST_SUITE_P(From, MigrationTest, testing::Range<std::size_t>(1, fleet_schema().steps.size()));

TEST(MigrationRefuses, AnotherProgramsDatabase) {
  const NewDatabase database;
  ASSERT_TRUE(database.execute("CREATE TABLE theirs (x INTEGER)"));
  auto store = AccessStore::open(database);
  EXPECT_EQ((store ? store->any_token().error() : store.error()).code, "store.foreign");
}

TEST(MigrationRefuses, ALaterProgramsDatabase) {
  const NewDatabase database;
  ASSERT_TRUE(Store::open(database)->check());
  ASSERT_TRUE(database.execute("PRAGMA user_version = 99", "UPDATE suture_schema SET version = 99"));
  auto store = AccessStore::open(database.again());
  EXPECT_EQ((store ? store->any_token().error() : store.error()).code, "store.newer");
}

}  // namespace
}  // namespace suture::server
