// SPDX-License-Identifier: Apache-2.0
#include "server/fleet/events.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "database.h"
#include "fleet.h"
#include "server/fleet/store.h"

namespace suture::server {
namespace {

using namespace std::chrono_literals;

const Store::Time kNow{1'800'000'000s};

class EventsTest : public testing::Test {
 protected:
  std::vector<Event> events(EventQuery query = {.after = 0}) {
    return store_.read([&](sql::Database& database) { return find_events(database, query); })->items;
  }
  std::vector<std::string> kinds() {
    std::vector<std::string> kinds;
    for (const Event& event : events()) kinds.push_back(event.what.kind);
    return kinds;
  }
  void append(const NewEvent& event) {
    ASSERT_TRUE(store_.write(
        [&](sql::Database& database) { return append_event(database, event, "2027-01-15T08:00:00Z"); }));
  }

  NewDatabase database_;
  Store store_ = *Store::open(database_);
};

using Kinds = std::vector<std::string>;

TEST_F(EventsTest, TellsOfANewHostOnce) {
  ASSERT_TRUE(store_.add(report_of(1), kNow));
  ASSERT_TRUE(store_.add(report_of(1), kNow + 60s));
  ASSERT_EQ(kinds(), Kinds{"host.new"});
  const Event event = events().front();
  EXPECT_EQ(event.what.host_id, host_id(1));
  EXPECT_EQ(event.what.subject, "web1");
  EXPECT_EQ(event.time, "2027-01-15T08:00:00Z");
}

TEST_F(EventsTest, TellsOfAnotherStateOrLevel) {
  ASSERT_TRUE(store_.add(report_of(1), kNow));
  auto report = report_of(1);
  report.level = 2;
  ASSERT_TRUE(store_.add(report, kNow));
  report.state = HostState::kFailed;
  report.error = ReportedError{"engine.stalled", "a task does not move"};
  ASSERT_TRUE(store_.add(report, kNow));
  report.uptime_seconds++;
  ASSERT_TRUE(store_.add(report, kNow));
  ASSERT_EQ(kinds(), (Kinds{"host.new", "host.state", "host.state"}));
  EXPECT_EQ(events()[1].what.text, "applied, level 2; before: applied, level 1");
  EXPECT_EQ(events()[1].what.severity, Severity::kInfo);
  EXPECT_EQ(events()[2].what.severity, Severity::kWarning);
  EXPECT_NE(events()[2].what.text.find("engine.stalled"), std::string::npos);
}

TEST_F(EventsTest, TellsOfACrashOncePerBoot) {
  ASSERT_TRUE(store_.add(report_of(1), kNow));
  for (const char* error : {"agent.quarantined", "agent.went-down"}) {
    auto report = report_of(1);
    report.boot_id = "11111111-0000-4000-8000-000000000000";
    report.error = ReportedError{error, "the machine went down"};
    ASSERT_TRUE(store_.add(report, kNow));
    ASSERT_TRUE(store_.add(report, kNow));
  }
  EXPECT_EQ(kinds(), (Kinds{"host.new", "host.crashed", "host.crashed"}));
  EXPECT_EQ(events()[1].what.severity, Severity::kCritical);
  auto other = report_of(1);
  other.boot_id = "22222222-0000-4000-8000-000000000000";
  other.error = ReportedError{"repository.unreachable", "no route"};
  ASSERT_TRUE(store_.add(other, kNow));
  EXPECT_EQ(kinds().size(), 3u);
}

TEST_F(EventsTest, WhatIsNotTakenTellsNothing) {
  const Signer signer{std::string(64, 'a'), 1};
  const Signer other{std::string(64, 'b'), 2};
  ASSERT_EQ(*store_.add(report_of(1), kNow, &signer), Admission::kTaken);
  ASSERT_EQ(*store_.add(report_of(1, HostState::kFailed), kNow, &other), Admission::kOtherKey);
  EXPECT_EQ(kinds(), Kinds{"host.new"});
}

TEST_F(EventsTest, AreRolledBackWithWhatCausedThem) {
  const auto done = store_.write([&](sql::Database& database) -> Result<void> {
    TRY(append_event(database, {.kind = "rollout.started"}, "2027-01-15T08:00:00Z"));
    return fail("rollout.bad", "start it", "it is none");
  });
  EXPECT_FALSE(done);
  EXPECT_TRUE(events().empty());
}

TEST_F(EventsTest, AreFoundInBothDirections) {
  for (int i = 1; i <= 5; ++i) append({.kind = i % 2 == 0 ? "a" : "b", .host_id = host_id(1)});
  EXPECT_EQ(events({.after = 2}).front().id, 3);
  EXPECT_EQ(events({.before = 3}).front().id, 2);
  EXPECT_EQ(events({.after = 0, .kind = "a"}).size(), 2u);
  EXPECT_EQ(events({.kind = "b", .limit = 2}).front().id, 5);
  EXPECT_EQ(events({.host_id = host_id(1), .severity = Severity::kInfo}).size(), 5u);
  EXPECT_TRUE(events({.host_id = host_id(2)}).empty());
  EXPECT_TRUE(events({.severity = Severity::kCritical}).empty());
}

TEST_F(EventsTest, KeepTheNewest) {
  for (int i = 1; i <= 10; ++i) append({.kind = "a"});
  ASSERT_TRUE(store_.write([](sql::Database& database) { return drop_old_events(database, 3); }));
  ASSERT_EQ(events().size(), 3u);
  EXPECT_EQ(events().front().id, 8);
  append({.kind = "a", .text = std::string(5000, 'x') + "\xff"});
  EXPECT_EQ(events().back().id, 11);
  EXPECT_EQ(events().back().what.text.size(), 512u);
}

TEST_F(EventsTest, HostsOfAnEarlierProgramAreNotNew) {
  ASSERT_TRUE(store_.add(report_of(1), kNow));
  ASSERT_TRUE(store_.write([](sql::Database& database) -> Result<void> {
    TRY(database.execute("DELETE FROM host_facts"));
    return database.execute("DELETE FROM events");
  }));
  ASSERT_TRUE(store_.read([](sql::Database& database) { return HostFactsStore::fill(database); }));
  ASSERT_TRUE(store_.add(report_of(1), kNow));
  EXPECT_TRUE(events().empty());
  ASSERT_TRUE(store_.add(report_of(1, HostState::kReverted), kNow));
  EXPECT_EQ(kinds(), Kinds{"host.state"});
}

}  // namespace
}  // namespace suture::server
