// SPDX-License-Identifier: Apache-2.0
#include "agent/history.h"

#include <gmock/gmock.h>

#include <fstream>

#include "base/json.h"
#include "fixture.h"

namespace suture {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// "applied 0>1", one for each event.
std::vector<std::string> told(const std::vector<Event>& events) {
  std::vector<std::string> lines;
  for (const Event& event : events) {
    lines.push_back(event.what + " " + std::to_string(event.from) + ">" + std::to_string(event.to));
  }
  return lines;
}

std::vector<std::string> of(const Host& host) {
  return told(read_history(host.config.state).value());
}

void update(Host& host, std::uint32_t level, Asked asked = Asked::kByTimer) {
  host.source.level = level;
  const auto outcome = host.agent().update(asked);
  EXPECT_TRUE(outcome) << outcome.error().message();
}

TEST(History, OfAHostWithoutAnAgentIsEmpty) {
  const Host host;
  EXPECT_THAT(of(host), IsEmpty());
}

TEST(History, TellsWhatCameAndWent) {
  Host host;
  update(host, 1);
  update(host, 2);
  update(host, 2);
  ASSERT_TRUE(host.agent().revert());
  update(host, 2, Asked::kByAdministrator);
  EXPECT_THAT(of(host), ElementsAre("available 0>1", "applied 0>1", "available 1>2", "applied 1>2",
                                    "reverted 2>0", "applied 0>2"));
  const auto events = read_history(host.config.state).value();
  EXPECT_EQ(events[1].boot_id, host.kernel.boot_id);
  EXPECT_FALSE(events[1].time.empty());
}

TEST(History, TellsOfALevelThatWasGoneBackTo) {
  Host host;
  update(host, 2);
  host.source.level = 1;
  ASSERT_TRUE(host.agent().revert_to(1));
  const auto events = read_history(host.config.state).value();
  EXPECT_EQ(told(events).back(), "reverted 2>1");
}

TEST(History, TellsOfWithdrawnLevels) {
  Host host;
  update(host, 2);
  host.source.withdrawn[2] = "it hangs";
  update(host, 1);
  host.source.withdrawn[1] = "so does this";
  update(host, 0);
  const auto events = read_history(host.config.state).value();
  EXPECT_THAT(told(events), ElementsAre("available 0>2", "applied 0>2", "withdrawn 2>1", "withdrawn 1>0"));
  EXPECT_EQ(events[2].reason, "level 2 was withdrawn");
}

TEST(History, TellsOfAFailureOnceUntilItIsOver) {
  Host host;
  host.source.refusal = "repository.unreachable";
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(host.agent().update(Asked::kByTimer));
  host.source.refusal.clear();
  host.source.held_back = 1;
  EXPECT_TRUE(host.agent().update(Asked::kByTimer));
  host.source.refusal = "repository.unreachable";
  EXPECT_FALSE(host.agent().update(Asked::kByTimer));
  EXPECT_THAT(of(host), ElementsAre("failed 0>0", "available 0>1", "recovered 0>0", "failed 0>0"));
  const auto events = read_history(host.config.state).value();
  EXPECT_EQ(events.front().code, "repository.unreachable");
  EXPECT_THAT(events.front().reason, HasSubstr("as the test wants it"));
}

TEST(History, TellsOfBootsAndTheCrashGuard) {
  Host host;
  host.config.crash_window = std::chrono::seconds(600);
  {
    Agent agent = host.agent();
    agent.guard();
    ASSERT_TRUE(agent.update(Asked::kByTimer));
    ASSERT_TRUE(agent.confirm());
  }
  host.kernel.reboot("11111111-9d2e-4c57-8f11-0a1b2c3d4e5f");
  {
    Agent agent = host.agent();
    agent.guard();
    ASSERT_TRUE(agent.start());
  }
  host.kernel.reboot("22222222-9d2e-4c57-8f11-0a1b2c3d4e5f");
  Agent agent = host.agent();
  agent.guard();
  ASSERT_TRUE(agent.start());
  ASSERT_TRUE(agent.update(Asked::kByAdministrator));
  const auto events = read_history(host.config.state).value();
  EXPECT_THAT(told(events), ElementsAre("available 0>1", "applied 0>1", "confirmed 1>1", "applied 0>1",
                                        "quarantined 1>0", "released 0>1", "applied 0>1"));
  EXPECT_EQ(events[3].reason, "again, after a boot");
}

// The agent was killed between its history and its state, and does the same again.
TEST(History, WhatIsDoneAgainIsToldOnce) {
  Host host;
  update(host, 1);
  const AgentState state = host.state();
  ASSERT_TRUE(write_file(host.config.state / "state.json", json_text(Json{{"held", false},
                                                                          {"applied_boot_id", ""},
                                                                          {"changed_at", ""},
                                                                          {"checked_at", ""},
                                                                          {"newest", 1},
                                                                          {"waits", ""}})));
  ASSERT_TRUE(write_state(host.config.state / "state.json", state));
  EXPECT_THAT(of(host), ElementsAre("available 0>1", "applied 0>1"));
}

TEST(History, ATornLineIsPassedOver) {
  Host host;
  update(host, 1);
  std::ofstream(host.config.state / "history.jsonl", std::ios::app) << R"({"time":"2026-11-24T10:00:0)";
  update(host, 2);
  EXPECT_THAT(of(host), ElementsAre("available 0>1", "applied 0>1", "available 1>2", "applied 1>2"));
}

