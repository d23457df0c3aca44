// SPDX-License-Identifier: Apache-2.0
#include "advisory/watch_queue.h"

#include <sys/wait.h>
#include <unistd.h>

#include <set>

#include "advisory/follow.h"
#include "watch_place.h"

namespace suture {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using test::cve_number;
using test::cve_record;

class Queue : public test::WatchPlace {
 protected:
  QueuedFix fix(int number, std::int64_t priority = 0, const std::string& target = "6.1.0-47") {
    return {.cve = cve_number(number),
            .target = target,
            .fix_commits = {std::string(40, 'a')},
            .reason = "net/core/dev.c holds the lines",
            .priority = priority};
  }
  static std::string code(const Result<void>& result) { return result ? "ok" : result.error().code; }

  AdvisoryStore store = open();
  WatchQueue queue{store};
  Time now = wall_clock();
};

using WatchPlaceOnly = test::WatchPlace;

TEST_F(Queue, TheMostUrgentIsTakenFirstAndByOneOnly) {
  ASSERT_TRUE(queue.add(fix(1, 10), now).value());
  ASSERT_TRUE(queue.add(fix(2, 30), now).value());
  ASSERT_TRUE(queue.add(fix(3, 30), now).value());
  const auto first = queue.take("forge", hours(1), now).value();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->fix, fix(2, 30));
  EXPECT_EQ(first->builder, "forge");
  EXPECT_EQ(first->tries, 1u);
  EXPECT_EQ(queue.take("other", hours(1), now).value()->fix.cve, cve_number(3));
  EXPECT_EQ(queue.take("other", hours(1), now).value()->fix.cve, cve_number(1));
  EXPECT_FALSE(queue.take("other", hours(1), now).value());
}

TEST_F(Queue, ABuilderThatDiedGivesItBackByTheEndOfItsLease) {
  ASSERT_TRUE(queue.add(fix(1), now));
  const auto id = queue.take("dead", hours(1), now).value()->id;
  EXPECT_FALSE(queue.take("other", hours(1), now + minutes(59)).value());
  const auto again = queue.take("other", hours(1), now + hours(1)).value();
  ASSERT_TRUE(again);
  EXPECT_EQ(again->id, id);
  EXPECT_EQ(again->tries, 2u);
  // It was only slow.
  EXPECT_EQ(code(queue.finish(id, "dead", "", now)), "watch.not-taken");
  EXPECT_EQ(code(queue.keep(id, "dead", hours(1), now)), "watch.not-taken");
  EXPECT_EQ(code(queue.finish(id, "other", "level 8", now)), "ok");
  EXPECT_TRUE(queue.list()->empty());
  EXPECT_EQ(queue.list(true)->at(0).outcome, "level 8");
}

TEST_F(Queue, ALeaseIsMadeLonger) {
  ASSERT_TRUE(queue.add(fix(1), now));
  const auto id = queue.take("forge", hours(1), now).value()->id;
  EXPECT_EQ(code(queue.keep(id, "forge", hours(2), now + minutes(50))), "ok");
  EXPECT_FALSE(queue.take("other", hours(1), now + hours(2)).value());
  EXPECT_EQ(code(queue.lose(id, "forge", "no disk", now)), "ok");
  EXPECT_TRUE(queue.take("other", hours(1), now).value());
}

TEST_F(Queue, WhatIsDoneWaitsAgainOnlyForAnotherFix) {
  ASSERT_TRUE(queue.add(fix(1), now).value());
  EXPECT_FALSE(queue.add(fix(1, 50), now).value());
  EXPECT_EQ(queue.list()->at(0).fix.priority, 50);
  const auto id = queue.take("forge", hours(1), now).value()->id;
  EXPECT_EQ(code(queue.fail_with(id, "forge", "build.does-not-compile", now)), "ok");
  EXPECT_FALSE(queue.add(fix(1), now).value());
  EXPECT_FALSE(queue.take("forge", hours(1), now).value());
  QueuedFix other = fix(1);
  other.fix_commits.push_back(std::string(40, 'b'));
  EXPECT_TRUE(queue.add(other, now).value());
  EXPECT_EQ(queue.take("forge", hours(1), now).value()->fix, other);
}

