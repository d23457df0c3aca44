// SPDX-License-Identifier: Apache-2.0
#include "advisory/voice.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace suture {
namespace {

Voice full_voice() {
  return {.cve = "CVE-2026-46234",
          .record = "CVE-2026-46234",
          .modified = "2026-05-28T10:00:00Z",
          .withdrawn = true,
          .title = "vsock: fix buffer size clamping order",
          .description = "two\nlines",
          .files = {"net/vmw_vsock/af_vsock.c"},
          .fix_commits = {"f6ec135941d2c1c2dbb87b5ce1783f4f6ac6ccca"},
          .products = {{.ecosystem = "kernel.org",
                        .name = "Linux",
                        .affected_by_default = true,
                        .ranges = {{.order = VersionOrder::kKernel, .introduced = "5.5", .last = "5.5"},
                                   {.order = VersionOrder::kGit, .affected = false, .fixed = "x"},
                                   {.order = VersionOrder::kDebian, .fixed = "6.1.176-1"},
                                   {.order = VersionOrder::kRpm, .fixed = "1:5.14.0-1.el9"},
                                   {.order = VersionOrder::kOther}},
                        .status = "not_affected",
                        .justification = "component_not_present"}},
          .cvss = Cvss{.vector = "CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H", .score = 7.8},
          .epss = Epss{.probability = 0.00042, .percentile = 0.12345},
          .exploited =
              KnownExploited{
                  .added = "2026-05-01", .due = "2026-05-21", .action = "Apply updates.", .ransomware = true},
          .references = {"https://git.kernel.org/stable/c/f6ec135941d2c1c2dbb87b5ce1783f4f6ac6ccca"}};
}

TEST(Voice, SurvivesJson) {
  for (const Voice& voice : {full_voice(), Voice{.cve = "CVE-2026-46234"}}) {
    const std::string text = json_text(to_json(voice));
    const auto again = voice_from_json(*parse_json(text, "a voice"));
    ASSERT_TRUE(again) << again.error().message();
    EXPECT_EQ(*again, voice) << text;
  }
}

TEST(Voice, WhatIsEmptyIsNotWritten) {
  EXPECT_EQ(to_json(Voice{.cve = "CVE-2026-46234"}).dump(), R"({"cve":"CVE-2026-46234"})");
}

TEST(Voice, EachWrongFieldIsNamed) {
  const std::pair<const char*, const char*> wrong[] = {
      {R"([])", "cve"},
      {R"({})", "cve"},
      {R"({"cve":"CVE-1"})", "cve"},
      {R"({"cve":"CVE-2026-1000","title":1})", "title"},
      {R"({"cve":"CVE-2026-1000","withdrawn":"no"})", "withdrawn"},
      {R"({"cve":"CVE-2026-1000","files":"a"})", "files"},
      {R"({"cve":"CVE-2026-1000","files":[1]})", "files"},
      {R"({"cve":"CVE-2026-1000","products":{}})", "products"},
      {R"({"cve":"CVE-2026-1000","products":[1]})", "products"},
      {R"({"cve":"CVE-2026-1000","products":[{"ranges":[1]}]})", "order"},
      {R"({"cve":"CVE-2026-1000","products":[{"ranges":[{"order":"roman"}]}]})", "order"},
      {R"({"cve":"CVE-2026-1000","products":[{"ranges":[{"order":"git","affected":3}]}]})", "affected"},
      {R"({"cve":"CVE-2026-1000","cvss":[]})", "cvss"},
      {R"({"cve":"CVE-2026-1000","cvss":{"score":"9"}})", "score"},
      {R"({"cve":"CVE-2026-1000","cvss":{"score":null}})", "score"},
      {R"({"cve":"CVE-2026-1000","epss":{"probability":0.5}})", "percentile"},
      {R"({"cve":"CVE-2026-1000","exploited":{"added":5}})", "added"},
  };
  for (const auto& [text, field] : wrong) {
    const auto read = voice_from_json(Json::parse(text));
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().code, "advisory.schema");
    EXPECT_NE(read.error().why.find(field), std::string::npos) << text << ": " << read.error().why;
  }
}

}  // namespace
}  // namespace suture
