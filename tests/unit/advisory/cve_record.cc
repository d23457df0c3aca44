// SPDX-License-Identifier: Apache-2.0
//
// Records written for these tests after the CVE record format 5.1.1, with facts of real vulnerabilities.
#include <gmock/gmock.h>

#include <array>

#include "feed.h"

namespace suture {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kFirst = "f6ec135941d2c1c2dbb87b5ce1783f4f6ac6ccca";
constexpr const char* kSecond = "d114bfdc9b76bf93b881e195b7ec957c14227bab";
constexpr const char* kBegin = "b9f2b0ffde0c9b666b2b1672eb468b8f805a9b97";

/// As the kernel's CNA writes them.
constexpr std::string_view kKernelRecord = R"({
  "dataType": "CVE_RECORD", "dataVersion": "5.1.1",
  "cveMetadata": {"cveId": "CVE-2026-46234", "state": "PUBLISHED", "assignerOrgId": "f4215fc3"},
  "containers": {"cna": {
    "providerMetadata": {"orgId": "f4215fc3"},
    "title": "vsock: fix buffer size clamping order",
    "descriptions": [{"lang": "de", "value": "Deutsch"}, {"lang": "en", "value": "The size was clamped\nin the wrong order."}],
    "affected": [
      {"vendor": "Linux", "product": "Linux", "defaultStatus": "unaffected",
       "programFiles": ["net/vmw_vsock/af_vsock.c", "../../etc/passwd", "/etc/passwd", "net/vmw_vsock/af_vsock.c"],
       "versions": [
         {"version": "b9f2b0ffde0c9b666b2b1672eb468b8f805a9b97", "lessThan": "f6ec135941d2c1c2dbb87b5ce1783f4f6ac6ccca", "status": "affected", "versionType": "git"},
         {"version": "b9f2b0ffde0c9b666b2b1672eb468b8f805a9b97", "lessThan": "d114bfdc9b76bf93b881e195b7ec957c14227bab", "status": "affected", "versionType": "git"},
         {"version": "9c51f0ffde0c9b666b2b1672eb468b8f805a9b97", "status": "affected", "versionType": "git"}]},
      {"vendor": "Linux", "product": "Linux", "defaultStatus": "affected",
       "programFiles": ["net/vmw_vsock/af_vsock.c"],
       "versions": [
         {"version": "5.5", "status": "affected"},
         {"version": "0", "lessThan": "5.5", "status": "unaffected", "versionType": "semver"},
         {"version": "6.1.175", "lessThanOrEqual": "6.1.*", "status": "unaffected", "versionType": "semver"},
         {"version": "7.1-rc1", "lessThanOrEqual": "*", "status": "unaffected", "versionType": "original_commit_for_fix"}]}],
    "references": [{"url": "https://git.kernel.org/stable/c/f6ec135941d2c1c2dbb87b5ce1783f4f6ac6ccca"},
                   {"url": "javascript:x"
}],
    "metrics": [{"format": "CVSS", "cvssV3_1": {"vectorString": "CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:N/I:N/A:H", "baseScore": 5.5}}]
}
}
})";

ReadFeed read(std::string_view text, std::string_view name = "CVE-2026-46234.json") {
  return read_feed(FeedFormat::kCve, name, text);
}

std::string with(std::string_view from, std::string_view to, std::string_view text = kKernelRecord) {
  std::string changed(text);
  const std::size_t at = changed.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  if (at != std::string::npos) changed.replace(at, from.size(), to);
  return changed;
}

TEST(CveRecord, OfTheKernelHasFilesCommitsAndSeries) {
  const Voice voice = read(kKernelRecord).voice("CVE-2026-46234");
  EXPECT_EQ(voice.cve, "CVE-2026-46234");
  EXPECT_EQ(voice.record, "CVE-2026-46234");
  EXPECT_EQ(voice.title, "vsock: fix buffer size clamping order");
  EXPECT_EQ(voice.description, "The size was clamped\nin the wrong order.");
  EXPECT_FALSE(voice.withdrawn);
  EXPECT_THAT(voice.files, ElementsAre("net/vmw_vsock/af_vsock.c"));
  EXPECT_THAT(voice.fix_commits, ElementsAre(kFirst, kSecond));
  EXPECT_EQ(voice.cvss, (Cvss{"CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:N/I:N/A:H", 5.5}));
  EXPECT_THAT(voice.references, ElementsAre(std::string("https://git.kernel.org/stable/c/") + kFirst));

  const AffectedProduct history{
      .ecosystem = "kernel.org",
      .name = "Linux",
      .ranges = {{.order = VersionOrder::kGit, .introduced = kBegin, .fixed = kFirst},
                 {.order = VersionOrder::kGit, .introduced = kBegin, .fixed = kSecond},
                 {.order = VersionOrder::kGit, .introduced = "9c51f0ffde0c9b666b2b1672eb468b8f805a9b97"}}};
  const AffectedProduct releases{
      .ecosystem = "kernel.org",
      .name = "Linux",
      .affected_by_default = true,
      .ranges = {
          {.order = VersionOrder::kKernel, .introduced = "5.5", .last = "5.5"},
          {.order = VersionOrder::kKernel, .affected = false, .fixed = "5.5"},
          {.order = VersionOrder::kKernel, .affected = false, .introduced = "6.1.175", .last = "6.1.*"},
          {.order = VersionOrder::kKernel, .affected = false, .introduced = "7.1-rc1", .last = "*"}}};
  EXPECT_THAT(voice.products, ElementsAre(history, releases));
}

