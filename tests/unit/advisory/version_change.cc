// SPDX-License-Identifier: Apache-2.0
#include "advisory/version_change.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "advisory/tree_difference.h"
#include "base/file.h"

namespace suture {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class VersionChangeTest : public testing::Test {
 protected:
  void put(const std::string& path, const std::string& before, const std::string& after) {
    if (!before.empty()) write(before_ / path, before);
    if (!after.empty()) write(after_ / path, after);
  }

  std::vector<CodeChange> changes(const std::vector<DescribedFix>& fixes) {
    const auto difference = read_tree_difference(before_, after_);
    EXPECT_TRUE(difference.has_value()) << difference.error().message();
    return difference ? changes_of_fixes(*difference, fixes, "linux 1 to 2")
                      : std::vector<CodeChange>(fixes.size());
  }

  static std::string function(const std::string& name, const std::string& line) {
    return "static int " + name + "(struct sk_buff *skb)\n{\n" + line + "\treturn 0;\n}\n\n";
  }

 private:
  static void write(const fs::path& path, const std::string& text) {
    ASSERT_TRUE(write_file(path, std::string_view(text)).has_value());
  }

  TempDir folder_ = TempDir::make("suture-trees-test-").value();
  fs::path before_ = folder_.path() / "before";
  fs::path after_ = folder_.path() / "after";
};

/// "net/x.c: f g"
std::vector<std::string> in_words(const CodeChange& change) {
  std::vector<std::string> words;
  for (const FileCodeChange& file : change.files) {
    words.push_back(file.path + ":");
    for (const CodeItem& item : file.items) words.back() += " " + item.name;
  }
  return words;
}

TEST_F(VersionChangeTest, TreesAreComparedWithNewAndOldFiles) {
  put("net/same.c", "int a;\n", "int a;\n");
  put("net/x.c", function("f", ""), function("f", "\tcheck(skb);\n"));
  put("net/new.c", {}, function("g", ""));
  put("net/old.c", function("h", ""), {});
  const auto all = changes({{.title = "x: check it", .files = {"net/x.c", "net/new.c", "net/old.c"}}});
  EXPECT_THAT(in_words(all[0]), ElementsAre("net/new.c: g", "net/old.c: h", "net/x.c: f"));
  EXPECT_EQ(all[0].origin, "linux 1 to 2");
  EXPECT_FALSE(all[0].mixed);
  EXPECT_TRUE(all[0].files[0].added);
  EXPECT_TRUE(all[0].files[1].removed);
}

TEST_F(VersionChangeTest, TheSubjectNamesTheFile) {
  put("net/sched/act_csum.c", function("tcf_csum_act", ""), function("tcf_csum_act", "\tcheck(skb);\n"));
  put("net/sched/act_vlan.c", function("tcf_vlan_act", ""), function("tcf_vlan_act", "\tcheck(skb);\n"));
  put("net/core/sock.c", function("sk_csum", ""), function("sk_csum", "\tcheck(skb);\n"));
  const auto all = changes({{.title = "net/sched: act_csum: validate nested VLAN headers"},
                            {.title = "net/sched: act_vlan: check the header"},
                            {.title = "drm: fix a leak"}});
  EXPECT_THAT(in_words(all[0]), ElementsAre("net/sched/act_csum.c: tcf_csum_act"));
  EXPECT_THAT(in_words(all[1]), ElementsAre("net/sched/act_vlan.c: tcf_vlan_act"));
  EXPECT_THAT(all[2].files, IsEmpty());
  EXPECT_THAT(all[2].note, HasSubstr("no file"));
}

TEST_F(VersionChangeTest, FixesOfOneFileAreToldApart) {
  const auto text = [](bool fixed) {
    return function("ip_parse", fixed ? "\tif (!skb->len)\n\t\treturn -EINVAL;\n" : "") +
           function("ip_timer_stop", fixed ? "\ttimer_shutdown_sync(&timer);\n" : "") +
           function("ip_route", fixed ? "\trcu_read_lock();\n" : "");
  };
  put("net/ipv4/ip.c", text(false), text(true));
  const auto all = changes({{.title = "ipv4: check the length in ip_parse()"},
                            {.title = "ipv4: shutdown the timer before it is freed"},
                            {.title = "ipv4: fix a race in ip_route()"}});
  EXPECT_THAT(in_words(all[0]), ElementsAre("net/ipv4/ip.c: ip_parse"));
  EXPECT_THAT(in_words(all[1]), ElementsAre("net/ipv4/ip.c: ip_timer_stop"));
  EXPECT_THAT(in_words(all[2]), ElementsAre("net/ipv4/ip.c: ip_route"));
  for (const CodeChange& change : all) EXPECT_FALSE(change.mixed) << change.note;
}

TEST_F(VersionChangeTest, WhatCannotBeToldIsMixed) {
  put("net/ipv4/ip.c", function("one", "") + function("two", ""),
      function("one", "\tx();\n") + function("two", "\ty();\n"));
  const auto all = changes({{.title = "ipv4: fix a crash"}, {.title = "ipv4: fix a hang"}});
  for (const CodeChange& change : all) {
    EXPECT_THAT(in_words(change), ElementsAre("net/ipv4/ip.c: one two"));
    EXPECT_TRUE(change.mixed);
    EXPECT_THAT(change.note, HasSubstr("net/ipv4/ip.c"));
  }
}

TEST_F(VersionChangeTest, FilesThatFitEquallyAreNotGuessedAmong) {
  for (const char* path : {"drivers/net/ice/a.c", "drivers/net/ice/b.c"})
    put(path, function("f", ""), function("f", "\tx();\n"));
  const auto all = changes({{.title = "ice: fix a crash"}});
  EXPECT_THAT(all[0].files, IsEmpty());
  EXPECT_THAT(all[0].note, HasSubstr("2 files"));
}

TEST_F(VersionChangeTest, RecordsDecideBeforeWordsAndKnowFilesThatMoved) {
  put("drivers/nvme/host.c", function("f", ""), function("f", "\tx();\n"));
  put("drivers/old/tcp_host.c", function("g", ""), function("g", "\ty();\n"));
  const auto all = changes({{.title = "nvme: host: fix f()", .files = {"drivers/new/tcp_host.c"}}});
  EXPECT_THAT(in_words(all[0]), ElementsAre("drivers/old/tcp_host.c: g"));
}

TEST_F(VersionChangeTest, HeadersFollowTheCodeThatNamesThem) {
  put("net/ipv4/ip.c", function("ip_parse", ""),
      function("ip_parse", "\tif (skb->ip_checked_len)\n\t\tx();\n"));
  put("include/linux/skbuff.h", "struct sk_buff {\n\tint len;\n};\n",
      "struct sk_buff {\n\tint len;\n\tint ip_checked_len;\n};\n");
  put("net/core/dev.c", function("other", ""), function("other", "\ty();\n"));
  const auto all = changes({{.title = "ipv4: ip: check the length in ip_parse()"}});
  EXPECT_THAT(in_words(all[0]), ElementsAre("include/linux/skbuff.h: sk_buff", "net/ipv4/ip.c: ip_parse"));
}

TEST_F(VersionChangeTest, ToolsAreNoPlaceOfAVulnerability) {
  put("tools/testing/selftests/vsock/vsock.c", function("test_vsock_len", ""),
      function("test_vsock_len", "\tcheck_vsock_len();\n"));
  put("net/vmw_vsock/af_vsock.c", function("vsock_len", ""), function("vsock_len", "\tx();\n"));
  const auto all = changes({{.title = "vsock: check_vsock_len"}});
  EXPECT_THAT(in_words(all[0]), ElementsAre("net/vmw_vsock/af_vsock.c: vsock_len"));
}

TEST_F(VersionChangeTest, EqualTreesHaveNoChange) {
  put("net/same.c", "int a;\n", "int a;\n");
  EXPECT_THAT(changes({{.title = "net: same: fix it"}})[0].files, IsEmpty());
}

TEST(TreeDifference, NeedsFolders) {
  EXPECT_EQ(read_tree_difference("/nonexistent/a", "/nonexistent/b").error().code, "advisory.trees");
}

}  // namespace
}  // namespace suture
