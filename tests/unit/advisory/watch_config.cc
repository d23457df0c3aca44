// SPDX-License-Identifier: Apache-2.0
#include "advisory/watch_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"

namespace suture {
namespace {

using testing::HasSubstr;

constexpr std::string_view kGood = R"(
# a comment
state = "/srv/watch"
targets = ["6.1.0-47-cloud-amd64", "debian:6.12.1"]
reports = "/srv/reports"
proxy = "http://proxy.example:3128"
[[source]]
name = "kernel-cna"
format = "cve"
git = "https://git.example/vulns.git"
branch = "master"
below = "cve/published/"
every = "30m"
[[source]]
name = "kev"
format = "kev"
url = "https://www.example/kev.json"
)";

TEST(WatchConfig, IsReadWhole) {
  const WatchConfig config = parse_watch_config(kGood, "watch.toml").value();
  EXPECT_EQ(config.state, "/srv/watch");
  EXPECT_EQ(config.store(), "/srv/watch/advisories.db");
  EXPECT_THAT(config.targets, testing::ElementsAre("6.1.0-47-cloud-amd64", "debian:6.12.1"));
  EXPECT_EQ(config.reports, "/srv/reports");
  EXPECT_EQ(config.http.proxy, "http://proxy.example:3128");
  ASSERT_EQ(config.sources.size(), 2u);
  EXPECT_EQ(config.sources[0].kind, PlaceKind::kGit);
  EXPECT_EQ(config.sources[0].branch, "master");
  EXPECT_EQ(config.sources[0].below, "cve/published");
  EXPECT_EQ(config.sources[0].every, std::chrono::minutes(30));
  EXPECT_EQ(config.sources[1].kind, PlaceKind::kUrl);
  EXPECT_EQ(config.sources[1].format, FeedFormat::kKev);
  EXPECT_EQ(config.sources[1].every, std::chrono::hours(1));
}

TEST(WatchConfig, TheExampleIsOne) {
  const auto config = read_watch_config(SUTURE_TEST_DATA "/../../packaging/watch.toml");
  ASSERT_TRUE(config) << config.error().message();
  EXPECT_GT(config->sources.size(), 5u);
}

TEST(WatchConfig, WhatIsWrongIsNamedWithItsLine) {
  const std::string source = "[[source]]\nname = \"a\"\nformat = \"cve\"\n";
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {"", "names no source"},
      {"state = 1\n", "line 1"},
      {"state = \"relative\"\n", "not absolute"},
      {"stat = \"/a\"\n", "no such setting"},
      {"reports = \"hosts\"\n", "not absolute"},
      {"targets = \"a\"\n", "list of up to 1000"},
      {"targets = [\"-x\"]\n", "list of names"},
      {"source = \"a\"\n", "[[source]]"},
      {source, "none of url, folder, file and git"},
      {source + "url = \"ftp://x\"\n", "no https, http or file URL"},
      {source + "url = \"https://x/y?z\"\n", "without a query"},
      {source + "folder = \"a\"\n", "not absolute"},
      {source + "file = \"/a\"\nfolder = \"/b\"\n", "another one already"},
      {source + "git = \"ext::sh -c id\"\n", "neither an absolute path"},
      {source + "git = \"--upload-pack=x\"\n", "neither an absolute path"},
      {source + "git = \"/a\"\nbranch = \"-x\"\n", "no branch's name"},
      {source + "git = \"/a\"\nbranch = \"a..b\"\n", "no branch's name"},
      {source + "folder = \"/a\"\nbranch = \"b\"\n", "is no git repository"},
      {source + "folder = \"/a\"\nbelow = \"../b\"\n", "does not lead into it"},
      {source + "file = \"/a\"\nbelow = \"b\"\n", "which is one document"},
      {source + "folder = \"/a\"\nevery = \"1s\"\n", "from 60 s"},
      {source + "folder = \"/a\"\nother = \"1s\"\n", "no such setting"},
      {source + "folder = \"/a\"\n" + source + "folder = \"/b\"\n", "two with the name"},
      {"[[source]]\nname = \"A b\"\n", "a-z, 0-9 and hyphens"},
      {"[[source]]\nformat = \"cve\"\nfolder = \"/a\"\n", "no name"},
      {"[[source]]\nname = \"a\"\nfolder = \"/a\"\n", "no format"},
      {"[[source]]\nname = \"a\"\nformat = \"xml\"\n", "xml"},
      {"# \xc3\xa4\n", "ASCII"},
      {"state = \"/a\\u0007\"\n", "printable"},
      {"[[source]\n", "line 1"},
  };
  for (const auto& [text, why] : wrong) {
    const auto config = parse_watch_config(text, "watch.toml");
    ASSERT_FALSE(config) << text;
    EXPECT_THAT(config.error().message(), HasSubstr(why)) << text;
    EXPECT_THAT(config.error().message(), HasSubstr("watch.toml")) << text;
  }
}

}  // namespace
}  // namespace suture
