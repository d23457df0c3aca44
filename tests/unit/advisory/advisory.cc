// SPDX-License-Identifier: Apache-2.0
#include "advisory/advisory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "advisory/ecosystem.h"

namespace suture {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* kCve = "CVE-2026-46234";

AffectedProduct debian(const std::string& release, const std::string& fixed) {
  AffectedProduct product{.ecosystem = "Debian:" + release, .name = "linux"};
  if (!fixed.empty()) product.ranges.push_back({.order = VersionOrder::kDebian, .fixed = fixed});
  return product;
}

AffectedProduct debian_status(const std::string& release, const std::string& status) {
  return {.ecosystem = "Debian:" + release, .name = "linux", .status = status};
}

Voice about(const std::vector<AffectedProduct>& products) {
  return {.cve = kCve, .title = "vsock", .products = products};
}

std::vector<std::string> contradictions(const std::vector<SourcedVoice>& voices) {
  std::vector<std::string> texts;
  for (const Contradiction& found : Advisory{.cve = kCve, .voices = voices}.contradictions()) {
    texts.push_back(found.about + "; " + found.text);
  }
  return texts;
}

template <class T>
std::vector<std::string> told(const std::vector<Told<T>>& items) {
  std::vector<std::string> texts;
  for (const auto& item : items) {
    std::string by;
    for (const std::string& source : item.by) by += " " + source;
    texts.push_back(item.value + ":" + by);
  }
  return texts;
}

TEST(Advisory, EachFieldHasItsOrigin) {
  const Advisory advisory{
      .cve = kCve,
      .voices = {{"cna", {.cve = kCve, .description = "long", .files = {"a.c", "b.c"}, .fix_commits = {"1"}}},
                 {"osv", {.cve = kCve, .title = "vsock", .files = {"b.c", "c.c"}}},
                 {"debian", {.cve = kCve, .title = "vsock"}},
                 {"other", {.cve = kCve, .title = "else"}}}};
  EXPECT_EQ(advisory.title()->value, "vsock");
  EXPECT_THAT(advisory.title()->by, ElementsAre("osv", "debian"));
  EXPECT_THAT(advisory.description()->by, ElementsAre("cna"));
  EXPECT_THAT(told(advisory.files()), ElementsAre("a.c: cna", "b.c: cna osv", "c.c: osv"));
  EXPECT_THAT(told(advisory.fix_commits()), ElementsAre("1: cna"));
  EXPECT_FALSE(advisory.cvss());
  EXPECT_FALSE(advisory.epss());
  EXPECT_FALSE(advisory.exploited());
  EXPECT_FALSE(Advisory{}.title());
  EXPECT_FALSE(Advisory{}.withdrawn());
}

TEST(Advisory, WhatAnErratumSaysOfManyComesLast) {
  const Advisory advisory{
      .cve = kCve,
      .voices = {
          {"alma", {.cve = kCve, .record = "ALSA-2026:1", .title = "Important: kernel security update"}},
          {"kernel", {.cve = kCve, .record = kCve, .title = "vsock"}}}};
  EXPECT_EQ(advisory.title()->value, "vsock");
  EXPECT_THAT(advisory.title()->by, ElementsAre("kernel"));
}

TEST(Advisory, TheWorstScoreCounts) {
  const Cvss low{.vector = "CVSS:3.1/A", .score = 5.5};
  const Cvss high{.vector = "CVSS:3.1/B", .score = 7.8};
  const Advisory advisory{
      .cve = kCve,
      .voices = {
          {"cna", {.cve = kCve, .cvss = low}},
          {"rh", {.cve = kCve, .cvss = high}},
          {"suse", {.cve = kCve, .cvss = high}},
          {"adp", {.cve = kCve, .exploited = KnownExploited{.added = "2026-05-01"}}},
          {"kev", {.cve = kCve, .exploited = KnownExploited{.added = "2026-05-01", .due = "2026-05-21"}}},
          {"old", {.cve = kCve, .epss = Epss{.probability = 0.1, .percentile = 0.2}}},
          {"epss", {.cve = kCve, .epss = Epss{.probability = 0.3, .percentile = 0.4}}}}};
  EXPECT_EQ(advisory.cvss()->value, high);
  EXPECT_THAT(advisory.cvss()->by, ElementsAre("rh", "suse"));
  EXPECT_EQ(advisory.exploited()->value.due, "2026-05-21");
  EXPECT_THAT(advisory.exploited()->by, ElementsAre("kev"));
  EXPECT_EQ(advisory.epss()->value.probability, 0.3);
}

TEST(Advisory, IsWithdrawnWhenAllHaveWhoMay) {
  const Voice taken_back{.cve = kCve, .withdrawn = true, .title = "taken back"};
  const Voice score{.cve = kCve, .epss = Epss{.probability = 0.3, .percentile = 0.4}};
  const Voice stands{.cve = kCve, .title = "stands"};
  EXPECT_TRUE((Advisory{.cve = kCve, .voices = {{"cna", taken_back}, {"epss", score}}}.withdrawn()));
  EXPECT_FALSE((Advisory{.cve = kCve, .voices = {{"epss", score}}}.withdrawn()));
  const Advisory both{.cve = kCve, .voices = {{"cna", taken_back}, {"osv", stands}}};
  EXPECT_FALSE(both.withdrawn());
  EXPECT_EQ(both.title()->value, "stands") << "who has taken it back no longer speaks";
  EXPECT_THAT(contradictions(both.voices), ElementsAre("withdrawn; withdrawn by cna, but not by osv"));
  EXPECT_THAT(contradictions({{"cna", taken_back}, {"cna", stands}}), IsEmpty());
}

TEST(Contradictions, OfFixedVersions) {
  EXPECT_THAT(
      contradictions({{"tracker", about({debian("bookworm", "6.1.176-1")})},
                      {"changelog", about({debian("bookworm", "6.1.187-1")})}}),
      ElementsAre("fixed version; Debian:bookworm linux: 6.1.187-1 (changelog), but 6.1.176-1 (tracker)"));
  EXPECT_THAT(
      contradictions({{"osv", about({debian("12", "6.1.176-1")})},
                      {"tracker", about({debian("bookworm", "6.1.187-1"), debian("trixie", "6.12.90-1")})}}),
      ElementsAre("fixed version; Debian:bookworm linux: 6.1.176-1 (osv), but 6.1.187-1 (tracker)"));
  EXPECT_THAT(contradictions({{"tracker", about({debian("bookworm", "6.1.187-1")})},
                              {"changelog", about({debian("bookworm", "6.1.187-1")})},
                              {"changelog", about({debian("bookworm", "6.1.176-1")})}}),
              IsEmpty())
      << "a second part came later";
}

TEST(Contradictions, OfTheKernelsSeries) {
  const auto kernel = [](std::vector<AffectedRange> ranges) {
    return about({{.ecosystem = "kernel.org", .name = "Linux", .ranges = std::move(ranges)}});
  };
  const Voice cna =
      kernel({{.order = VersionOrder::kKernel, .affected = false, .introduced = "6.1.175", .last = "6.1.*"},
              {.order = VersionOrder::kKernel, .affected = false, .introduced = "7.1", .last = "*"},
              {.order = VersionOrder::kGit, .fixed = "f6ec135941d2c1c2dbb87b5ce1783f4f6ac6ccca"}});
  const Voice same = kernel({{.order = VersionOrder::kKernel, .introduced = "5.5", .fixed = "6.1.175"}});
  const Voice other = kernel({{.order = VersionOrder::kKernel, .introduced = "5.5", .fixed = "6.1.174"},
                              {.order = VersionOrder::kKernel, .introduced = "6.2", .fixed = "7.1"}});
  EXPECT_THAT(contradictions({{"cna", cna}, {"osv", same}}), IsEmpty());
  EXPECT_THAT(contradictions({{"cna", cna}, {"osv", other}}),
              ElementsAre("fixed version; kernel.org Linux 6.1: 6.1.175 (cna), but 6.1.174 (osv)"));
}

TEST(Contradictions, OfStatesFilesAndScores) {
  EXPECT_THAT(
      contradictions({{"osv", about({debian("12", "6.1.176-1")})},
                      {"tracker", about({debian_status("bookworm", "not_affected")})}}),
      ElementsAre("status; Debian:bookworm linux: affected, fixed (osv), but not_affected (tracker)"));
  EXPECT_THAT(contradictions({{"osv", about({debian("12", "6.1.176-1")})},
                              {"tracker", about({debian_status("bookworm", "affected")})}}),
              IsEmpty());
  EXPECT_THAT(contradictions({{"osv", about({debian_status("bookworm", "under_investigation")})},
                              {"tracker", about({debian_status("bookworm", "affected")})}}),
              IsEmpty());
  EXPECT_THAT(
      contradictions({{"a", {.cve = kCve, .files = {"a.c"}}}, {"b", {.cve = kCve, .files = {"b.c", "c.c"}}}}),
      ElementsAre("files; the fix is in: a.c (a), but b.c, c.c (b)"));
  EXPECT_THAT(
      contradictions({{"a", {.cve = kCve, .files = {"a.c"}}}, {"b", {.cve = kCve, .files = {"a.c", "c.c"}}}}),
      IsEmpty());
  const auto scored = [](double score) {
    return Voice{.cve = kCve, .cvss = Cvss{.vector = "x", .score = score}};
  };
  EXPECT_THAT(contradictions({{"a", scored(5.5)}, {"b", scored(7.8)}}),
              ElementsAre("score; the score is: medium 5.5 (a), but high 7.8 (b)"));
  EXPECT_THAT(contradictions({{"a", scored(7.0)}, {"b", scored(7.8)}}), IsEmpty());
}

TEST(Ecosystem, TheKernelByItsNames) {
  const auto about_kernel = [](const std::string& ecosystem, const std::string& name) {
    return is_about_kernel({.cve = kCve, .voices = {{"a", about({{.ecosystem = ecosystem, .name = name}})}}});
  };
  EXPECT_TRUE(about_kernel("kernel.org", "Linux"));
  EXPECT_TRUE(about_kernel("Linux", "Kernel"));
  EXPECT_TRUE(about_kernel("Debian:bookworm", "linux"));
  EXPECT_TRUE(about_kernel("Debian:11", "linux-6.1"));
  EXPECT_TRUE(about_kernel("Ubuntu:24.04:LTS", "linux-aws"));
  EXPECT_TRUE(about_kernel("Red Hat Enterprise Linux 9", "kernel-rt"));
  EXPECT_TRUE(about_kernel("openSUSE Leap 15.6", "kernel-default"));
  EXPECT_FALSE(about_kernel("Debian:bookworm", "linux-atm"));
  EXPECT_FALSE(about_kernel("Debian:bookworm", "openssl"));
  EXPECT_FALSE(about_kernel("Ubuntu:24.04:LTS", "linux-firmware"));
  EXPECT_FALSE(about_kernel("openSUSE Leap 15.6", "kernel-firmware"));
  EXPECT_FALSE(about_kernel("Acme", "kernel"));
  EXPECT_FALSE(is_about_kernel({}));
}

TEST(Ecosystem, DebiansReleasesHaveOneName) {
  EXPECT_EQ(canonical_ecosystem("Debian:12"), "Debian:bookworm");
  EXPECT_EQ(canonical_ecosystem("Debian:bookworm-security"), "Debian:bookworm");
  EXPECT_EQ(canonical_ecosystem("Debian:unstable"), "Debian:sid");
  EXPECT_EQ(canonical_ecosystem("Debian:bookworm-backports"), "Debian:bookworm-backports");
  EXPECT_EQ(canonical_ecosystem("Debian"), "Debian");
  EXPECT_EQ(canonical_ecosystem("Alpine:v3.20"), "Alpine:v3.20");
}

}  // namespace
}  // namespace suture
