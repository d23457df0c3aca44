// SPDX-License-Identifier: Apache-2.0
//
// What happens around an apply: commands that may veto, transitions that are left under way, bad signs.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"

namespace suture {
namespace {

using std::chrono::seconds;

struct Watcher : Host {
  Watcher() { say(""); }

  /// A daemon's agent.
  Agent daemon() {
    Agent started = agent();
    started.guard();
    EXPECT_TRUE(started.start());
    return started;
  }
  std::vector<std::string> command(const std::string& name, const std::string& body) const {
    const auto path = folder.path() / name;
    EXPECT_TRUE(write_file(path, "#!/bin/sh\n" + body + "\n", 0755));
    return {path.string()};
  }
  /// The kernel's log has these records.
  void say(const std::string& records) const { EXPECT_TRUE(write_file(config.kernel_log, records)); }
  std::uint32_t level() const { return kernel.observe()->level; }
  bool journal_is_empty() const {
    return Journal(config.state / "journal.json").pending().value() == std::nullopt;
  }
};

constexpr const char* kOlder =
    "4,9,1,-;WARNING: CPU: 0 PID: 1 at old.c:1 old_function+0x1/0x2\n4,10,2,-;</TASK>\n";
constexpr const char* kOurs =
    "4,11,3,-;WARNING: CPU: 0 PID: 7 at net/ipv4/ip_options.c:517 ip_options_get.suture+0x1/0x2 [suture_1]\n"
    " SUBSYSTEM=pci\n"
    "4,12,3,-;Modules linked in: suture_1(OEK)\n"
    "4,13,3,-; </TASK>\n";
constexpr const char* kForeign =
    "4,11,3,-;WARNING: CPU: 0 PID: 7 at fs/ext4/inode.c:1 ext4_evict_inode+0x1/0x2 [ext4]\n"
    "4,12,3,-;Modules linked in: suture_1(OEK)\n"
    "4,13,3,-; </TASK>\n";

TEST(BeforeInstall, IsToldWhatIsToCome) {
  Watcher host;
  const auto told = host.folder.path() / "told";
  host.config.before_install =
      host.command("before", "env | grep -c ^HOME= ; env | grep ^SUTURE_ | sort >" + told.string());
  ASSERT_EQ(host.agent().update(Asked::kByTimer).value(), Outcome::kApplied);
  EXPECT_EQ(read_text_file(told).value(),
            "SUTURE_ACTION=install\nSUTURE_CVES=CVE-2026-1\nSUTURE_FROM_LEVEL=0\n"
            "SUTURE_KERNEL=6.1.0-47-cloud-amd64\nSUTURE_LEVEL=1\n");
}

TEST(BeforeInstall, HasNothingOfTheAgentsEnvironment) {
  Watcher host;
  ASSERT_EQ(::setenv("SECRET_OF_THE_AGENT", "1", 1), 0);
  host.config.before_install = host.command("before", "[ -z \"$SECRET_OF_THE_AGENT\" ]");
  EXPECT_EQ(host.agent().update(Asked::kByTimer).value(), Outcome::kApplied);
  ::unsetenv("SECRET_OF_THE_AGENT");
}

TEST(BeforeInstall, ItsNoIsAVeto) {
  Watcher host;
  host.config.before_install =
      host.command("before", "echo one; echo 'the batch run is not over' >&2; exit 3");
  EXPECT_EQ(host.agent().update(Asked::kByTimer).value(), Outcome::kVetoed);
  EXPECT_EQ(host.level(), 0u);
  EXPECT_EQ(host.state().waits, "the batch run is not over");
  EXPECT_EQ(host.agent().status()->waits, "the batch run is not over");
  EXPECT_FALSE(host.state().error);
  EXPECT_TRUE(host.journal_is_empty());
  EXPECT_EQ(host.stored(), 0u);
  // An administrator changes the command's mind, not its word.
  EXPECT_EQ(host.agent().update(Asked::kByAdministrator).value(), Outcome::kVetoed);
  host.command("before", "exit 0");
  EXPECT_EQ(host.agent().update(Asked::kByTimer).value(), Outcome::kApplied);
  EXPECT_EQ(host.state().waits, "");
}

TEST(BeforeInstall, VetoesTheLevelAfterABootToo) {
  Watcher host;
  ASSERT_TRUE(host.agent().update(Asked::kByTimer));
  host.kernel.reboot("second");
  host.config.before_install = host.command("before", "echo \"not at $SUTURE_ACTION\"; exit 1");
  ASSERT_TRUE(host.agent().start());
  EXPECT_EQ(host.level(), 0u);
  EXPECT_EQ(host.state().waits, "not at boot");
  host.config.before_install.clear();
  EXPECT_EQ(host.agent().update(Asked::kByTimer).value(), Outcome::kApplied);
}

TEST(BeforeInstall, IsKilledAtItsTimeLimitWithWhatItStarted) {
  Watcher host;
  const auto pid = host.folder.path() / "pid";
  host.config.command_timeout = seconds(1);
  host.config.before_install = host.command("before", "sleep 1000 & echo $! >" + pid.string() + "; wait");
  EXPECT_EQ(host.agent().update(Asked::kByTimer).value(), Outcome::kVetoed);
  EXPECT_NE(host.state().waits.find("not finished after 1 s"), std::string::npos);
  const int child = std::stoi(read_text_file(pid).value());
  // Dead, though perhaps not waited for yet by whoever inherited it.
  const std::string stat = read_text_file("/proc/" + std::to_string(child) + "/stat").value_or("(sleep) Z");
  EXPECT_NE(stat.find(") Z"), std::string::npos) << stat;
}

TEST(BeforeInstall, ThatOthersMayChangeIsNotRun) {
  Watcher host;
  host.config.before_install = host.command("before", "exit 0");
  ASSERT_EQ(::chmod(host.config.before_install.front().c_str(), 0757), 0);
  const auto outcome = host.agent().update(Asked::kByTimer);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, "agent.command-unsafe");
  EXPECT_EQ(host.level(), 0u);
  EXPECT_TRUE(host.journal_is_empty());
}

TEST(BeforeInstall, InAFolderThatAnybodyMayWriteIsNotRun) {
  Watcher host;
  host.config.before_install = host.command("open/before", "exit 0");
  ASSERT_EQ(::chmod((host.folder.path() / "open").c_str(), 0777), 0);
  EXPECT_EQ(host.agent().update(Asked::kByTimer).error().code, "agent.command-unsafe");
}

TEST(BeforeInstall, ThatIsNotThereIsAnErrorAndNoYes) {
  Watcher host;
  host.config.before_install = {"/nowhere/before"};
  EXPECT_EQ(host.agent().update(Asked::kByTimer).error().code, "agent.command-unsafe");
  EXPECT_EQ(host.level(), 0u);
}

TEST(AfterInstall, ItsNoTakesTheLevelBackIntoQuarantine) {
  Watcher host;
  host.config.after_install = host.command("after", "echo 'the database does not answer'; exit 1");
  const auto outcome = host.agent().update(Asked::kByTimer);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, "agent.bad-sign");
  EXPECT_EQ(host.level(), 0u);
  EXPECT_EQ(host.agent().status()->quarantined, std::vector<std::uint32_t>{1});
  EXPECT_NE(host.agent().status()->quarantine_reasons.at(0).find("the database does not answer"),
            std::string::npos);
  EXPECT_FALSE(host.state().held);
  EXPECT_TRUE(host.journal_is_empty());
  // It stays away by the timer, and an administrator may try again.
  EXPECT_NE(host.agent().update(Asked::kByTimer).value(), Outcome::kApplied);
  host.command("after", "exit 0");
  EXPECT_EQ(host.agent().update(Asked::kByAdministrator).value(), Outcome::kApplied);
  EXPECT_TRUE(host.agent().status()->quarantined.empty());
}

