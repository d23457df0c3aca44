// SPDX-License-Identifier: Apache-2.0
#include "agent/config.h"

#include <gtest/gtest.h>

#include "base/file.h"

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
      "repository = 'file:///srv/s'\nchannel = 'canary'\nserver = 'http://10.0.2.2:8080'\nserver_token = "
      "'/t'\ninterval = '90s'\n"
      "transition_timeout = '2m'\ndownload_timeout = '1h'\nroot = '/r'\nstate = '/s'\nsocket = '/c'\n",
      "agent.toml");
  ASSERT_TRUE(config) << config.error().message();
  EXPECT_EQ(config->channel, "canary");
  EXPECT_EQ(config->server, "http://10.0.2.2:8080");
  EXPECT_EQ(config->server_token, "/t");
  EXPECT_EQ(config->interval, seconds(90));
  EXPECT_EQ(config->transition_timeout, seconds(120));
  EXPECT_EQ(config->download_timeout, seconds(3600));
  EXPECT_EQ(config->socket, "/c");
}

TEST(Config, RolloutsAreFollowedOverTlsAlone) {
  const auto follows = [](const std::string& text) {
    const auto config = parse_config("repository = 'file:///s'\n" + text, "agent.toml");
    return config ? follows_rollouts(*config) ? "yes" : "no" : config.error().code;
  };
  EXPECT_EQ(follows(""), "no");
  EXPECT_EQ(follows("server = 'https://fleet.example.org'\n"), "yes");
  EXPECT_EQ(follows("server = 'https://fleet.example.org'\nrollouts = 'false'\n"), "no");
  EXPECT_EQ(follows("server = 'https://fleet.example.org'\nrollouts = 'true'\n"), "yes");
  EXPECT_EQ(follows("server = 'http://fleet.example.org'\n"), "no");
  EXPECT_EQ(follows("server = 'http://127.0.0.1:8080'\n"), "no");
  EXPECT_EQ(follows("server = 'http://fleet.example.org'\nrollouts = 'false'\n"), "no");
  // Who wants them is told that there are none.
  EXPECT_EQ(follows("server = 'http://fleet.example.org'\nrollouts = 'true'\n"), "agent.config");
  EXPECT_EQ(follows("rollouts = 'true'\n"), "agent.config");
  EXPECT_EQ(follows("rollouts = 'yes'\n"), "agent.config");
}

TEST(Config, WhatHappensAroundAnApply) {
  const auto by_default = parse_config("repository = 'file:///s'\n", "agent.toml");
  EXPECT_EQ(by_default->stalled, Stalled::kRevert);
  EXPECT_EQ(by_default->health_window, seconds(300));
  EXPECT_TRUE(by_default->bad_sign_reverts);
  const auto config = parse_config(
      "repository = 'file:///s'\nstalled = 'signal'\nbefore_install = '/b  --now'\nafter_install = '/a'\n"
      "health_command = '/h'\nhealth_window = '0s'\ncommand_timeout = '5s'\nbad_sign = 'report'\n",
      "agent.toml");
  ASSERT_TRUE(config) << config.error().message();
  EXPECT_EQ(config->stalled, Stalled::kSignal);
  EXPECT_EQ(config->before_install, (std::vector<std::string>{"/b", "--now"}));
  EXPECT_EQ(config->after_install, std::vector<std::string>{"/a"});
  EXPECT_EQ(config->health_command, std::vector<std::string>{"/h"});
  EXPECT_EQ(config->health_window, seconds(0));
  EXPECT_EQ(config->command_timeout, seconds(5));
  EXPECT_FALSE(config->bad_sign_reverts);
  for (const char* wrong : {"stalled = 'force'", "before_install = 'b'", "after_install = ''",
                            "bad_sign = 'ignore'", "command_timeout = '0s'"}) {
    EXPECT_NE(refusal("repository = 'file:///s'\n" + std::string(wrong) + "\n"), "") << wrong;
  }
}

