// SPDX-License-Identifier: Apache-2.0
#include "server/backup/backup.h"

#include <gtest/gtest.h>

#include <sstream>

#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "database.h"
#include "fleet.h"
#include "server/access/access_store.h"
#include "server/fleet/store.h"
#include "server/schema.h"

namespace suture::server {
namespace {

using namespace std::chrono_literals;

const Store::Time kNow{1'800'000'000s};

class BackupTest : public testing::Test {
 protected:
  void fill(unsigned hosts) {
    auto store = *Store::open(database_);
    const Signer signer{std::string(64, 'a'), 5};
    for (unsigned i = 1; i <= hosts; ++i) {
      ASSERT_TRUE(store.add(report_of(i), kNow, i == 1 ? &signer : nullptr));
      const auto last = report_of(i, i % 10 == 0 ? HostState::kFailed : HostState::kApplied);
      if (i != 1) {
        ASSERT_TRUE(store.add(last, kNow + 60s));
      }
    }
    auto tokens = *AccessStore::open(database_);
    secret_ = tokens.add({.name = "ci"}, "local test", kNow)->secret;
    ASSERT_TRUE(tokens.revoke(1, "local test", kNow));
    secret_ = tokens.add({.name = "ci", .role = Role::kAdmin}, "local test", kNow)->secret;
  }
  std::string written() {
    const auto done = write_backup(database_, file_, kNow);
    EXPECT_TRUE(done) << done.error().message();
    return read_text_file(file_).value_or("");
  }
  /// The code of the refusal, which has left nothing.
  static std::string refusal(const std::string& bytes) {
    auto database = *sql::Database::open(":memory:");
    std::istringstream in(bytes);
    const auto done = restore_backup(database, in);
    EXPECT_EQ(database.backend().schema_mark()->tables, 0) << bytes.substr(0, 200);
    return done ? "" : done.error().code;
  }
  /// With a checksum that holds.
  static std::string sealed(const std::string& lines) {
    return lines + R"({"sha256":")" + sha256_hex(as_bytes(lines)) + "\"}\n";
  }
  static std::string unsealed(const std::string& bytes) {
    return bytes.substr(0, bytes.rfind("{\"sha256\""));
  }

  NewDatabase database_;
  TempDir folder_ = *TempDir::make("suture-backup");
  std::filesystem::path file_ = folder_.path() / "fleet.backup";
  std::string secret_;
};

TEST_F(BackupTest, RestoresAll) {
  fill(450);
  const auto mark = *AccessStore::open(database_)->verify();
  const std::string first = written();
  const NewDatabase other;
  const auto restored = restore_backup(other.where(), file_);
  ASSERT_TRUE(restored) << restored.error().message();
  EXPECT_EQ(restored->audit, mark);

  auto store = *Store::open(other);
  EXPECT_EQ(store.summary()->hosts, 450);
  EXPECT_EQ(store.summary()->by_state.at(1).hosts, 45);
  EXPECT_EQ(*parse_host_report(store.hosts({.limit = 1})->items.at(0).report), report_of(1));
  EXPECT_EQ(store.add(report_of(1), kNow).value(), Admission::kUnsigned) << "its key is known";
  const auto reports = store.reports(host_id(10), INT64_MAX, 10);
  EXPECT_EQ(reports->items.size(), 2u);
  ASSERT_TRUE(store.add(report_of(500), kNow));
  EXPECT_GT(store.reports(host_id(500), INT64_MAX, 1)->items.at(0).id,
            store.reports(host_id(450), INT64_MAX, 1)->items.at(0).id);
  auto tokens = *AccessStore::open(other);
  EXPECT_EQ((*tokens.find(secret_))->name, "ci");
  EXPECT_TRUE(tokens.tokens(0, 1)->items.at(0).revoked());
  EXPECT_TRUE(tokens.verify(mark));
  EXPECT_TRUE(tokens.record({"w", "a", "o", "ok"}, kNow));
  EXPECT_TRUE(tokens.verify(mark));
}

TEST_F(BackupTest, IsTheSameWhicheverDatabaseItWent) {
  fill(30);
  const std::string first = written();
  const NewDatabase other;
  ASSERT_TRUE(restore_backup(other.where(), file_));
  ASSERT_TRUE(write_backup(other, file_, kNow));
  EXPECT_EQ(*read_text_file(file_), first);
}

TEST_F(BackupTest, GoesFromOneKindOfDatabaseToTheOther) {
  fill(30);
  const std::string first = written();
  const auto file = folder_.path() / "sqlite.db";
  ASSERT_TRUE(restore_backup(FleetDatabase(file), file_));
  ASSERT_TRUE(write_backup(FleetDatabase(file), file_, kNow));
  EXPECT_EQ(*read_text_file(file_), first);
  const NewDatabase back;
  ASSERT_TRUE(restore_backup(back.where(), file_));
  EXPECT_EQ(Store::open(back)->summary()->hosts, 30);
}

TEST_F(BackupTest, IsForItsOwnerOnly) {
  fill(1);
  written();
  EXPECT_EQ(std::filesystem::status(file_).permissions() & std::filesystem::perms(0777),
            std::filesystem::perms(0600));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_.path()), {}), 1) << "nothing beside it";
  EXPECT_EQ(write_backup(database_, folder_.path() / "none" / "x", kNow).error().code, "backup.file");
  EXPECT_EQ(restore_backup(FleetDatabase(":memory:"), folder_.path() / "none").error().code, "backup.file");
}

