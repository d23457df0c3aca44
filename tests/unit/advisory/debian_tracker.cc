// SPDX-License-Identifier: Apache-2.0
//
// Made after the shape of the tracker's JSON.
#include "advisory/debian_tracker.h"

#include <gmock/gmock.h>

#include "advisory/json_members.h"
#include "feed.h"

namespace suture {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::string_view kTracker = R"({
  "linux": {
    "CVE-2026-46234": {
      "description": "In the Linux kernel: \"vsock\" {[,]} \u00e9",
      "scope": "local",
      "releases": {
        "bookworm": {"status": "resolved", "repositories": {"bookworm": "6.1.170-3"}, "fixed_version": "6.1.176-1", "urgency": "not yet assigned"},
        "bullseye": {"status": "open", "repositories": {"bullseye": "5.10.223-1"}, "urgency": "not yet assigned"},
        "sid": {"status": "undetermined", "urgency": "low"},
        "trixie": {"status": "resolved", "fixed_version": "0", "urgency": "unimportant"}}},
    "TEMP-0000000-3F5A2B": {"releases": {"sid": {"status": "open"}}},
    "CVE-2026-46235": {"releases": {"sid": {"status": "gone"}}},
    "CVE-2026-46236": {"releases": {"sid": {"status": "resolved"}}},
    "CVE-2026-46237": {"description": 5},
    "CVE-2026-46238": {"releases": {broken}}
  },
  "chromium": {"CVE-2022-0358": {"releases": []}},
  "openssl": {"CVE-2022-3602": {"releases": {"bookworm": {"status": "resolved", "fixed_version": "3.0.7-1"}}}}
})";

ReadFeed read(std::string_view text) {
  return read_feed(FeedFormat::kDebianTracker, "json", text);
}

TEST(DebianTracker, APackageAndAVulnerabilityAreARecord) {
  const ReadFeed feed = read(kTracker);
  EXPECT_TRUE(feed.end);
  const Voice voice = feed.voice("linux CVE-2026-46234");
  EXPECT_EQ(voice.cve, "CVE-2026-46234");
  EXPECT_EQ(voice.record, "linux CVE-2026-46234");
  EXPECT_EQ(voice.description, "In the Linux kernel: \"vsock\" {[,]} \xC3\xA9");
  EXPECT_THAT(
      voice.products,
      ElementsAre(
          AffectedProduct{.ecosystem = "Debian:bookworm",
                          .name = "linux",
                          .ranges = {{.order = VersionOrder::kDebian, .fixed = "6.1.176-1"}}},
          AffectedProduct{.ecosystem = "Debian:bullseye",
                          .name = "linux",
                          .affected_by_default = true,
                          .status = "affected"},
          AffectedProduct{.ecosystem = "Debian:sid", .name = "linux", .status = "under_investigation"},
          AffectedProduct{.ecosystem = "Debian:trixie", .name = "linux", .status = "not_affected"}));
  EXPECT_THAT(feed.voices("linux TEMP-0000000-3F5A2B"), IsEmpty());
  EXPECT_THAT(feed.voice("chromium CVE-2022-0358").products, IsEmpty());
}

TEST(DebianTracker, WhatIsBrokenBreaksNothingElse) {
  const ReadFeed feed = read(kTracker);
  EXPECT_THAT(feed.refusal("linux CVE-2026-46235"), HasSubstr("its state in sid is none that is known"));
  EXPECT_THAT(feed.refusal("linux CVE-2026-46236"), HasSubstr("its state in sid"));
  EXPECT_THAT(feed.refusal("linux CVE-2026-46237"), HasSubstr("no releases"));
  EXPECT_THAT(feed.refusal("linux CVE-2026-46238"), HasSubstr("advisory.record"));
  EXPECT_EQ(feed.voice("openssl CVE-2022-3602").products[0].ranges[0].fixed, "3.0.7-1");
}

TEST(DebianTracker, ACutOffFileIsToldAsOne) {
  const ReadFeed feed = read(kTracker.substr(0, kTracker.find("\"openssl\"")));
  EXPECT_EQ(feed.end.error().code, "advisory.document");
  EXPECT_EQ(feed.records.size(), 7u) << "what came before is right";
  for (const char* other : {"", "[]", "5", "{\"linux\"", "{\"linux\":", "{} {}"}) {
    EXPECT_EQ(read(other).end.error().code, "advisory.document") << other;
  }
}

TEST(DebianTracker, NamesThatAreNoneAreNotPassedOn) {
  const ReadFeed feed = read(R"({"../x": {}, "": {}, "a\u0022b": {}, "ok": {"../y": {}}, "list": [1]})");
  EXPECT_TRUE(feed.end);
  EXPECT_THAT(feed.names(), ElementsAre("a package", "a package", "a package", "ok entry 1", "list"));
  for (const auto& [name, record] : feed.records) EXPECT_FALSE(record) << name;
}

TEST(DebianTracker, TheSinkCanEndIt) {
  std::size_t count = 0;
  const auto end =
      read_debian_tracker("json", kTracker, [&](const std::string&, const ReadRecord&) -> Result<void> {
        if (++count == 2) return fail("test.full", "store it", "the disk is full");
        return {};
      });
  EXPECT_EQ(end.error().code, "test.full");
  EXPECT_EQ(count, 2u);
}

std::vector<std::string> members_of(std::string_view text) {
  std::vector<std::string> members;
  const auto end = each_json_member(text, [&](std::string_view key, std::string_view value) -> Result<void> {
    members.push_back(std::string(key) + "=" + std::string(value));
    return {};
  });
  members.push_back(end ? "whole" : end.error().code);
  return members;
}

TEST(JsonMembers, AreCutWhereTheyEnd) {
  EXPECT_THAT(members_of(R"( {"a" : 1 , "b":{"c":[1,2]},"d\"e":"}\\"} )"),
              ElementsAre("a=1", R"(b={"c":[1,2]})", R"(d\"e="}\\")", "whole"));
  EXPECT_THAT(members_of("{}"), ElementsAre("whole"));
  for (const char* broken :
       {"", "{", "{\"a\"}", "{\"a\":1", "{\"a\":\"", "{,}", "{\"a\":{]", "{\"a\":\"\\", "{a:1}", "{}x"}) {
    EXPECT_EQ(members_of(broken).back(), "json.malformed") << broken;
  }
}

}  // namespace
}  // namespace suture
