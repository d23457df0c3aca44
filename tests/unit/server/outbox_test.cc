// SPDX-License-Identifier: Apache-2.0
//
// Messages on their way, with events as the fleet appends them, and several servers on one database.
#include "server/notify/outbox.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "base/json.h"
#include "database.h"
#include "fleet.h"
#include "server/fleet/groups.h"
#include "server/schema.h"

namespace suture::server {
namespace {

using namespace std::chrono_literals;

const Store::Time kNow = std::chrono::sys_days{std::chrono::year{2027} / 1 / 15} + 8h;

class OutboxTest : public testing::Test {
 protected:
  Outbox open() const {
    auto opened = Outbox::open(base_.again(), {}, times_, {.name = "prod"});
    EXPECT_TRUE(opened) << opened.error().message();
    return *std::move(opened);
  }
  void happens(std::string kind, Severity severity, Store::Time when, int count = 1) {
    auto transaction = *sql::Transaction::begin(database_);
    for (int i = 0; i < count; ++i) {
      const auto done = append_event(database_,
                                     {.kind = kind,
                                      .host_id = "",
                                      .subject = fmt::format("web{}", i),
                                      .text = "something",
                                      .severity = severity},
                                     rfc3339(when));
      ASSERT_TRUE(done) << done.error().message();
    }
    ASSERT_TRUE(transaction.commit());
  }
  Receiver add(std::string name, std::chrono::seconds interval = 900s, std::vector<std::string> kinds = {}) {
    auto added = outbox_.add({.name = std::move(name),
                              .way = Way::kWebhook,
                              .url = "https://example.org",
                              .kinds = std::move(kinds),
                              .interval = interval},
                             "local test", kNow);
    EXPECT_TRUE(added) << added.error().message();
    return added->receiver;
  }
  std::int64_t gather(Store::Time now) {
    const auto made = outbox_.gather(now);
    EXPECT_TRUE(made) << made.error().message();
    return made.value_or(-1);
  }
  std::optional<Claimed> claim(Store::Time now) {
    auto claimed = outbox_.claim(now);
    EXPECT_TRUE(claimed) << claimed.error().message();
    return claimed.value_or(std::nullopt);
  }
  Message next(Store::Time now) {
    auto claimed = claim(now);
    if (!claimed) return {};
    EXPECT_TRUE(outbox_.finish(*claimed, "", false, now).value_or(false));
    return parse_message(claimed->message).value_or(Message());
  }

