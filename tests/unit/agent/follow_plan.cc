// SPDX-License-Identifier: Apache-2.0
//
// How far a rollout lets a host go: what the server answers, what is kept of it, and what the host does then.
#include <gmock/gmock.h>
#include <spdlog/spdlog.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/control.h"
#include "agent/history.h"
#include "answering_server.h"
#include "fixture.h"

namespace suture {
namespace {

using testing::Contains;
using testing::HasSubstr;

/// A channel with several levels, of which the policy chooses as it does of a repository's.
class Channel : public PreparedSource {
 public:
  using PreparedSource::PreparedSource;
  Result<Answer> ask(const Question& question) override {
    asked = question;
    if (!refusal.empty()) return fail(refusal, "fetch", "as the test wants it");
    Catalog catalog{.stream = {"stable", "debian"}, .build_id = question.kernel.build_id};
    for (const std::uint32_t one : levels) {
      level = one;
      AvailablePatchset patchset{.level = one, .published = "2026-11-24T10:00:00Z"};
      patchset.module.sha256 = sha256_hex(module_of_level());
      catalog.levels.push_back(patchset);
    }
    policy.highest = question.highest;
    policy.plan = question.plan;
    std::tm noon{};
    noon.tm_hour = 12;
    const Choice choice =
        choose(policy, catalog, question.applied, question.time, noon, question.asked, question.quarantined);
    Answer answer{.newest = choice.newest == nullptr ? 0 : choice.newest->level,
                  .waits = choice.waits,
                  .leave = choice.leave,
                  .plan_gone = choice.plan_gone};
    if (choice.install != nullptr) {
      level = choice.install->level;
      answer.offer = TRY(offer(question.kernel, question.known));
    }
    return answer;
  }

  std::vector<std::uint32_t> levels = {1, 2, 3};
  InstallPolicy policy{};
};

struct Follower : Host {
  Follower() {
    // Nobody answers there: the server is away, and what was kept counts.
    config.server = "https://127.0.0.1:1";
    EXPECT_TRUE(write_file(config.machine_id, std::string(32, 'a') + "\n"));
  }
  Agent agent(std::function<void(Step)> watch = {}) { return {config, kernel, channel, std::move(watch)}; }
  Result<Outcome> update(Asked asked = Asked::kByTimer) { return agent().update(asked); }
  void plan(std::optional<Plan> plan) const {
    AgentState kept = state();
    kept.plan = std::move(plan);
    EXPECT_TRUE(write_state(config.state / "state.json", kept));
  }
  std::uint32_t level() const { return kernel.observe()->level; }
  bool journal_is_empty() const {
    return Journal(config.state / "journal.json").pending().value() == std::nullopt;
  }