TEST(AfterInstall, ItsNoIsOnlyToldIfThePolicySaysSo) {
  Watcher host;
  host.config.bad_sign_reverts = false;
  host.config.after_install = host.command("after", "exit 1");
  EXPECT_EQ(host.agent().update(Asked::kByTimer).error().code, "agent.bad-sign");
  EXPECT_EQ(host.level(), 1u);
  EXPECT_EQ(host.agent().status()->report.state, HostState::kFailed);
  EXPECT_TRUE(host.agent().status()->quarantined.empty());
}

TEST(Stalled, ATransitionLeftUnderWayIsRecordedWhenItEnds) {
  Watcher host;
  const auto ran = host.folder.path() / "ran";
  host.config.stalled = Stalled::kWait;
  host.config.after_install = host.command("after", "echo once >>" + ran.string());
  host.kernel.next_stalls = true;
  Agent agent = host.daemon();
  EXPECT_EQ(agent.update(Asked::kByTimer).value(), Outcome::kTransition);
  EXPECT_TRUE(agent.status()->transition);
  EXPECT_EQ(host.state().transitioning, host.kernel.boot_id);
  EXPECT_TRUE(host.journal_is_empty());
  // Nothing else is begun, by the timer or an administrator, though there is something newer.
  host.source.level = 2;
  EXPECT_EQ(agent.update(Asked::kByTimer).value(), Outcome::kTransition);
  EXPECT_EQ(agent.update(Asked::kByAdministrator).value(), Outcome::kTransition);
  EXPECT_EQ(host.source.asked.asked, Asked::kToKnow);
  EXPECT_EQ(agent.status()->newest, 2u);
  EXPECT_EQ(host.level(), 1u);
  EXPECT_FALSE(std::filesystem::exists(ran));
  // Its end is seen by the daemon's look.
  const auto now = std::chrono::steady_clock::now();
  ASSERT_TRUE(agent.watch(now));
  host.kernel.next_stalls = host.kernel.stalls = false;
  ASSERT_TRUE(agent.watch(now + seconds(60)));
  EXPECT_EQ(host.state().transitioning, "");
  EXPECT_EQ(read_text_file(ran).value(), "once\n");
  EXPECT_EQ(agent.update(Asked::kByTimer).value(), Outcome::kApplied);
  EXPECT_EQ(host.level(), 2u);
}