TEST(CveRecord, IsWithdrawnByItsStateAndByItsFolder) {
  EXPECT_TRUE(read(kKernelRecord, "cve/rejected/2026/CVE-2026-46234.json").voice("CVE-2026-46234").withdrawn);
  EXPECT_FALSE(
      read(kKernelRecord, "cve/published/2026/CVE-2026-46234.json").voice("CVE-2026-46234").withdrawn);
  const Voice rejected = read(R"({"dataType": "CVE_RECORD",
      "cveMetadata": {"cveId": "CVE-2026-23320", "state": "REJECTED", "dateUpdated": "2026-06-01T00:00:00.000Z"},
      "containers": {"cna": {"rejectedReasons": [{"lang": "en", "value": "It was none."}]}}})")
                             .voice("CVE-2026-23320");
  EXPECT_TRUE(rejected.withdrawn);
  EXPECT_EQ(rejected.description, "It was none.");
  EXPECT_EQ(rejected.modified, "2026-06-01T00:00:00.000Z");
}

TEST(CveRecord, OfOtherCnasAndTheirContainers) {
  const auto voices = read(R"({"dataType": "CVE_RECORD",
      "cveMetadata": {"cveId": "CVE-2022-3602", "state": "PUBLISHED"},
      "containers": {
        "cna": {"title": "X.509 Email Address 4-byte Buffer Overflow",
          "descriptions": [{"lang": "en", "value": "A buffer overrun."}],
          "affected": [
            {"vendor": "OpenSSL", "product": "OpenSSL", "defaultStatus": "unknown",
             "versions": [{"version": "3.0.0", "status": "affected", "lessThan": "9.0", "versionType": "semver",
                           "changes": [{"at": "3.0.7", "status": "unaffected"}]},
                          {"version": "1.1.1", "status": "unknown"}]},
            {"vendor": "x", "product": "y", "collectionURL": "https://packages.example.org", "packageName": "left-pad",
             "versions": [{"version": "1.0", "status": "affected"}]}],
          "references": [
            {"url": "https://github.com/openssl/openssl/commit/fe3b639dc19b325846f4f6801f2f4604f56e3de3", "tags": ["patch"]},
            {"url": "https://github.com/openssl/openssl/commit/c42165b5706e42f67ef8ef4c351a9a4c5d21639a"}]},
        "adp": [
          {"providerMetadata": {"shortName": "CISA-ADP", "dateUpdated": "2025-01-01T00:00:00Z"},
           "metrics": [{"cvssV3_1": {"vectorString": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H", "baseScore": 7.5}},
                       {"cvssV4_0": {"vectorString": "CVSS:4.0/AV:N", "baseScore": 11}},
                       {"other": {"type": "kev", "content": {"dateAdded": "2025-01-02"}}}]},
          {"title": "CVE Program Container", "references": [{"url": "https://example.org/"}]}]}})")
                          .voices("CVE-2022-3602");
  ASSERT_EQ(voices.size(), 2u);
  const AffectedProduct library{.ecosystem = "OpenSSL",
                                .name = "OpenSSL",
                                .ranges = {{.introduced = "3.0.0", .fixed = "3.0.7"},
                                           {.affected = false, .introduced = "3.0.7", .fixed = "9.0"}}};
  const AffectedProduct package{.ecosystem = "https://packages.example.org",
                                .name = "left-pad",
                                .ranges = {{.introduced = "1.0", .last = "1.0"}}};
  EXPECT_THAT(voices[0].products, ElementsAre(library, package));
  EXPECT_THAT(voices[0].fix_commits, ElementsAre("fe3b639dc19b325846f4f6801f2f4604f56e3de3"));
  EXPECT_EQ(voices[0].references.size(), 2u);
  EXPECT_EQ(voices[1].record, "CVE-2022-3602 CISA-ADP");
  EXPECT_EQ(voices[1].cvss->score, 7.5) << "a score of 11 is none";
  EXPECT_EQ(voices[1].exploited->added, "2025-01-02");
  EXPECT_EQ(voices[1].modified, "2025-01-01T00:00:00Z");
}

TEST(CveRecord, TheKernelUnderOtherNamesKeepsItsOrderOnlyForItsVersions) {
  const Voice voice = read(R"({"dataType": "CVE_RECORD",
      "cveMetadata": {"cveID": "CVE-2020-14351", "state": "PUBLISHED"},
      "containers": {"cna": {"affected": [{"vendor": "n/a", "product": "Kernel", "versions": [
        {"version": "before kernel 5.8.17", "status": "affected"},
        {"version": "4.4", "lessThan": "5.8.17", "status": "affected", "versionType": "custom"}]}]}}})")
                          .voice("CVE-2020-14351");
  ASSERT_EQ(voice.products.size(), 1u);
  EXPECT_EQ(voice.products[0].ecosystem, "kernel.org");
  EXPECT_THAT(
      voice.products[0].ranges,
      ElementsAre(AffectedRange{.introduced = "before kernel 5.8.17", .last = "before kernel 5.8.17"},
                  AffectedRange{.order = VersionOrder::kKernel, .introduced = "4.4", .fixed = "5.8.17"}));
}

