// SPDX-License-Identifier: Apache-2.0
#include "server/notify/receiver.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace suture::server {
namespace {

using namespace std::chrono_literals;

constexpr ReceiverRules kRules{.mail = true, .plain_http = false};

std::string why(std::string_view text, const ReceiverRules& rules = kRules) {
  const auto read = parse_new_receiver(text, rules);
  if (read) return "taken";
  EXPECT_TRUE(read.error().code == "notify.receiver" || read.error().code.starts_with("json."));
  return read.error().why;
}

TEST(NewReceiver, MailWithWhatIsLeftOut) {
  const auto read = parse_new_receiver(R"({"name": "ops", "way": "mail", "to": ["a@example.org"]})", kRules);
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->way, Way::kMail);
  EXPECT_EQ(read->to, std::vector<std::string>{"a@example.org"});
  EXPECT_EQ(read->severity, Severity::kWarning);
  EXPECT_EQ(read->interval, 900s);
  EXPECT_TRUE(read->kinds.empty());
}

TEST(NewReceiver, WebhookWithAll) {
  const auto read = parse_new_receiver(
      R"({"name": "chat", "way": "webhook", "url": "https://example.org/x", "kinds": ["host.silent", "rollout"],
          "severity": "critical", "group": "pilots", "interval_seconds": 0})",
      kRules);
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->url, "https://example.org/x");
  EXPECT_EQ(read->kinds, (std::vector<std::string>{"host.silent", "rollout"}));
  EXPECT_EQ(read->severity, Severity::kCritical);
  EXPECT_EQ(read->interval, 0s);
  EXPECT_EQ(read->group, "pilots");
  const auto json = to_json(Receiver{.id = 3, .what = *read, .secret = "whsec_x"});
  EXPECT_EQ(json.at("url"), "https://example.org/x");
  EXPECT_EQ(json.dump().find("whsec_"), std::string::npos);
}

TEST(NewReceiver, IsRefusedWithTheReason) {
  const auto mail = [](const std::string& more) {
    return R"({"name": "ops", "way": "mail", "to": ["a@example.org"])" + more + "}";
  };
  EXPECT_EQ(why(mail("")), "taken");
  EXPECT_EQ(why(mail(""), {}), "this server was started without a mail server");
  EXPECT_EQ(why(mail(R"(, "url": "https://x")")), "\"url\" belongs to a webhook");
  EXPECT_EQ(why(mail(R"(, "secret": "x")")), "\"secret\" is not known");
  EXPECT_EQ(why(mail(R"(, "severity": "grave")")).substr(0, 10), "\"severity\"");
  EXPECT_EQ(why(mail(R"(, "kinds": ["host silent"])")), "what is in \"kinds\" is no kind of event");
  EXPECT_EQ(why(mail(R"(, "kinds": "host.silent")")), "\"kinds\" is not a list");
  EXPECT_EQ(why(mail(R"(, "interval_seconds": -1)")), "\"interval_seconds\" is not a number from 0 to 86400");
  EXPECT_EQ(why(mail(R"(, "interval_seconds": 1e99)")),
            "\"interval_seconds\" is not a number from 0 to 86400");
  EXPECT_EQ(why(R"({"name": "ops", "way": "mail", "to": []})"), "\"to\" names no address");
  EXPECT_EQ(why(R"({"name": "ops", "way": "mail", "to": ["a@b\r\nX: y"]})"),
            "what is in \"to\" is not a plain mail address");
  EXPECT_EQ(why(R"({"name": "a b", "way": "mail", "to": ["a@example.org"]})").substr(0, 6), "\"name\"");
  EXPECT_EQ(why(R"({"way": "mail", "to": ["a@example.org"]})").substr(0, 6), "\"name\"");
  EXPECT_EQ(why(R"({"name": "x", "way": "pigeon"})"), "\"way\" is neither \"mail\" nor \"webhook\"");
  EXPECT_EQ(why(R"({"name": "x", "way": "webhook", "url": "http://example.org"})"),
            "\"url\": without TLS only this machine is told");
  EXPECT_EQ(why(R"({"name": "x", "way": "webhook", "url": "https://a", "to": []})"),
            "\"to\" belongs to mail");
  for (const char* text : {"", "[]", "null", "{", "{\"name\": 1}"}) EXPECT_NE(why(text), "taken") << text;
  std::string many = R"({"name": "ops", "way": "mail", "to": ["a0@example.org")";
  for (int i = 1; i <= 20; ++i) many += ", \"a" + std::to_string(i) + "@example.org\"";
  EXPECT_EQ(why(many + "]}"), "\"to\" has more than 20");
}

TEST(Wanted, BySeverityAndKind) {
  NewReceiver receiver{.severity = Severity::kWarning};
  EXPECT_TRUE(is_wanted(receiver, {.kind = "host.silent", .severity = Severity::kWarning}));
  EXPECT_TRUE(is_wanted(receiver, {.kind = "host.crashed", .severity = Severity::kCritical}));
  EXPECT_FALSE(is_wanted(receiver, {.kind = "host.new", .severity = Severity::kInfo}));
  receiver.kinds = {"rollout", "host.silent"};
  EXPECT_TRUE(is_wanted(receiver, {.kind = "rollout.halted", .severity = Severity::kCritical}));
  EXPECT_TRUE(is_wanted(receiver, {.kind = "host.silent", .severity = Severity::kWarning}));
  EXPECT_FALSE(is_wanted(receiver, {.kind = "host.crashed", .severity = Severity::kCritical}));
  EXPECT_FALSE(is_wanted(receiver, {.kind = "rollouts.made-up", .severity = Severity::kCritical}));
}

TEST(Words, ThereAndBack) {
  for (const auto& words : {std::vector<std::string>{}, {"a"}, {"a", "b.c", "d"}})
    EXPECT_EQ(words_of(words_text(words)), words);
}

}  // namespace
}  // namespace suture::server