TEST(Stalled, ItsEndIsSeenByTheNextCheckAfterARestart) {
  Watcher host;
  host.config.stalled = Stalled::kWait;
  host.kernel.next_stalls = true;
  ASSERT_EQ(host.agent().update(Asked::kByTimer).value(), Outcome::kTransition);
  ASSERT_TRUE(host.agent().start());
  EXPECT_EQ(host.state().transitioning, host.kernel.boot_id);
  host.kernel.stalls = host.kernel.next_stalls = false;
  EXPECT_EQ(host.agent().update(Asked::kByTimer).value(), Outcome::kUpToDate);
  EXPECT_EQ(host.state().transitioning, "");
}

TEST(Stalled, ARebootBringsTheLevelThatWasOnItsWay) {
  Watcher host;
  host.config.stalled = Stalled::kWait;
  host.kernel.next_stalls = true;
  ASSERT_EQ(host.agent().update(Asked::kByTimer).value(), Outcome::kTransition);
  host.kernel.reboot("second");
  host.kernel.next_stalls = false;
  ASSERT_TRUE(host.agent().start());
  EXPECT_EQ(host.level(), 1u);
  EXPECT_EQ(host.state().transitioning, "");
  EXPECT_FALSE(host.state().error);
}

TEST(Stalled, AWithdrawnLevelIsLeftOnItsWay) {
  Watcher host;
  host.config.stalled = Stalled::kWait;
  host.kernel.next_stalls = true;
  ASSERT_EQ(host.agent().update(Asked::kByTimer).value(), Outcome::kTransition);
  host.source.withdrawn = {{1, "it hangs"}};
  EXPECT_EQ(host.agent().update(Asked::kByTimer).value(), Outcome::kWentBack);
  EXPECT_EQ(host.level(), 0u);
  EXPECT_EQ(host.state().transitioning, "");
}

