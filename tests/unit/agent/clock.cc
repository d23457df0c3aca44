// SPDX-License-Identifier: Apache-2.0
#include "agent/clock.h"

#include <sys/stat.h>

#include "../repository/make.h"
#include "agent/repository_source.h"
#include "fixture.h"
#include "repository/role_keys.h"

namespace suture {
namespace {

using std::chrono::days;
using std::chrono::hours;

const Time kNow = parse_time("2026-11-24T10:00:00Z").value();

TEST(Clock, OneThatGoesOnIsFine) {
  EXPECT_TRUE(check_clock(kNow, ""));
  EXPECT_TRUE(check_clock(kNow, time_text(kNow - days(400))));
  EXPECT_TRUE(check_clock(kNow, time_text(kNow)));
  // Clocks are put right by a little.
  EXPECT_TRUE(check_clock(kNow, time_text(kNow + hours(24))));
  EXPECT_TRUE(check_clock(kNow, "yesterday"));
}

TEST(Clock, OneThatWentBackIsTold) {
  const auto told = check_clock(Time{}, time_text(kNow));
  ASSERT_FALSE(told);
  EXPECT_EQ(told.error().code, "agent.clock");
  EXPECT_NE(told.error().why.find("1970-01-01"), std::string::npos);
  EXPECT_NE(told.error().why.find("2026-11-24"), std::string::npos);
  EXPECT_FALSE(check_clock(kNow, time_text(kNow + hours(25))));
}

// The agent remembers a check that lies in the future: so its clock went back.
TEST(Clock, TheTimerWaitsForARightClockAndAnAdministratorNeedNot) {
  Host host;
  AgentState state;
  state.checked_at = time_text(wall_clock() + days(30));
  ASSERT_TRUE(write_state(host.config.state / "state.json", state));
  const auto by_timer = host.agent().update(Asked::kByTimer);
  ASSERT_FALSE(by_timer);
  EXPECT_EQ(by_timer.error().code, "agent.clock");
  EXPECT_EQ(host.state().error.value().code, "agent.clock");
  EXPECT_EQ(host.kernel.observe()->level, 0u);
  ASSERT_TRUE(host.agent().update(Asked::kByAdministrator));
  EXPECT_EQ(host.kernel.observe()->level, 1u);
  EXPECT_TRUE(host.agent().update(Asked::kByTimer));
}

// A clock that runs ahead: what is good looks expired, and the error says what to look at.
TEST(Clock, OneThatRunsAheadFindsExpiredMetadata) {
  test::Repository repository;
  const TempDir folder = test::scratch();
  FolderFetcher fetcher(repository.context.repository);
  auto client =
      test::must(RepositoryClient::open(folder.path(), fetcher, repository.metadata("1.root.json")));
  EXPECT_TRUE(client.refresh(repository.context.now));
  const auto late = client.refresh(repository.context.now + days(5000));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, "repository.expired");
  EXPECT_NE(late.error().hint.find("clock"), std::string::npos);
}

}  // namespace
}  // namespace suture