TEST_F(BackupTest, FillsEmptyDatabasesOnly) {
  fill(1);
  written();
  EXPECT_EQ(restore_backup(database_.where(), file_).error().code, "backup.not-empty");
  EXPECT_EQ(Store::open(database_)->summary()->hosts, 1);
}

TEST_F(BackupTest, EveryBitCounts) {
  fill(2);
  const std::string whole = written();
  EXPECT_EQ(refusal(whole.substr(0, whole.size() - 1)), "backup.malformed");
  EXPECT_EQ(refusal(whole + "x"), "backup.malformed");
  for (std::size_t at = 0; at < whole.size(); at += 37) {
    std::string other = whole;
    other[at] = static_cast<char>(other[at] ^ 1);
    EXPECT_NE(refusal(other), "") << at;
  }
  for (std::size_t length = 0; length < whole.size(); length += 101) {
    EXPECT_EQ(refusal(whole.substr(0, length)), "backup.malformed") << length;
  }
}

TEST_F(BackupTest, RefusesWhatIsNoBackup) {
  fill(2);
  const std::string lines = unsealed(written());
  const std::string head = lines.substr(0, lines.find('\n') + 1);
  const auto with = [&](const std::string& what, const std::string& instead) {
    std::string other = lines;
    const auto at = other.find(what);
    EXPECT_NE(at, std::string::npos) << what;
    other.replace(at, what.size(), instead);
    return refusal(sealed(other));
  };
  EXPECT_EQ(with("\"suture_backup\":1", "\"suture_backup\":2"), "store.newer");
  EXPECT_EQ(with("\"schema\":" + std::to_string(fleet_schema().steps.size()), "\"schema\":99"),
            "store.newer");
  EXPECT_EQ(with("\"schema\":" + std::to_string(fleet_schema().steps.size()), "\"schema\":0"),
            "backup.malformed");
  EXPECT_EQ(with("\"table\":\"hosts\"", "\"table\":\"hosts; DROP TABLE hosts\""), "backup.malformed");
  EXPECT_EQ(with("\"table\":\"host_cves\"", "\"table\":\"hosts\""), "backup.malformed");
  EXPECT_EQ(with("\"columns\":[\"host_id\"", "\"columns\":[\"id\""), "backup.malformed");
  EXPECT_EQ(with("\"" + host_id(1) + "\",", ""), "backup.malformed");
  EXPECT_EQ(with("\"" + host_id(1) + "\",", "1,"), "backup.malformed");
  EXPECT_EQ(with("\"applied\",1,", "\"applied\",\"1\","), "backup.malformed");
  EXPECT_EQ(with("\"applied\",1,", "\"applied\",18446744073709551615,"), "backup.malformed");
  EXPECT_EQ(with("\"applied\",1,", "\"applied\",null,"), "store.unavailable")
      << "the database has a say, too";
  EXPECT_EQ(with("local test", "local tess"), "access.audit-broken");
  EXPECT_EQ(refusal(sealed(head)), "backup.malformed") << "without tables";
  EXPECT_EQ(refusal(sealed(head + "[1]\n")), "backup.malformed");
  EXPECT_EQ(refusal(sealed(head + "5\n")), "backup.malformed");
  EXPECT_EQ(refusal(sealed("[]\n")), "backup.malformed");
  EXPECT_EQ(refusal(sealed("")), "backup.malformed");
  EXPECT_EQ(refusal(sealed(head + std::string(5u << 20, ' ') + "\n")), "backup.malformed");
}

TEST_F(BackupTest, ABackupOfAnEarlierProgramIsTakenFurther) {
  auto database = *sql::Database::open(":memory:");
  sql::Schema first = fleet_schema();
  first.steps = first.steps.first(1);
  std::istringstream in(sealed(
      R"({"suture_backup":1,"schema":1,"made_at":"t","program":"p"})"
      "\n"
      R"({"table":"hosts","columns":["host_id","state","level","release","first_seen_at","received_at","report"],"last":0})"
      "\n"
      R"(["00000000000000000000000000000001","applied",1,"r","t","t","{}"])"
      "\n"
      R"({"table":"host_cves","columns":["cve","host_id"],"last":0})"
      "\n"
      R"({"table":"reports","columns":["id","host_id","received_at","report"],"last":9})"
      "\n"));
  const auto restored = restore_backup(database, in);
  ASSERT_TRUE(restored) << restored.error().message();
  EXPECT_EQ(database.backend().schema_mark()->version,
            static_cast<std::int64_t>(fleet_schema().steps.size()));
  EXPECT_EQ(*database.integer("SELECT count(*) FROM hosts"), 1);
  ASSERT_TRUE(
      database.execute("INSERT INTO reports (host_id, received_at, report)"
                       " VALUES ('00000000000000000000000000000001', 't', '{}')"));
  EXPECT_EQ(*database.integer("SELECT max(id) FROM reports"), 10) << "no number is given out twice";
}

TEST_F(BackupTest, ALogThatWasTamperedWithIsNotBackedUp) {
  fill(1);
  ASSERT_TRUE(database_.execute("DROP TRIGGER audit_log_is_fixed; UPDATE audit_log SET who = 'x'",
                                "DROP FUNCTION audit_log_is_fixed CASCADE; UPDATE audit_log SET who = 'x'"));
  EXPECT_EQ(write_backup(database_, file_, kNow).error().code, "access.audit-broken");
  EXPECT_FALSE(std::filesystem::exists(file_));
}

}  // namespace
}  // namespace suture::server