TEST(Watch, ATraceThatNamesThePatchTakesItBack) {
  Watcher host;
  host.say(kOlder);
  Agent agent = host.daemon();
  ASSERT_EQ(agent.update(Asked::kByTimer).value(), Outcome::kApplied);
  EXPECT_TRUE(agent.status()->watched);
  const auto now = std::chrono::steady_clock::now();
  // What was said before the apply is not its doing.
  ASSERT_TRUE(agent.watch(now));
  EXPECT_EQ(host.level(), 1u);
  EXPECT_FALSE(host.state().error);
  host.say(std::string(kOlder) + kOurs);
  EXPECT_EQ(agent.watch(now), now + seconds(5)) << "looked before its time";
  EXPECT_EQ(host.level(), 1u);
  agent.watch(now + seconds(10));
  EXPECT_EQ(host.level(), 0u);
  EXPECT_EQ(agent.status()->quarantined, std::vector<std::uint32_t>{1});
  EXPECT_NE(agent.status()->quarantine_reasons.at(0).find("ip_options_get.suture"), std::string::npos);
  EXPECT_EQ(agent.watch(now + seconds(20)), std::nullopt);
  // And it is not brought back by the check that came with it, nor by a boot.
  host.kernel.reboot("second");
  host.daemon();
  EXPECT_EQ(host.level(), 0u);
}

TEST(Watch, WhatDoesNotNameThePatchIsToldOnce) {
  Watcher host;
  Agent agent = host.daemon();
  ASSERT_EQ(agent.update(Asked::kByTimer).value(), Outcome::kApplied);
  host.say(kForeign);
  const auto now = std::chrono::steady_clock::now();
  agent.watch(now);
  EXPECT_EQ(host.level(), 1u);
  ASSERT_TRUE(host.state().error);
  EXPECT_EQ(host.state().error->code, "agent.bad-sign");
  EXPECT_NE(host.state().error->message.find("ext4_evict_inode"), std::string::npos);
  ASSERT_TRUE(agent.update(Asked::kByTimer));
  agent.watch(now + seconds(10));
  EXPECT_FALSE(host.state().error);
}

TEST(Watch, ATraceThatIsStillBeingWrittenIsReadAgain) {
  Watcher host;
  Agent agent = host.daemon();
  ASSERT_TRUE(agent.update(Asked::kByTimer));
  const auto now = std::chrono::steady_clock::now();
  host.say("4,11,3,-;BUG: kernel NULL pointer dereference, address: 0000000000000000\n");
  agent.watch(now);
  EXPECT_FALSE(host.state().error);
  host.say(
      "4,11,3,-;BUG: kernel NULL pointer dereference, address: 0000000000000000\n"
      "4,12,3,-;RIP: 0010:ip_options_get.suture+0x1/0x2 [suture_1]\n4,13,3,-;---[ end trace 0 ]---\n");
  agent.watch(now + seconds(10));
  EXPECT_EQ(host.level(), 0u);
}

TEST(Watch, ACommandThatFailsTakesItBack) {
  Watcher host;
  host.config.health_command = host.command("health", "[ \"$SUTURE_ACTION $SUTURE_LEVEL\" = 'watch 1' ]");
  Agent agent = host.daemon();
  ASSERT_TRUE(agent.update(Asked::kByTimer));
  const auto now = std::chrono::steady_clock::now();
  agent.watch(now);
  EXPECT_EQ(host.level(), 1u);
  host.command("health", "echo 'requests fail'; exit 1");
  agent.watch(now + seconds(30));
  EXPECT_EQ(host.level(), 1u) << "it is run each minute";
  agent.watch(now + seconds(61));
  EXPECT_EQ(host.level(), 0u);
  EXPECT_NE(agent.status()->quarantine_reasons.at(0).find("requests fail"), std::string::npos);
}

TEST(Watch, EndsWithItsWindow) {
  Watcher host;
  Agent agent = host.daemon();
  ASSERT_TRUE(agent.update(Asked::kByTimer));
  const auto now = std::chrono::steady_clock::now();
  ASSERT_TRUE(agent.watch(now));
  agent.watch(now + seconds(301));
  EXPECT_FALSE(agent.status()->watched);
  host.say(kOurs);
  EXPECT_EQ(agent.watch(now + seconds(310)), std::nullopt);
  EXPECT_EQ(host.level(), 1u);
}