TEST(History, LinesThatAreNoEventsArePassedOver) {
  Host host;
  const std::string good = to_json(Event{.time = "t", .what = "applied", .to = 1}).dump();
  std::string text = "\n[]\n{}\nnull\n" + std::string(100'000, '{') + "\n\xff\xfe\n";
  for (const char* key : {"time", "event", "from", "to", "code", "reason", "boot_id"}) {
    Json broken = Json::parse(good);
    broken[key] = nullptr;
    text += broken.dump() + "\n";
    broken.erase(key);
    text += broken.dump() + "\n";
  }
  Json negative = Json::parse(good);
  negative["from"] = -1;
  ASSERT_TRUE(write_file(host.config.state / "history.jsonl", text + negative.dump() + "\n" + good));
  EXPECT_THAT(of(host), ElementsAre("applied 0>1"));
}

TEST(History, StaysSmall) {
  const TempDir folder = TempDir::make("suture-history").value();
  const std::filesystem::path file = folder.path() / "history.jsonl";
  for (int round = 0; round < 3; ++round) {
    ASSERT_TRUE(write_file(file, std::string(kMostHistory + 1, '\n')));
    ASSERT_TRUE(append_history(folder.path(), {{.what = "failed", .code = std::to_string(round)}}));
    EXPECT_LT(std::filesystem::file_size(file), 4096u);
    EXPECT_EQ(std::filesystem::file_size(folder.path() / "history.jsonl.1"), kMostHistory + 1);
  }
  // Of the one before the last, the one that is put away keeps what it had.
  ASSERT_TRUE(append_history(folder.path(), {{.what = "failed", .code = "last"}}));
  std::filesystem::rename(file, folder.path() / "history.jsonl.1");
  ASSERT_TRUE(append_history(folder.path(), {{.what = "recovered"}}));
  EXPECT_THAT(told(read_history(folder.path()).value()),
              ElementsAre("failed 0>0", "failed 0>0", "recovered 0>0"));
}

TEST(History, ALongReasonIsCutBetweenCharacters) {
  AgentState before;
  AgentState after;
  std::string message;
  for (int i = 0; i < 400; ++i) message += "\xc3\xa4";
  after.error = ReportedError{"a.code", "x" + message + "\nmore"};
  const auto events = events_between(before, after);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].reason.size(), 511u);
  EXPECT_EQ(events[0].reason.back(), '\xa4');
}

// What fills the disk must not keep the agent from its work.
TEST(History, ThatCannotBeWrittenStopsNothing) {
  Host host;
  std::filesystem::create_directories(host.config.state / "history.jsonl");
  update(host, 1);
  EXPECT_EQ(host.kernel.observe()->level, 1u);
  EXPECT_TRUE(host.state().wanted);
}

}  // namespace
}  // namespace suture