  Channel channel{folder.path() / "state/spool"};
};

Plan up_to(std::uint32_t level) {
  return {.level = level, .urgent = false, .rollout = "12", .reason = "wave 2 of 4"};
}

TEST(Plans, WithoutOneAHostIsAsItWas) {
  Follower host;
  EXPECT_EQ(host.update().value(), Outcome::kApplied);
  EXPECT_EQ(host.level(), 3u);
}

TEST(Plans, AreALimitForTheTimerAndForPeople) {
  for (const Asked asked : {Asked::kByTimer, Asked::kByAdministrator}) {
    Follower host;
    host.plan(up_to(2));
    EXPECT_EQ(host.update(asked).value(), Outcome::kApplied);
    EXPECT_EQ(host.level(), 2u);
    EXPECT_EQ(host.update(asked).value(), Outcome::kWaiting);
    const AgentStatus status = host.agent().status().value();
    EXPECT_EQ(status.newest, 3u);
    EXPECT_EQ(status.waits, "level 2 at most: wave 2 of 4 (rollout 12)");
    EXPECT_EQ(status.plan, up_to(2));
    // The next wave.
    host.plan(up_to(3));
    EXPECT_EQ(host.update(asked).value(), Outcome::kApplied);
    EXPECT_EQ(host.level(), 3u);
    EXPECT_EQ(host.agent().status()->waits, "");
  }
}

TEST(Plans, BringAHostBackAndKeepItThere) {
  Follower host;
  ASSERT_TRUE(host.update());
  host.plan(up_to(1));
  EXPECT_EQ(host.update().value(), Outcome::kWentBack);
  EXPECT_EQ(host.level(), 1u);
  EXPECT_EQ(host.stored(), 1u);
  EXPECT_TRUE(host.journal_is_empty());
  EXPECT_FALSE(host.state().held);
  EXPECT_FALSE(host.state().error);
  EXPECT_EQ(host.update().value(), Outcome::kWaiting);
  EXPECT_EQ(host.level(), 1u);
  const auto events = read_history(host.config.state).value();
  EXPECT_EQ(events.back().what, "withdrawn");
  EXPECT_EQ(events.back().from, 3u);
  EXPECT_EQ(events.back().to, 1u);
  EXPECT_EQ(events.back().reason, "level 1 at most: wave 2 of 4 (rollout 12)");
  // Until the plan lets it.
  host.plan(up_to(3));
  EXPECT_EQ(host.update().value(), Outcome::kApplied);
  EXPECT_EQ(host.level(), 3u);
}

TEST(Plans, OfNoLevelTakeItOut) {
  Follower host;
  ASSERT_TRUE(host.update());
  host.plan(up_to(0));
  EXPECT_EQ(host.update().value(), Outcome::kWentBack);
  EXPECT_EQ(host.level(), 0u);
  EXPECT_EQ(host.stored(), 0u);
  EXPECT_FALSE(host.state().held);
  EXPECT_EQ(host.update().value(), Outcome::kWaiting);
  EXPECT_EQ(host.level(), 0u);
  EXPECT_EQ(host.agent().status()->report.state, HostState::kUnpatched);
  EXPECT_EQ(read_history(host.config.state)->back().reason, "no level: wave 2 of 4 (rollout 12)");
}

TEST(Plans, StayWithALevelThatTheChannelCannotGoBackFrom) {
  Follower host;
  ASSERT_TRUE(host.update());
  host.channel.levels = {2, 3};
  host.plan(up_to(1));
  const auto outcome = host.update();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, "plan.level-gone");
  EXPECT_EQ(host.level(), 3u);
  EXPECT_EQ(host.agent().status()->report.state, HostState::kFailed);
  EXPECT_EQ(host.agent().status()->report.error->code, "plan.level-gone");
  EXPECT_FALSE(is_worth_a_retry("plan.level-gone"));
  // The next plan mends it.
  host.plan(up_to(2));
  EXPECT_EQ(host.update().value(), Outcome::kWentBack);
  EXPECT_EQ(host.level(), 2u);
  EXPECT_FALSE(host.state().error);
}

TEST(Plans, YieldToAnAdministratorWhoTookTheLevelBack) {
  Follower host;
  ASSERT_TRUE(host.update());
  ASSERT_TRUE(host.agent().revert());
  Plan urgent = up_to(3);
  urgent.urgent = true;
  host.plan(urgent);
  EXPECT_EQ(host.update().value(), Outcome::kHeld);
  EXPECT_EQ(host.level(), 0u);
}

TEST(Plans, YieldToAHostThatIsHeld) {
  Follower host;
  ASSERT_TRUE(host.update());
  host.config.install.mode = host.channel.policy.mode = InstallPolicy::Mode::kHeld;
  host.plan(up_to(1));
  EXPECT_EQ(host.update().value(), Outcome::kUpToDate);
  EXPECT_EQ(host.level(), 3u);
  // Also over a boot.
  host.kernel.reboot("second");
  ASSERT_TRUE(host.agent().start());
  EXPECT_EQ(host.level(), 3u);
}

TEST(Plans, YieldToTheCommandBeforeAnApply) {
  Follower host;
  const auto no = host.folder.path() / "no";
  ASSERT_TRUE(write_file(no, "#!/bin/sh\necho 'not now'; exit 1\n", 0755));
  host.config.before_install = {no.string()};
  Plan urgent = up_to(2);
  urgent.urgent = true;
  host.plan(urgent);
  EXPECT_EQ(host.update().value(), Outcome::kVetoed);
  EXPECT_EQ(host.level(), 0u);
}

TEST(Plans, LeaveAnAdministratorWhereHeWentBackTo) {
  Follower host;
  ASSERT_TRUE(host.update());
  host.plan(up_to(2));
  const auto above = host.agent().revert_to(3);
  ASSERT_FALSE(above);
  EXPECT_EQ(above.error().code, "plan.level-above");
  EXPECT_EQ(host.level(), 3u);
  EXPECT_FALSE(host.state().pinned);
  EXPECT_EQ(host.agent().revert_to(1).value(), Outcome::kReverted);
  EXPECT_EQ(host.level(), 1u);
}

TEST(Plans, AreNotForgottenAtABoot) {
  Follower host;
  ASSERT_TRUE(host.update());
  host.plan(up_to(1));
  host.kernel.reboot("second");
  // The level before is not brought back on the way to the one that it may have.
  ASSERT_TRUE(host.agent().start());
  EXPECT_EQ(host.level(), 0u);
  EXPECT_EQ(host.update().value(), Outcome::kApplied);
  EXPECT_EQ(host.level(), 1u);
}

TEST(Plans, EndATransitionToALevelAboveThem) {
  Follower host;
  host.plan(up_to(2));
  ASSERT_TRUE(host.update());
  host.plan(up_to(3));
  host.config.stalled = Stalled::kWait;
  host.kernel.next_stalls = true;
  ASSERT_EQ(host.update().value(), Outcome::kTransition);
  EXPECT_TRUE(host.agent().status()->report.transition);
  host.kernel.next_stalls = false;
  // One that is not above is left under way.
  EXPECT_EQ(host.update().value(), Outcome::kTransition);
  host.plan(up_to(2));
  EXPECT_EQ(host.update().value(), Outcome::kApplied);
  EXPECT_EQ(host.level(), 2u);
  EXPECT_FALSE(host.kernel.stalls);
  EXPECT_EQ(host.state().transitioning, "");
}

TEST(Plans, AreNotFollowedByAHostThatIsTakenOutOfRollouts) {
  Follower host;
  host.plan(up_to(1));
  host.config.rollouts = false;
  EXPECT_EQ(host.update().value(), Outcome::kApplied);
  EXPECT_EQ(host.level(), 3u);
  EXPECT_FALSE(host.agent().status()->plan);
  EXPECT_FALSE(host.agent().status()->report.rollouts);
}

TEST(Plans, AreNotFollowedOnceTheServerIsAskedWithoutTls) {
  Follower host;
  host.plan(up_to(1));
  host.config.server = "http://127.0.0.1:1";
  EXPECT_EQ(host.update().value(), Outcome::kApplied);
  EXPECT_EQ(host.level(), 3u);
}

/// Ends the agent at the `nth` step of an update.
bool dies_at(Follower& host, int nth) {
  const pid_t child = ::fork();
  if (child == 0) {
    int seen = 0;
    static_cast<void>(host.agent([&](Step) {
                            if (++seen == nth) ::_exit(77);
                          })
                          .update(Asked::kByTimer));
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 77;
}

TEST(Plans, AreFollowedByAnAgentThatIsKilledAtAnyStepOfGoingBack) {
  for (const std::uint32_t to : {0u, 1u}) {
    int steps = 0;
    for (int nth = 1;; ++nth) {
      Follower host;
      ASSERT_TRUE(host.update());
      host.plan(up_to(to));
      if (!dies_at(host, nth)) break;
      ++steps;
      ASSERT_TRUE(host.agent().start()) << nth;
      EXPECT_TRUE(host.journal_is_empty());
      ASSERT_TRUE(host.update()) << nth;
      EXPECT_EQ(host.level(), to) << nth;
      EXPECT_FALSE(host.state().held) << nth;
      EXPECT_EQ(host.stored(), to == 0 ? 0u : 1u) << nth;
      EXPECT_EQ(host.state().plan, up_to(to)) << nth;
    }
    EXPECT_EQ(steps, to == 0 ? 2 : 4);
  }
}

/// With a server that answers.
class AnsweredPlans : public testing::Test {
 protected:
  static void SetUpTestSuite() { spdlog::set_level(spdlog::level::off); }
  void SetUp() override {
    certificate_.write_to(folder_.path());
    // For the user that the agent sends as.
    std::filesystem::permissions(folder_.path(), std::filesystem::perms(0755));
    ask(tls_);
    host_.config.tls_ca = folder_.path() / "server.crt";
  }
  void ask(const AnsweringServer& server) { host_.config.server = server.url(); }
  static std::string answer(const Plan& plan) {
    return json_text({{"accepted", true}, {"plan", to_json(plan)}});
  }

  TempDir folder_ = TempDir::make("suture-plans").value();
  server::TestCertificate certificate_{"suture"};
  AnsweringServer tls_{&certificate_};
  AnsweringServer plain_;
  Follower host_;
};

TEST_F(AnsweredPlans, AreKnownToAHostsFirstCheck) {
  tls_.answer(answer(up_to(1)));
  EXPECT_EQ(host_.update().value(), Outcome::kApplied);
  EXPECT_EQ(host_.level(), 1u);
  EXPECT_EQ(host_.state().plan, up_to(1));
  // It reports, checks, and reports what came of it.
  const auto reports = tls_.reports();
  ASSERT_EQ(reports.size(), 2u);
  EXPECT_EQ(parse_host_report(reports[0])->level, 0u);
  EXPECT_EQ(parse_host_report(reports[1])->level, 1u);
  EXPECT_TRUE(parse_host_report(reports[1])->rollouts);
  EXPECT_EQ(to_json(host_.agent().status().value()).at("plan"), to_json(up_to(1)));
}

TEST_F(AnsweredPlans, AreKeptWhileTheServerIsAwayOrOutOfOrder) {
  tls_.answer(answer(up_to(1)));
  ASSERT_TRUE(host_.update());
  for (const char* broken :
       {"", "<html>", "[]", R"({"plan": {"format": 2}})",
        R"({"plan": {"format": 1, "level": -1, "urgent": false, "rollout": "", "reason": ""}})"}) {
    tls_.answer(broken);
    EXPECT_EQ(host_.update().value(), Outcome::kWaiting) << broken;
    EXPECT_EQ(host_.state().plan, up_to(1)) << broken;
    // The report itself has arrived.
    EXPECT_FALSE(host_.agent().status()->report_error) << broken;
  }
  host_.config.server = "https://127.0.0.1:1";
  EXPECT_EQ(host_.update().value(), Outcome::kWaiting);
  EXPECT_EQ(host_.level(), 1u);
  EXPECT_EQ(host_.agent().status()->report_error->code, "agent.report-refused");
}

TEST_F(AnsweredPlans, AreOverWhenTheServerHasNone) {
  tls_.answer(answer(up_to(1)));
  ASSERT_TRUE(host_.update());
  tls_.answer(R"({"accepted": true})");
  EXPECT_EQ(host_.update().value(), Outcome::kApplied);
  EXPECT_EQ(host_.level(), 3u);
  EXPECT_FALSE(host_.state().plan);
}

TEST_F(AnsweredPlans, WithoutTlsAreNone) {
  tls_.answer(answer(up_to(1)));
  ASSERT_TRUE(host_.update());
  plain_.answer(answer(up_to(2)));
  ask(plain_);
  EXPECT_EQ(host_.update().value(), Outcome::kApplied);
  EXPECT_EQ(host_.level(), 3u);
  EXPECT_FALSE(host_.state().plan);
  // Nothing is asked of it before, as nothing would follow from its answer.
  EXPECT_EQ(plain_.reports().size(), 1u);
}

TEST_F(AnsweredPlans, OfAStrangerAreNone) {
  ASSERT_TRUE(write_file(folder_.path() / "other.crt", server::TestCertificate("other").pem()));
  host_.config.tls_ca = folder_.path() / "other.crt";
  tls_.answer(answer(up_to(0)));
  EXPECT_EQ(host_.update().value(), Outcome::kApplied);
  EXPECT_EQ(host_.level(), 3u);
  EXPECT_TRUE(tls_.reports().empty());
}

TEST_F(AnsweredPlans, AreInTheHistoryOncePerChange) {
  Plan plan = up_to(1);
  for (const char* reason : {"wave 2 of 4", "wave 2 of 4, nearly over"}) {
    plan.reason = reason;
    tls_.answer(answer(plan));
    ASSERT_TRUE(host_.update());
  }
  std::vector<std::string> planned;
  const auto events = read_history(host_.config.state).value();
  for (const Event& event : events) {
    if (event.what == "planned") planned.push_back(event.reason);
  }
  EXPECT_EQ(planned, std::vector<std::string>{"level 1 at most: wave 2 of 4 (rollout 12)"});
}

TEST_F(AnsweredPlans, ALevelThatDidHarmIsTold) {
  const auto no = host_.folder.path() / "no";
  ASSERT_TRUE(write_file(no, "#!/bin/sh\necho 'the shop does not answer'; exit 1\n", 0755));
  tls_.answer(answer(up_to(1)));
  ASSERT_TRUE(host_.update());
  host_.config.after_install = {no.string()};
  tls_.answer(answer(up_to(2)));
  EXPECT_EQ(host_.update().error().code, "agent.bad-sign");
  const HostReport last = parse_host_report(tls_.reports().back()).value();
  EXPECT_EQ(last.state, HostState::kFailed);
  EXPECT_EQ(last.error->code, "agent.bad-sign");
  EXPECT_EQ(last.quarantined, std::vector<std::uint32_t>{2});
  // Also once the host has gone to a good level, and has no error any more.
  host_.config.after_install.clear();
  EXPECT_EQ(host_.update().value(), Outcome::kApplied);
  EXPECT_EQ(host_.level(), 1u);
  EXPECT_EQ(parse_host_report(tls_.reports().back())->quarantined, std::vector<std::uint32_t>{2});
}

}  // namespace
}  // namespace suture