TEST(Watch, GoesOnInAnAgentThatWasStartedAgain) {
  Watcher host;
  ASSERT_TRUE(host.daemon().update(Asked::kByTimer));
  host.say(kOurs);
  Agent second = host.daemon();
  second.watch(std::chrono::steady_clock::now());
  EXPECT_EQ(host.level(), 0u);
}

TEST(Watch, CanBeTurnedOff) {
  Watcher host;
  host.config.health_window = {};
  Agent agent = host.daemon();
  ASSERT_TRUE(agent.update(Asked::kByTimer));
  host.say(kOurs);
  EXPECT_EQ(agent.watch(std::chrono::steady_clock::now()), std::nullopt);
  EXPECT_EQ(host.level(), 1u);
}

TEST(Watch, WithoutAKernelLogTheCommandStillCounts) {
  Watcher host;
  std::filesystem::remove(host.config.kernel_log);
  host.config.health_command = host.command("health", "exit 1");
  Agent agent = host.daemon();
  ASSERT_TRUE(agent.update(Asked::kByTimer));
  EXPECT_EQ(host.level(), 1u);
  agent.watch(std::chrono::steady_clock::now());
  EXPECT_EQ(host.level(), 0u);
}

/// The agent is killed at each step of an update with commands around it, and the next one finishes it.
TEST(KilledWithCommands, AtEachStep) {
  constexpr int kKilled = 77;
  std::vector<Step> seen;
  for (int nth = 1;; ++nth) {
    Watcher host;
    const auto asked = host.folder.path() / "asked";
    const auto ran = host.folder.path() / "ran";
    host.config.before_install = host.command("before", "echo 1 >>" + asked.string());
    host.config.after_install = host.command("after", "echo 1 >>" + ran.string());
    const pid_t child = ::fork();
    if (child == 0) {
      int steps = 0;
      Agent agent = host.agent([&](Step) {
        if (++steps == nth) ::_exit(kKilled);
      });
      static_cast<void>(agent.update(Asked::kByTimer));
      ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    if (WEXITSTATUS(status) != kKilled) break;
    const Step step = Journal(host.config.state / "journal.json").pending().value()->step;
    seen.push_back(step);
    // Killed while it was asked: nothing has happened, and it is asked again.
    EXPECT_EQ(host.level(), step == Step::kTransitioning || step == Step::kChecking ? 1u : 0u);
    ASSERT_TRUE(host.agent().start());
    EXPECT_TRUE(host.journal_is_empty());
    ASSERT_TRUE(host.agent().update(Asked::kByTimer));
    EXPECT_EQ(host.level(), 1u);
    EXPECT_EQ(read_text_file(ran).value(), "1\n") << name_of(step);
    EXPECT_FALSE(host.state().error);
  }
  EXPECT_EQ(seen, (std::vector<Step>{Step::kFetching, Step::kStoring, Step::kAsking, Step::kApplying,
                                     Step::kTransitioning, Step::kChecking}));
}

TEST(KilledWithCommands, InTheMiddleOfTakingABadLevelBackKeepsItAway) {
  constexpr int kKilled = 77;
  Watcher host;
  host.config.after_install = host.command("after", "echo no; exit 1");
  const pid_t child = ::fork();
  if (child == 0) {
    Agent agent = host.agent([&](Step step) {
      if (step == Step::kReverting) ::_exit(kKilled);
    });
    static_cast<void>(agent.update(Asked::kByTimer));
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_EQ(WEXITSTATUS(status), kKilled);
  EXPECT_EQ(host.level(), 1u);
  ASSERT_TRUE(host.agent().start());
  EXPECT_EQ(host.level(), 0u);
  EXPECT_EQ(host.agent().status()->quarantined, std::vector<std::uint32_t>{1});
}

}  // namespace
}  // namespace suture