TEST(Config, EnginesInOrder) {
  const std::string rest = "repository = 'file:///s'\n";
  EXPECT_EQ(parse_config(rest, "t")->engines, (std::vector<std::string>{"klp", "stopmachine"}));
  EXPECT_EQ(parse_config(rest + "engine = 'stopmachine'\n", "t")->engines,
            std::vector<std::string>{"stopmachine"});
  EXPECT_EQ(parse_config(rest + "engine = ' stopmachine ,klp'\n", "t")->engines,
            (std::vector<std::string>{"stopmachine", "klp"}));
  for (const char* wrong : {"", ",", "klp,", "kpatch", "klp, klp", "klp stopmachine"}) {
    EXPECT_NE(refusal(rest + "engine = '" + wrong + "'\n").find("engine"), std::string::npos) << wrong;
  }
}

TEST(Config, ErrorsNameLineAndKey) {
  EXPECT_NE(refusal("repository = 'file:///s'\nintervall = '4h'\n").find("line 2, \"intervall\""),
            std::string::npos);
  EXPECT_NE(refusal("repository = 'file:///s'\ninterval = 4\n").find("not a string"), std::string::npos);
  EXPECT_NE(refusal("repository = 'ftp://s'\n").find("no https, http or file URL"), std::string::npos);
  EXPECT_NE(refusal("repository = \n").find("line 1"), std::string::npos);
  EXPECT_NE(refusal("repository = 'file:///s'\nchannel = '../x'\n").find("channel"), std::string::npos);
  EXPECT_NE(refusal("repository = 'file:///s'\nstate = 'here'\n").find("absolute"), std::string::npos);
  EXPECT_NE(refusal("repository = 'file:///s'\ninterval = '59s'\n").find("between"), std::string::npos);
  EXPECT_NE(refusal("repository = 'file:///s'\ninterval = '8d'\n").find("between"), std::string::npos);
  EXPECT_NE(refusal("").find("which repository"), std::string::npos);
}

TEST(Config, MetricsAreForThisMachineOnly) {
  const auto config = parse_config("repository = 'file:///s'\nmetrics = '127.0.0.1:9798'\n", "agent.toml");
  ASSERT_TRUE(config) << config.error().message();
  EXPECT_EQ(config->metrics, "127.0.0.1:9798");
  EXPECT_EQ(parse_config("repository = 'file:///s'\n", "agent.toml")->metrics, "");
  EXPECT_NE(refusal("repository = 'file:///s'\nmetrics = '0.0.0.0:9798'\n").find("other machines"),
            std::string::npos);
  EXPECT_NE(refusal("repository = 'file:///s'\nmetrics = '127.0.0.1'\n").find("line 2"), std::string::npos);
}

TEST(Config, ARepositoryMayHaveSeveralServers) {
  const auto config = parse_config("repository = 'https://a/s/, https://b/s,file:///c'\n", "agent.toml");
  ASSERT_TRUE(config) << config.error().message();
  EXPECT_EQ(repository_servers(*config),
            (std::vector<std::string>{"https://a/s", "https://b/s", "file:///c"}));
  EXPECT_NE(refusal("repository = 'https://a/s,'\n").find("no https, http or file URL"), std::string::npos);
  std::string many = "https://a";
  for (int i = 0; i < 16; i++) many += ", https://a";
  EXPECT_NE(refusal("repository = '" + many + "'\n").find("more than 16"), std::string::npos);
}

TEST(Config, WhoMayCallForACheck) {
  const auto server = [](const std::string& more) {
    return wake_server(parse_config("repository = 'file:///s'\n" + more, "agent.toml").value());
  };
  EXPECT_EQ(server(""), "");
  EXPECT_EQ(server("server = 'https://f/'\n"), "https://f");
  EXPECT_EQ(server("server = 'https://f/'\nwake = 'off'\n"), "");
  EXPECT_EQ(server("server = 'https://f/'\nwake = 'https://w/'\n"), "https://w");
  EXPECT_NE(refusal("repository = 'file:///s'\nwake = 'on'\n").find("URL"), std::string::npos);
  EXPECT_NE(refusal("repository = 'file:///s'\nwake = 'file:///w'\n").find("calls nobody"),
            std::string::npos);
}

