// SPDX-License-Identifier: Apache-2.0
#include "agent/config.h"

#include <gtest/gtest.h>

#include "agent/daemon.h"

namespace suture {
namespace {

using std::chrono::seconds;

std::string refusal(std::string_view text) {
  const auto config = parse_config(text, "agent.toml");
  return config ? "" : config.error().message();
}

TEST(Config, TheLeastIsARepository) {
  const auto config = parse_config("repository = \"https://example.org/s/\"\n", "agent.toml");
  ASSERT_TRUE(config) << config.error().message();
  EXPECT_EQ(config->repository, "https://example.org/s");
  EXPECT_EQ(config->channel, "stable");
  EXPECT_EQ(config->interval, std::chrono::hours(4));
  EXPECT_EQ(config->state, "/var/lib/suture");
}

TEST(Config, EverySettingIsRead) {
  const auto config = parse_config(
      "repository = 'file:///srv/s'\nchannel = 'canary'\nserver = 'http://10.0.2.2:8080'\ninterval = '90s'\n"
      "transition_timeout = '2m'\ndownload_timeout = '1h'\nroot = '/r'\nstate = '/s'\nsocket = '/c'\n",
      "agent.toml");
  ASSERT_TRUE(config) << config.error().message();
  EXPECT_EQ(config->channel, "canary");
  EXPECT_EQ(config->server, "http://10.0.2.2:8080");
  EXPECT_EQ(config->interval, seconds(90));
  EXPECT_EQ(config->transition_timeout, seconds(120));
  EXPECT_EQ(config->download_timeout, seconds(3600));
  EXPECT_EQ(config->socket, "/c");
}

TEST(Config, ErrorsNameLineAndKey) {
  EXPECT_NE(refusal("repository = 'file:///s'\nintervall = '4h'\n").find("line 2, \"intervall\""),
            std::string::npos);
  EXPECT_NE(refusal("repository = 'file:///s'\ninterval = 4\n").find("not a string"), std::string::npos);
  EXPECT_NE(refusal("repository = 'ftp://s'\n").find("no https, http or file URL"), std::string::npos);
  EXPECT_NE(refusal("repository = \n").find("line 1"), std::string::npos);
  EXPECT_NE(refusal("repository = 'file:///s'\nchannel = '../x'\n").find("channel"), std::string::npos);
  EXPECT_NE(refusal("repository = 'file:///s'\nstate = 'here'\n").find("absolute"), std::string::npos);
  EXPECT_NE(refusal("repository = 'file:///s'\ninterval = '1s'\n").find("between"), std::string::npos);
  EXPECT_NE(refusal("").find("which repository"), std::string::npos);
}

TEST(Config, Durations) {
  EXPECT_EQ(parse_duration("2d").value(), seconds(172800));
  for (const char* text : {"", "s", "4", "4 h", "-4h", "4hh", "99999999999999999999s", "99999999d"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

TEST(Daemon, ChecksAreSpreadByATenth) {
  for (std::uint32_t random = 0; random < 100'000; random += 7) {
    const auto next = next_check(seconds(1000), random);
    ASSERT_GE(next, seconds(900));
    ASSERT_LE(next, seconds(1100));
  }
  EXPECT_EQ(next_check(seconds(5), 12345), seconds(5));
}

}  // namespace
}  // namespace suture
