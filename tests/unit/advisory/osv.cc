// SPDX-License-Identifier: Apache-2.0
//
// Records written for these tests after the OSV schema 1.7.
#include <gmock/gmock.h>

#include "feed.h"

namespace suture {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kBegin = "b9f2b0ffde0c9b666b2b1672eb468b8f805a9b97";
constexpr const char* kFirst = "f6ec135941d2c1c2dbb87b5ce1783f4f6ac6ccca";
constexpr const char* kSecond = "d114bfdc9b76bf93b881e195b7ec957c14227bab";

ReadFeed read(std::string_view text, std::string_view name = "a.json") {
  return read_feed(FeedFormat::kOsv, name, text);
}

/// The ranges of a record with these events.
std::vector<AffectedRange> ranges_of(const std::string& events, const std::string& ecosystem = "Debian:12") {
  const ReadFeed feed =
      read(R"({"id": "DEBIAN-CVE-2026-46234", "affected": [{"package": {"ecosystem": ")" + ecosystem +
           R"(", "name": "linux"}, "ranges": [{"type": "ECOSYSTEM", "events": [)" + events + "]}]}]}");
  EXPECT_EQ(feed.refusal("a.json"), "");
  const auto voices = feed.voices("DEBIAN-CVE-2026-46234");
  return voices.empty() ? std::vector<AffectedRange>{} : voices[0].products[0].ranges;
}

TEST(Osv, OfADistribution) {
  const Voice voice = read(R"({"id": "DEBIAN-CVE-2026-46234", "modified": "2026-06-01T00:00:00Z",
      "upstream": ["CVE-2026-46234"], "summary": " two\nlines ", "details": "more",
      "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H"},
                   {"type": "CVSS_V4", "score": "CVSS:4.0/AV:L/AC:L/AT:N/PR:L/UI:N/VC:N/VI:N/VA:H/SC:N/SI:N/SA:N"}],
      "affected": [{"package": {"ecosystem": "Debian:12", "name": "linux"},
                    "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "6.1.176-1"}]}],
                    "versions": ["6.1.170-3"]}],
      "references": [{"type": "ADVISORY", "url": "https://security-tracker.debian.org/tracker/CVE-2026-46234"}]})")
                          .voice("DEBIAN-CVE-2026-46234");
  EXPECT_EQ(voice.cve, "CVE-2026-46234");
  EXPECT_EQ(voice.title, "two lines");
  EXPECT_EQ(voice.modified, "2026-06-01T00:00:00Z");
  EXPECT_EQ(voice.cvss, (Cvss{"CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H", 7.8}));
  EXPECT_THAT(voice.products, ElementsAre(AffectedProduct{
                                  .ecosystem = "Debian:12",
                                  .name = "linux",
                                  .ranges = {{.order = VersionOrder::kDebian, .fixed = "6.1.176-1"}}}));
}

TEST(Osv, OfAHistory) {
  const Voice voice = read(R"({"id": "CVE-2026-46234", "affected": [{"ranges": [
      {"type": "GIT", "repo": "https://git.kernel.org/pub/scm/linux/kernel/git/stable/linux.git", "events": [
        {"introduced": "b9f2b0ffde0c9b666b2b1672eb468b8f805a9b97"},
        {"fixed": "f6ec135941d2c1c2dbb87b5ce1783f4f6ac6ccca"}, {"fixed": "d114bfdc9b76bf93b881e195b7ec957c14227bab"}]}]}],
      "references": [{"type": "FIX", "url": "https://git.kernel.org/stable/c/f6ec135941d2c1c2dbb87b5ce1783f4f6ac6ccca"}]})")
                          .voice("CVE-2026-46234");
  EXPECT_THAT(voice.fix_commits, ElementsAre(kFirst, kSecond));
  EXPECT_THAT(voice.products,
              ElementsAre(AffectedProduct{
                  .ecosystem = "kernel.org",
                  .name = "Linux",
                  .ranges = {{.order = VersionOrder::kGit, .introduced = kBegin, .fixed = kFirst},
                             {.order = VersionOrder::kGit, .introduced = kBegin, .fixed = kSecond}}}));
}

TEST(Osv, EventsBecomeRanges) {
  const auto debian = VersionOrder::kDebian;
  EXPECT_THAT(
      ranges_of(
          R"({"introduced": "1"}, {"fixed": "2"}, {"introduced": "3"}, {"last_affected": "4"}, {"introduced": "5"})"),
      ElementsAre(AffectedRange{.order = debian, .introduced = "1", .fixed = "2"},
                  AffectedRange{.order = debian, .introduced = "3", .last = "4"},
                  AffectedRange{.order = debian, .introduced = "5"}));
  EXPECT_THAT(ranges_of(R"({"fixed": "2"}, {"introduced": "1"})"),
              ElementsAre(AffectedRange{.order = debian, .introduced = "1", .fixed = "2"}));
  EXPECT_THAT(ranges_of(R"({"introduced": "0"}, {"limit": "*"})"),
              ElementsAre(AffectedRange{.order = debian}));
  EXPECT_EQ(ranges_of(R"({"introduced": "0"})", "Rocky Linux:9")[0].order, VersionOrder::kRpm);
  EXPECT_EQ(ranges_of(R"({"introduced": "0"})", "Linux")[0].order, VersionOrder::kKernel);
  EXPECT_EQ(ranges_of(R"({"introduced": "0"})", "npm")[0].order, VersionOrder::kOther);
}