TEST(Config, ARateIsBytesASecond) {
  const auto rate = [](const std::string& text) -> std::uint64_t {
    const auto config =
        parse_config("repository = 'file:///s'\ndownload_rate = '" + text + "'\n", "agent.toml");
    return config ? http_options(*config).rate : 0;
  };
  EXPECT_EQ(rate("500k"), 500'000u);
  EXPECT_EQ(rate("2M"), 2'000'000u);
  EXPECT_EQ(rate("1500"), 1500u);
  for (const char* wrong : {"", "0", "999", "k", "5 k", "5K", "-5k", "5kB", "18446744073709551615",
                            "18446744073709551616k", "100000000000000k"}) {
    EXPECT_EQ(rate(wrong), 0u) << wrong;
  }
}

class ConfigFiles : public testing::Test {
 protected:
  void put(const std::string& name, std::string_view text) const {
    ASSERT_TRUE(write_file(folder.path() / name, text));
  }
  Setting setting(const std::string& name) const {
    for (const Setting& one : explain_config(file).value()) {
      if (one.name == name) return one;
    }
    return {};
  }
  TempDir folder = TempDir::make("suture-config").value();
  std::filesystem::path file = folder.path() / "agent.toml";
};

TEST_F(ConfigFiles, DropInsCountInTheOrderOfTheirNames) {
  put("agent.toml", "repository = 'file:///s'\nchannel = 'stable'\ninterval = '1h'\n");
  put("agent.toml.d/20-b.toml", "channel = 'canary'\n");
  put("agent.toml.d/10-a.toml", "channel = 'testing'\ninstall = '24h'\n");
  put("agent.toml.d/note.txt", "no setting\n");
  const auto config = read_config(file);
  ASSERT_TRUE(config) << config.error().message();
  EXPECT_EQ(config->channel, "canary");
  EXPECT_EQ(config->install.delay, std::chrono::hours(24));
  EXPECT_EQ(config->interval, std::chrono::hours(1));
  EXPECT_EQ(setting("channel").value, "canary");
  EXPECT_TRUE(setting("channel").origin.ends_with("20-b.toml, line 1"));
  EXPECT_TRUE(setting("interval").origin.ends_with("agent.toml, line 3"));
  EXPECT_EQ(setting("window").origin, "");
}

TEST_F(ConfigFiles, ADropInThatIsWrongIsNamed) {
  put("agent.toml", "repository = 'file:///s'\n");
  put("agent.toml.d/10-a.toml", "\nchanel = 'testing'\n");
  const auto config = read_config(file);
  ASSERT_FALSE(config);
  EXPECT_NE(config.error().message().find("10-a.toml, line 2, \"chanel\""), std::string::npos);
}

TEST_F(ConfigFiles, WhatIsSetStaysAndCanBeTakenOut) {
  put("agent.toml", "repository = 'file:///s'\n");
  ASSERT_TRUE(set_in_config(file, "install", "2d"));
  ASSERT_TRUE(set_in_config(file, "window", "Sat 02:00-04:00"));
  EXPECT_EQ(read_config(file)->install.delay, std::chrono::hours(48));
  EXPECT_EQ(read_config(file)->install.windows.size(), 1u);
  ASSERT_TRUE(set_in_config(file, "install", ""));
  EXPECT_EQ(read_config(file)->install.delay, seconds(0));
  EXPECT_EQ(read_config(file)->install.windows.size(), 1u);
}

TEST_F(ConfigFiles, WhatCannotBeReadIsNotSet) {
  put("agent.toml", "repository = 'file:///s'\n");
  ASSERT_TRUE(set_in_config(file, "install", "2d"));
  EXPECT_FALSE(set_in_config(file, "install", "soon"));
  EXPECT_FALSE(set_in_config(file, "instal", "2d"));
  EXPECT_FALSE(set_in_config(file, "channel", "x'\nroot = '/tmp/mine"));
  EXPECT_EQ(read_config(file)->install.delay, std::chrono::hours(48));
}

TEST(Config, CommentsMayBeInAnyLanguage) {
  EXPECT_EQ(refusal("# f\xc3\xbcr alle Rechner\nrepository = 'file:///s'\n"), "");
  EXPECT_NE(refusal("repository = 'file:///s'\nchannel = 'gr\xc3\xbcn'\n"), "");
}

}  // namespace
}  // namespace suture
