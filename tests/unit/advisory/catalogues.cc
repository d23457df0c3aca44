// SPDX-License-Identifier: Apache-2.0
//
// CISA's catalogue and FIRST's table.
#include <gmock/gmock.h>

#include "feed.h"

namespace suture {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Kev, AnEntryIsARecord) {
  const ReadFeed feed =
      read_feed(FeedFormat::kKev, "kev.json", R"({"catalogVersion": "2026.11.26", "vulnerabilities": [
      {"cveID": "CVE-2022-0847", "vulnerabilityName": "Linux Kernel Privilege Escalation Vulnerability",
       "dateAdded": "2022-04-25", "dueDate": "2022-05-16", "requiredAction": "Apply updates per vendor instructions.",
       "shortDescription": "Dirty Pipe", "knownRansomwareCampaignUse": "Known"},
      {"cveID": "CVE-2024-1086", "dateAdded": "2024-05-30", "knownRansomwareCampaignUse": "Unknown"},
      {"cveID": "CVE-2024-1", "dateAdded": "2024-05-30"},
      {"cveID": "CVE-2024-1087"},
      7]})");
  EXPECT_TRUE(feed.end);
  EXPECT_THAT(feed.names(),
              ElementsAre("CVE-2022-0847", "CVE-2024-1086", "entry 3", "CVE-2024-1087", "entry 5"));
  const Voice voice = feed.voice("CVE-2022-0847");
  EXPECT_EQ(voice.title, "Linux Kernel Privilege Escalation Vulnerability");
  EXPECT_EQ(voice.exploited, (KnownExploited{.added = "2022-04-25",
                                             .due = "2022-05-16",
                                             .action = "Apply updates per vendor instructions.",
                                             .ransomware = true}));
  EXPECT_EQ(feed.voice("CVE-2024-1086").exploited, KnownExploited{.added = "2024-05-30"});
  EXPECT_THAT(feed.refusal("entry 3"), HasSubstr("no CVE id"));
  EXPECT_THAT(feed.refusal("CVE-2024-1087"), HasSubstr("when it was added"));
  EXPECT_THAT(feed.refusal("entry 5"), HasSubstr("no CVE id"));
}

TEST(Kev, WhatIsNoCatalogueIsRefusedWhole) {
  for (const char* text : {"", "[]", "{}", R"({"vulnerabilities": {}})", R"({"vulnerabilities": [)"}) {
    const ReadFeed feed = read_feed(FeedFormat::kKev, "kev.json", text);
    EXPECT_EQ(feed.end.error().code, "advisory.document") << text;
    EXPECT_TRUE(feed.records.empty());
  }
}

TEST(Epss, ALineIsARecord) {
  const ReadFeed feed = read_feed(FeedFormat::kEpss, "epss.csv",
                                  "#model_version:v2025.03.14,score_date:2026-11-26T12:55:00Z\r\n"
                                  "cve,epss,percentile\r\n"
                                  "CVE-2022-0847,0.94512,0.99998\r\n"
                                  "CVE-2024-1086,1e-05,0\n"
                                  "\n"
                                  "CVE-2024-1087,1.5,0.1\n"
                                  "CVE-2024-1088,0.5\n"
                                  "CVE-2024-1089,0.5x,0.5\n"
                                  "CVE-2024-1090,nan,0.5\n"
                                  "what,0.5,0.5\n"
                                  "CVE-2024-1091,0.5,0.25");
  EXPECT_TRUE(feed.end);
  EXPECT_THAT(feed.names(), ElementsAre("CVE-2022-0847", "CVE-2024-1086", "CVE-2024-1087", "CVE-2024-1088",
                                        "CVE-2024-1089", "CVE-2024-1090", "line 10", "CVE-2024-1091"));
  EXPECT_EQ(feed.voice("CVE-2022-0847").epss, (Epss{.probability = 0.94512, .percentile = 0.99998}));
  EXPECT_EQ(feed.voice("CVE-2022-0847").modified, "2026-11-26T12:55:00Z");
  EXPECT_EQ(feed.voice("CVE-2024-1086").epss, (Epss{.probability = 0.00001, .percentile = 0}));
  EXPECT_EQ(feed.voice("CVE-2024-1091").epss, (Epss{.probability = 0.5, .percentile = 0.25}));
  for (const char* wrong : {"CVE-2024-1087", "CVE-2024-1088", "CVE-2024-1089", "CVE-2024-1090", "line 10"}) {
    EXPECT_THAT(feed.refusal(wrong), HasSubstr("advisory.record")) << wrong;
  }
}

TEST(Epss, WhatIsNoTableIsRefusedWhole) {
  for (const char* text : {"", "#a\n", "cve,score\nCVE-2022-0847,0.9\n", "<html>\n"}) {
    const ReadFeed feed = read_feed(FeedFormat::kEpss, "epss.csv", text);
    EXPECT_EQ(feed.end.error().code, "advisory.document") << text;
    EXPECT_TRUE(feed.records.empty());
  }
}

}  // namespace
}  // namespace suture