TEST(Osv, VersionsStandInForRanges) {
  const Voice voice = read(R"({"id": "CVE-2026-1000", "withdrawn": "2026-01-01T00:00:00Z",
      "affected": [{"package": {"ecosystem": "npm", "name": "x"}, "versions": ["1.0", "1.1"]}]})")
                          .voice("CVE-2026-1000");
  EXPECT_TRUE(voice.withdrawn);
  EXPECT_THAT(voice.products[0].ranges, ElementsAre(AffectedRange{.introduced = "1.0", .last = "1.0"},
                                                    AffectedRange{.introduced = "1.1", .last = "1.1"}));
}

TEST(Osv, WhichVulnerabilityItIsAbout) {
  const auto cves = [](const std::string& fields) {
    std::vector<std::string> ids;
    for (const auto& [name, record] : read("{" + fields + "}").records) {
      for (const Voice& voice : record.value_or(std::vector<Voice>())) ids.push_back(voice.cve);
    }
    return ids;
  };
  EXPECT_THAT(cves(R"("id": "CVE-2026-1000", "aliases": ["CVE-2026-2000"])"), ElementsAre("CVE-2026-1000"));
  EXPECT_THAT(cves(R"("id": "GHSA-x", "aliases": ["CVE-2026-2000"], "related": ["CVE-2026-3000"])"),
              ElementsAre("CVE-2026-2000"));
  EXPECT_THAT(cves(R"("id": "DSA-6000-1", "upstream": ["CVE-2026-2000", "CVE-2026-2001", "CVE-2026-2000"])"),
              ElementsAre("CVE-2026-2000", "CVE-2026-2001"));
  EXPECT_THAT(cves(R"("id": "UBUNTU-CVE-2026-2000", "related": ["CVE-2026-3000"])"),
              ElementsAre("CVE-2026-2000"));
  EXPECT_THAT(cves(R"("id": "SUSE-SU-2026:1-1", "related": ["CVE-2026-3000"])"),
              ElementsAre("CVE-2026-3000"));
  EXPECT_THAT(cves(R"("id": "GHSA-x", "aliases": ["XCVE-2026-2000", 5])"), IsEmpty());
}

TEST(Osv, ThatMakesNoSenseIsNamedWithItsReason) {
  const std::pair<const char*, const char*> broken[] = {
      {"", ""},
      {"[]", "no OSV record"},
      {"{}", "no OSV record"},
      {R"({"id": 5})", "no id"},
      {R"({"id": ""})", "no id"},
      {R"({"id": "CVE-2026-1000", "affected": [{"ranges": [{"events": []}]}]})", "no beginning"},
      {R"({"id": "CVE-2026-1000", "affected": [{"ranges": [{"events": [{"introduced": 1}]}]}]})",
       "a version in it"},
      {R"({"id": "CVE-2026-1000", "affected": [{"ranges": [{"events": [{"fixed": "1"}, {"introduced": "2"}, {"introduced": "3"}]}]}]})",
       "ends before it begins"},
      {R"({"id": "CVE-2026-1000", "affected": [{"versions": [" 1"]}]})", "a version in it"},
  };
  for (const auto& [text, why] : broken) {
    const ReadFeed feed = read(text);
    EXPECT_TRUE(feed.end);
    EXPECT_THAT(feed.names(), ElementsAre("a.json"));
    EXPECT_THAT(feed.refusal("a.json"), testing::AllOf(HasSubstr("advisory.record: "), HasSubstr(why)))
        << text;
  }
}

TEST(Osv, ASmallRecordDoesNotGrowWithoutBounds) {
  std::string cves;
  for (int at = 1000; at < 5090; ++at)
    cves += (at == 1000 ? "\"" : ",\"") + ("CVE-2026-" + std::to_string(at)) + "\"";
  const auto with_details = [&](std::size_t size) {
    return read("{\"id\": \"X-1\", \"related\": [" + cves + "], \"details\": \"" + std::string(size, 'x') +
                "\"}");
  };
  EXPECT_EQ(with_details(100).voices("X-1").size(), 4090u);
  EXPECT_THAT(with_details(1u << 20).refusal("a.json"), HasSubstr("too much of too many"));
}

}  // namespace
}  // namespace suture