TEST_F(Queue, ATargetIsAskedForByName) {
  ASSERT_TRUE(queue.add(fix(1, 10, "6.1.0-47"), now));
  ASSERT_TRUE(queue.add(fix(1, 0, "6.12.1"), now));
  EXPECT_EQ(queue.take("forge", hours(1), now, "6.12.1").value()->fix.target, "6.12.1");
  EXPECT_FALSE(queue.take("forge", hours(1), now, "6.12.1").value());
}

// Several builders at once, each a process: nobody gets what another has. SQLite's connections do not survive
// a fork, so none is open then.
TEST_F(WatchPlaceOnly, BuildersDoNotGetInEachOthersWay) {
  constexpr int kFixes = 60;
  constexpr int kBuilders = 4;
  const Time now = wall_clock();
  {
    AdvisoryStore store = open();
    for (int i = 0; i < kFixes; i++) {
      ASSERT_TRUE(WatchQueue(store).add({.cve = cve_number(i), .target = "6.1.0-47"}, now));
    }
  }
  std::vector<pid_t> children;
  for (int i = 0; i < kBuilders; i++) {
    children.push_back(fork());
    if (children.back() != 0) continue;
    AdvisoryStore own = open();
    WatchQueue mine(own);
    const std::string name = "builder-" + std::to_string(i);
    for (;;) {
      const auto entry = mine.take(name, hours(1), now);
      if (!entry) _exit(1);
      if (!*entry) _exit(0);
      if (!mine.finish((*entry)->id, name, "", now)) _exit(2);
    }
  }
  for (const pid_t child : children) {
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  AdvisoryStore store = open();
  const auto all = WatchQueue(store).list(true).value();
  ASSERT_EQ(all.size(), static_cast<std::size_t>(kFixes));
  for (const QueueEntry& entry : all) {
    EXPECT_EQ(entry.state, QueueState::kFinished);
    EXPECT_EQ(entry.tries, 1u);
  }
}

TEST_F(Queue, WhatChangesIsMatchedOnceAndQueued) {
  put_all(3);
  synced(store);
  std::set<std::string> asked;
  const WatchMatcher matcher = [&](const Advisory& advisory) -> Result<std::vector<QueuedFix>> {
    asked.insert(advisory.cve);
    if (advisory.cve == cve_number(1)) return fail("watch.test", "match", "it fails");
    if (advisory.voices[0].voice.title == "net: fixed by now") return std::vector<QueuedFix>();
    QueuedFix found = fix(0);
    found.cve = advisory.cve;
    return std::vector{found};
  };
  const HandedOver first = hand_over(store, matcher, now).value();
  EXPECT_EQ(first.looked_at, 3u);
  EXPECT_EQ(first.queued, 2u);
  ASSERT_EQ(first.unmatched.size(), 1u);
  EXPECT_EQ(first.unmatched[0].first, cve_number(1));
  EXPECT_EQ(hand_over(store, matcher, now)->looked_at, 0u);

  put(cve_number(0), cve_record(cve_number(0), "net: fixed by now"));
  std::filesystem::remove(records() / (cve_number(2) + ".json"));
  synced(store);
  asked.clear();
  const HandedOver second = hand_over(store, matcher, now).value();
  EXPECT_EQ(second.looked_at, 2u);
  EXPECT_EQ(second.withdrawn, 2u);
  EXPECT_THAT(asked, testing::ElementsAre(cve_number(0)));
  EXPECT_TRUE(queue.list()->empty());
  // And it is needed after all.
  put(cve_number(0), cve_record(cve_number(0), "net: not fixed"));
  synced(store);
  EXPECT_EQ(hand_over(store, matcher, now)->queued, 1u);
  EXPECT_EQ(queue.list()->size(), 1u);
}

}  // namespace
}  // namespace suture