  NewDatabase base_;
  OutboxTimes times_{};
  Outbox outbox_ = open();
  sql::Database database_ = *base_.where().open();
};

TEST_F(OutboxTest, TenThousandHostsThatGoSilentAreOneMessage) {
  add("ops");
  happens("host.silent", Severity::kWarning, kNow, 10'000);
  EXPECT_EQ(gather(kNow + 5s), 0);  // more may follow
  EXPECT_EQ(gather(kNow + 20s), 1);
  EXPECT_EQ(gather(kNow + 21s), 0);
  const Message message = next(kNow + 21s);
  EXPECT_EQ(message.count, 10'000);
  EXPECT_EQ(message.fleet, "prod");
  EXPECT_FALSE(claim(kNow + 22s));
}

TEST_F(OutboxTest, WhatFollowsWithinTheIntervalIsOneMessageAfterIt) {
  add("ops", 900s);
  happens("host.silent", Severity::kWarning, kNow);
  EXPECT_EQ(gather(kNow + 20s), 1);
  for (int i = 1; i <= 50; ++i) {
    happens("host.silent", Severity::kWarning, kNow + i * 10s, 10);
    EXPECT_EQ(gather(kNow + i * 10s + 30s), 0) << i;
  }
  EXPECT_EQ(gather(kNow + 920s), 1);
  EXPECT_EQ(next(kNow + 920s).count, 1);
  EXPECT_EQ(next(kNow + 920s).count, 500);
}

TEST_F(OutboxTest, WhatIsCriticalDoesNotWaitForTheInterval) {
  add("ops", 3600s);
  happens("host.silent", Severity::kWarning, kNow);
  EXPECT_EQ(gather(kNow + 20s), 1);
  happens("rollout.halted", Severity::kCritical, kNow + 30s);
  EXPECT_EQ(gather(kNow + 60s), 0);
  EXPECT_EQ(gather(kNow + 80s), 1);
}

TEST_F(OutboxTest, TheLatestMayNotBeComplete) {
  times_.settle = 0s;
  outbox_ = open();
  add("ops", 0s);
  happens("host.silent", Severity::kWarning, kNow);
  EXPECT_EQ(gather(kNow + 4s), 0);
  EXPECT_EQ(gather(kNow + 5s), 1);
}

TEST_F(OutboxTest, EachReceiverHasWhatItWants) {
  add("all", 0s);
  const auto rollouts = add("rollouts", 0s, {"rollout"});
  happens("host.new", Severity::kInfo, kNow);
  happens("host.silent", Severity::kWarning, kNow);
  EXPECT_EQ(gather(kNow + 20s), 1);
  EXPECT_EQ(next(kNow + 20s).by_kind, (std::map<std::string, std::int64_t>{{"host.silent", 1}}));
  // What it does not want is behind it all the same.
  EXPECT_EQ((*outbox_.receiver(rollouts.id))->cursor, 2);
}

TEST_F(OutboxTest, AGroupHearsOfItsHostsAndOfWhatIsAboutNone) {
  Store store = *Store::open(base_);
  for (const unsigned number : {1u, 2u}) ASSERT_TRUE(store.add(report_of(number), kNow));
  ASSERT_TRUE(put_group(database_, "pilots", {.hosts = {host_id(1)}}, rfc3339(kNow)));
  ASSERT_TRUE(
      outbox_.add({.name = "ops", .way = Way::kWebhook, .url = "https://example.org", .group = "pilots"},
                  "local test", kNow));
  for (const std::string& host : {host_id(1), host_id(2), std::string()}) {
    ASSERT_TRUE(append_event(database_,
                             {.kind = "host.silent",
                              .host_id = host,
                              .subject = "x",
                              .text = "something",
                              .severity = Severity::kWarning},
                             rfc3339(kNow)));
  }
  EXPECT_EQ(gather(kNow + 20s), 1);
  const Message message = next(kNow + 20s);
  ASSERT_EQ(message.events.size(), 2u);
  EXPECT_EQ(message.events[0].what.host_id, host_id(1));
  EXPECT_EQ(message.events[1].what.host_id, "");
}

TEST_F(OutboxTest, WhatHappenedBeforeIsNotTold) {
  happens("host.silent", Severity::kWarning, kNow);
  add("ops", 0s);
  EXPECT_EQ(gather(kNow + 60s), 0);
}

TEST_F(OutboxTest, AMessageThatFailsIsTriedAgainUntilItIsDead) {
  times_.retries = {5s, 30s};
  outbox_ = open();
  const auto receiver = add("ops", 0s);
  happens("host.silent", Severity::kWarning, kNow);
  ASSERT_EQ(gather(kNow + 20s), 1);
  std::set<std::string> ids;
  Store::Time now = kNow + 20s;
  for (const auto wait : {5s, 30s, 0s}) {
    const auto claimed = claim(now);
    ASSERT_TRUE(claimed);
    ids.insert(parse_message(claimed->message)->id);
    EXPECT_TRUE(outbox_.finish(*claimed, "it answered 500", false, now).value_or(false));
    EXPECT_FALSE(claim(now + wait - 1s));
    now += wait;
  }
  EXPECT_EQ(ids.size(), 1u);
  EXPECT_FALSE(claim(now + 24h));
  EXPECT_EQ(outbox_.counts(receiver.id)->dead, 1);
  const auto rows = *outbox_.messages(receiver.id, "dead", INT64_MAX, 10);
  ASSERT_EQ(rows.items.size(), 1u);
  EXPECT_EQ(rows.items[0].error, "it answered 500");
  EXPECT_EQ(rows.items[0].attempts, 3);
  EXPECT_EQ(*outbox_.revive(receiver, "local test", now), 1);
  EXPECT_EQ(next(now).count, 1);
  EXPECT_EQ(outbox_.counts(receiver.id)->dead, 0);
}

TEST_F(OutboxTest, AReceiverThatIsGoneIsNotTriedAgain) {
  const auto receiver = add("ops", 0s);
  ASSERT_TRUE(outbox_.put_test(receiver, "local test", kNow));
  EXPECT_TRUE(*outbox_.finish(*claim(kNow), "it answered 410", true, kNow));
  EXPECT_EQ(outbox_.counts(receiver.id)->dead, 1);
}

TEST_F(OutboxTest, AClaimOfAServerThatDiedRunsOut) {
  const auto receiver = add("ops", 0s);
  ASSERT_TRUE(outbox_.put_test(receiver, "local test", kNow));
  const auto lost = claim(kNow);
  ASSERT_TRUE(lost);
  Outbox other = open();
  EXPECT_FALSE(*other.claim(kNow + 59s));
  const auto again = *other.claim(kNow + 60s);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->message, lost->message);
  // The one that was only slow must not undo what the other did.
  EXPECT_FALSE(*outbox_.finish(*lost, "timeout", false, kNow + 61s));
  EXPECT_TRUE(*other.finish(*again, "", false, kNow + 61s));
}

TEST_F(OutboxTest, AReceiverIsToldOneMessageAtATime) {
  const auto slow = add("slow", 0s);
  const auto quick = add("quick", 0s);
  ASSERT_TRUE(outbox_.put_test(slow, "local test", kNow));
  ASSERT_TRUE(outbox_.put_test(slow, "local test", kNow));
  ASSERT_TRUE(outbox_.put_test(quick, "local test", kNow));
  const auto first = claim(kNow);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->receiver.id, slow.id);
  EXPECT_EQ(claim(kNow)->receiver.id, quick.id);
  EXPECT_FALSE(claim(kNow));
  // One that fails does not hold up those behind it.
  EXPECT_TRUE(*outbox_.finish(*first, "no", false, kNow));
  EXPECT_NE(claim(kNow)->number, first->number);
}

TEST_F(OutboxTest, ServersOnOneDatabaseDeliverEachMessageOnce) {
  constexpr int kReceivers = 20;
  for (int i = 0; i < kReceivers; ++i) add(fmt::format("r{}", i), 0s);
  happens("host.silent", Severity::kWarning, kNow, 3);
  std::mutex mutex;
  std::vector<std::string> delivered;
  {
    std::vector<std::jthread> servers;
    for (int i = 0; i < 3; ++i) {
      servers.emplace_back([&] {
        Outbox mine = open();
        ASSERT_TRUE(mine.gather(kNow + 20s));
        for (;;) {
          const auto claimed = mine.claim(kNow + 20s);
          ASSERT_TRUE(claimed) << claimed.error().message();
          if (!*claimed) break;
          {
            const std::lock_guard lock(mutex);
            delivered.push_back((*claimed)->receiver.what.name);
          }
          ASSERT_TRUE(mine.finish(**claimed, "", false, kNow + 20s).value_or(false));
        }
      });
    }
  }
  EXPECT_EQ(delivered.size(), static_cast<std::size_t>(kReceivers));
  EXPECT_EQ(std::set(delivered.begin(), delivered.end()).size(), static_cast<std::size_t>(kReceivers));
}

TEST_F(OutboxTest, ReceiversComeAndGoWithTheirMessages) {
  const auto receiver = add("ops");
  EXPECT_TRUE(receiver.secret.starts_with("whsec_"));
  EXPECT_EQ(
      outbox_.add({.name = "ops", .way = Way::kWebhook, .url = "https://example.org"}, "local test", kNow)
          .error()
          .code,
      "notify.exists");
  ASSERT_TRUE(outbox_.put_test(receiver, "local test", kNow));
  const auto claimed = claim(kNow);
  ASSERT_TRUE(*outbox_.remove(receiver.id, "local test", kNow));
  EXPECT_FALSE(*outbox_.finish(*claimed, "", false, kNow));
  EXPECT_FALSE(*outbox_.remove(receiver.id, "local test", kNow));
  EXPECT_EQ(outbox_.counts(receiver.id)->waiting, 0);
  EXPECT_TRUE(outbox_.receivers(0, 10)->items.empty());
  EXPECT_GT(add("ops").id, receiver.id);
}

TEST_F(OutboxTest, WhatEndedLongAgoIsDropped) {
  const auto receiver = add("ops", 0s);
  ASSERT_TRUE(outbox_.put_test(receiver, "local test", kNow));
  EXPECT_TRUE(next(kNow).is_test());
  ASSERT_TRUE(outbox_.clean(kNow + 24h * 29));
  EXPECT_EQ(outbox_.messages(receiver.id, "", INT64_MAX, 10)->items.size(), 1u);
  ASSERT_TRUE(outbox_.clean(kNow + 24h * 31));
  EXPECT_TRUE(outbox_.messages(receiver.id, "", INT64_MAX, 10)->items.empty());
}

}  // namespace
}  // namespace suture::server