TEST(CveRecord, ThatMakesNoSenseIsNamedWithItsReason) {
  const std::array<std::pair<std::string, const char*>, 8> broken{{
      {with("CVE_RECORD", "CVE_LIST"), "no CVE record of version 5"},
      {with("\"cveId\": \"CVE-2026-46234\"", "\"cveId\": \"46234\""), "no CVE id"},
      {with("PUBLISHED", "RESERVED"), "its state is neither"},
      {with("\"cna\"", "\"can\""), "no container of its CNA"},
      {with("\"defaultStatus\": \"unaffected\"", "\"defaultStatus\": \"perhaps\""),
       "\"perhaps\" is no status"},
      {with("\"version\": \"5.5\", ", ""), "has no version"},
      {with("\"version\": \"5.5\"", "\"version\": \"" + std::string(300, '5') + "\""), "too long"},
      {std::string(kKernelRecord.substr(0, 900)), ""},
  }};
  for (const auto& [text, why] : broken) {
    const ReadFeed feed = read(text);
    EXPECT_TRUE(feed.end);
    EXPECT_THAT(feed.names(), ElementsAre("CVE-2026-46234"));
    EXPECT_THAT(feed.refusal("CVE-2026-46234"),
                testing::AllOf(HasSubstr("advisory.record: "), HasSubstr(why)));
  }
}

TEST(CveRecord, EveryCutOfADocumentIsReadOrRefused) {
  for (std::size_t length = 0; length < kKernelRecord.size(); ++length) {
    const ReadFeed feed = read(kKernelRecord.substr(0, length));
    EXPECT_TRUE(feed.end);
    ASSERT_EQ(feed.records.size(), 1u);
    EXPECT_FALSE(feed.records[0].second);
  }
}

TEST(CveRecord, ListsAreBounded) {
  std::string versions;
  for (int at = 0; at < 17000; ++at) {
    versions += R"({"version": "1.)" + std::to_string(at) + R"(", "status": "affected"},)";
  }
  const std::string text = with("\"versions\": [", "\"versions\": [" + versions);
  EXPECT_THAT(read(text).refusal("CVE-2026-46234"), HasSubstr("too many ranges"));
  std::string files;
  for (int at = 0; at < 5000; ++at) files += "\"a/" + std::to_string(at) + ".c\",";
  EXPECT_THAT(read(with("\"programFiles\": [", "\"programFiles\": [" + files)).refusal("CVE-2026-46234"),
              HasSubstr("too many files"));
}

TEST(CveRecord, TextsAreFitForATerminal) {
  const Voice voice =
      read(with("vsock: fix", "vsock:\\u001b[2J\\n\\u0000\\u202efix")).voice("CVE-2026-46234");
  EXPECT_EQ(voice.title, "vsock: [2J fix buffer size clamping order");
}

TEST(CveRecord, OnlyFilesNamedByAnIdAreDocuments) {
  EXPECT_TRUE(is_document(FeedFormat::kCve, "cve/published/2026/CVE-2026-46234.json"));
  EXPECT_TRUE(is_document(FeedFormat::kCve, "2026-11-26_all_CVEs_at_midnight.zip"));
  for (const char* path : {"cve/published/2026/CVE-2026-46234.dyad", "cve/published/2026/CVE-2026-46234",
                           "cve/published/2026/CVE-2026-46234.json.sha1", "cves/delta.json", "README", ""}) {
    EXPECT_FALSE(is_document(FeedFormat::kCve, path)) << path;
  }
}

}  // namespace
}  // namespace suture
