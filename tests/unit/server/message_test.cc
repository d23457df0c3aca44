// SPDX-License-Identifier: Apache-2.0
#include "server/notify/message.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "server/notify/mail_words.h"

namespace suture::server {
namespace {

using testing::HasSubstr;
using testing::Not;

Event event(std::int64_t id, std::string kind, std::string subject, Severity severity = Severity::kWarning) {
  return {.id = id,
          .time = "2026-11-27T15:00:00Z",
          .what = {.kind = std::move(kind),
                   .host_id = "",
                   .subject = std::move(subject),
                   .text = "something happened",
                   .severity = severity}};
}

Message message_of(const std::vector<Event>& events) {
  Message message{.id = "msg_1", .time = "2026-11-27T15:01:00Z", .fleet = "prod"};
  for (const Event& one : events) message.add(one);
  return message;
}

Message silent_hosts(std::int64_t count) {
  Message message = message_of({});
  for (std::int64_t i = 1; i <= count; ++i) message.add(event(i, "host.silent", fmt::format("web{}", i)));
  return message;
}

TEST(Message, TenThousandEventsAreCountedAndAFewAreTold) {
  const Message message = silent_hosts(10'000);
  EXPECT_EQ(message.count, 10'000);
  EXPECT_EQ(message.events.size(), kMostTold);
  EXPECT_EQ(message.events.front().id, 1);
  const Json data = to_json(message).at("data");
  EXPECT_EQ(data.at("omitted"), 10'000 - kMostTold);
  EXPECT_EQ(data.at("by_kind").at("host.silent"), 10'000);
  EXPECT_EQ(data.at("first_event"), 1);
  EXPECT_EQ(data.at("last_event"), 10'000);
}

TEST(Message, TheWorstIsToldHoweverLateItComes) {
  Message message = silent_hosts(1'000);
  message.add(event(1'001, "rollout.halted", "12", Severity::kCritical));
  EXPECT_EQ(message.events.front().what.kind, "rollout.halted");
  EXPECT_EQ(message.events.size(), kMostTold);
  EXPECT_EQ(message.severity, Severity::kCritical);
}

TEST(Message, IsReadBackAsItWasWritten) {
  const Message message = silent_hosts(70);
  const auto read = parse_message(to_json(message).dump());
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(to_json(*read), to_json(message));
}

TEST(Message, WhatSomebodyEditedIsAnError) {
  for (const char* text :
       {"", "{}", "[]", "{\"id\": 1}", "{\"id\": \"a\", \"timestamp\": \"b\", \"data\": []}"})
    EXPECT_FALSE(parse_message(text)) << text;
}

TEST(MailSubject, SaysFleetWhatAndHowMany) {
  EXPECT_EQ(mail_subject(silent_hosts(10'000)), "[prod] 10,000 hosts went silent");
  EXPECT_EQ(mail_subject(silent_hosts(1)), "[prod] web1 went silent");
  EXPECT_EQ(mail_subject(message_of({})), "[prod] test message of suture-server");
  EXPECT_EQ(mail_subject(message_of({event(1, "host.silent", "web1"), event(2, "host.silent", "web2"),
                                     event(3, "rollout.halted", "12", Severity::kCritical)})),
            "[prod] rollout 12 was halted, 2 hosts went silent");
  EXPECT_EQ(mail_subject(message_of({event(1, "host.new", "a"), event(2, "host.back", "b"),
                                     event(3, "rollout.started", "12"), event(4, "host.crashed", "c"),
                                     event(5, "host.new", "d")})),
            "[prod] c crashed, rollout 12 started, b is back, and 2 more");
  EXPECT_EQ(mail_subject(message_of({event(1, "disk.full", "a")})), "[prod] a");
}

TEST(MailBody, SaysWhatHappenedAndWhatToDo) {
  Message message = silent_hosts(10'000);
  message.link = "https://suture.example.org";
  const std::string body = mail_body(message, "ops");
  EXPECT_THAT(body, HasSubstr("10,000 hosts went silent\n"));
  EXPECT_THAT(body, HasSubstr("  2026-11-27T15:00:00Z  web1: something happened\n"));
  EXPECT_THAT(body, HasSubstr("and 9,985 more\n"));
  EXPECT_THAT(body, HasSubstr("systemctl status sutured"));
  EXPECT_THAT(body, HasSubstr("https://suture.example.org\n"));
  EXPECT_THAT(body, HasSubstr("\"ops\""));
  EXPECT_THAT(body, HasSubstr("msg_1"));
  EXPECT_THAT(mail_body(silent_hosts(2), "ops"), HasSubstr("/api/v1/events?after=0 "));
}

TEST(MailBody, WhatAHostCallsItselfStaysOnItsLine) {
  const std::string body = mail_body(message_of({event(1, "host.silent", "web1\n-- \nDo this:")}), "ops");
  EXPECT_THAT(body, Not(HasSubstr("\nDo this:")));
}

}  // namespace
}  // namespace suture::server
