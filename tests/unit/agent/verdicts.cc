// SPDX-License-Identifier: Apache-2.0
#include "agent/verdicts.h"

#include <gmock/gmock.h>

#include "fixture.h"
#include "repository/client.h"

namespace suture {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kCve = "CVE-2026-1001";

LevelClaims closing(std::uint32_t level) {
  return {.level = level, .closes = {kCve}};
}

HostKnowledge host(std::uint32_t applied, std::vector<LevelClaims> levels) {
  return {.applied = applied, .levels = std::move(levels)};
}

KernelChangelog changelog() {
  return {.source = "/usr/share/doc/linux-image-x/changelog.gz",
          .version = "6.1.170-3",
          .named = {{kCve, "6.1.164-1"}}};
}

void expect(const HostKnowledge& known, Verdict verdict, std::uint32_t level, const std::string& words) {
  const CveVerdict found = verdict_of(known, kCve);
  EXPECT_EQ(name_of(found.verdict), name_of(verdict)) << found.why;
  EXPECT_EQ(found.level, level);
  EXPECT_THAT(found.why, HasSubstr(words));
}

TEST(Verdicts, ALevelInTheKernelPatches) {
  expect(host(3, {closing(3)}), Verdict::kPatched, 3, "level 3 is in the running kernel");
  expect(host(3, {closing(1), closing(2), closing(3), closing(4)}), Verdict::kPatched, 1,
         "level 3 is in the running kernel, and level 1 closed it");
}

TEST(Verdicts, AWithdrawnLevelThatIsStillThereDoesAsWell) {
  HostKnowledge known = host(3, {closing(3), closing(4)});
  known.levels[0].withdrawn = "it hangs";
  expect(known, Verdict::kPatched, 3, "level 3 is in the running kernel");
}

TEST(Verdicts, WhileTasksAreOnTheirWayItIsOpen) {
  HostKnowledge known = host(3, {closing(2), closing(3)});
  known.transition = true;
  expect(known, Verdict::kOpen, 3, "not every task runs it yet");
}

TEST(Verdicts, ALevelThatIsNotInTheKernelLeavesItOpen) {
  expect(host(0, {closing(3), closing(4)}), Verdict::kOpen, 3,
         "level 3 closes it: `suture update` brings it");
  HostKnowledge known = host(2, {{.level = 2}, closing(3)});
  known.waits = "for its window";
  expect(known, Verdict::kOpen, 3, "and waits: for its window");
}

TEST(Verdicts, AWithdrawnLevelShowsThatTheHoleIsThere) {
  HostKnowledge known = host(0, {closing(3)});
  known.levels[0].withdrawn = "it hangs";
  expect(known, Verdict::kOpen, 3, "was withdrawn: it hangs");
  known.levels.push_back(closing(4));
  expect(known, Verdict::kOpen, 4, "level 4 closes it");
}

TEST(Verdicts, ALevelThatDropsAFixOpensTheHoleAgain) {
  expect(host(2, {closing(1), {.level = 2}}), Verdict::kOpen, 1,
         "level 2, which is in the kernel, does not name");
}

TEST(Verdicts, TheBuilderFoundTheFixInTheSource) {
  expect(host(0, {{.level = 3, .fixed = {{kCve, ""}}}}), Verdict::kFixed, 0,
         "the source of this kernel has the fix, as the build of level 3 found");
  expect(host(3, {{.level = 3, .fixed = {{kCve, "it has 2 of 2 hunks"}}}}), Verdict::kFixed, 0,
         "the build of level 3 found: it has 2 of 2 hunks");
}

TEST(Verdicts, TheDistributionSaysThatItFixedIt) {
  HostKnowledge known = host(0, {{.level = 3, .unaffected = {{kCve, ""}}}});
  known.changelog = changelog();
  expect(
      known, Verdict::kFixed, 0,
      "the changelog of the booted kernel (6.1.170-3) names it for 6.1.164-1 (/usr/share/doc/linux-image-x");
}

TEST(Verdicts, WhatTheSourceShowsCountsMoreThanTheChangelog) {
  HostKnowledge known = host(0, {closing(3)});
  known.changelog = changelog();
  expect(known, Verdict::kOpen, 3, "level 3 closes it");
}

TEST(Verdicts, CodeThatIsNotThereHasNoHole) {
  expect(host(0, {{.level = 3, .unaffected = {{kCve, ""}}}}), Verdict::kNotAffected, 0,
         "this kernel does not have its code, as the build of level 3 found");
}

TEST(Verdicts, AWithdrawnLevelsWordIsNotBelieved) {
  HostKnowledge known = host(0, {{.level = 3, .withdrawn = "built wrongly", .unaffected = {{kCve, ""}}}});
  expect(known, Verdict::kUnknown, 0, "no level that is known here names it");
}

TEST(Verdicts, WhatNobodyNamesIsUnknown) {
  expect(host(0, {}), Verdict::kUnknown, 0, "no level that is known here names it");
  HostKnowledge known = host(3, {{.level = 3, .closes = {"CVE-2026-1002"}}});
  known.changelog = KernelChangelog{};
  expect(known, Verdict::kUnknown, 0, "nor does the kernel's changelog");
}

TEST(Verdicts, AreOfEveryCveThatAnythingNamesSortedById) {
  HostKnowledge known = host(3, {{.level = 3, .closes = {"CVE-2026-3"}, .fixed = {{"CVE-2026-1", ""}}},
                                 {.level = 4, .closes = {"CVE-2026-5"}, .unaffected = {{"CVE-2026-4", ""}}}});
  known.changelog = KernelChangelog{.named = {{"CVE-2026-2", "1"}, {"CVE-2026-3", "1"}}};
  std::vector<std::string> found;
  for (const CveVerdict& verdict : verdicts(known))
    found.push_back(verdict.cve + " " + std::string(name_of(verdict.verdict)));
  EXPECT_THAT(found, ElementsAre("CVE-2026-1 fixed", "CVE-2026-2 fixed", "CVE-2026-3 patched",
                                 "CVE-2026-4 not-affected", "CVE-2026-5 open"));
}

FixRecord fix(const std::string& cve, const std::string& not_affected = "", bool already_fixed = false) {
  return {
      .name = cve, .sha256 = "", .cves = {cve}, .not_affected = not_affected, .already_fixed = already_fixed};
}

TEST(Verdicts, OneFixThatIsNeededMakesTheLevelNeeded) {
  Patchset patchset;
  patchset.level = 7;
  patchset.fixes = {fix("CVE-2026-1"), fix("CVE-2026-1", "has it", true), fix("CVE-2026-2", "has it", true),
                    fix("CVE-2026-2", "lacks it"), fix("CVE-2026-3", "lacks it")};
  const LevelClaims claims = claims_of(patchset);
  EXPECT_EQ(claims, (LevelClaims{.level = 7,
                                 .closes = {"CVE-2026-1"},
                                 .fixed = {{"CVE-2026-2", "has it"}},
                                 .unaffected = {{"CVE-2026-3", "lacks it"}}}));
  AvailablePatchset available{
      .level = 7, .cves = patchset.cves(), .fixed = {"CVE-2026-2"}, .unaffected = {"CVE-2026-3"}};
  EXPECT_EQ(claims_of(available).closes, claims.closes);
  EXPECT_TRUE(claims_of(available).fixed.contains("CVE-2026-2"));
  EXPECT_TRUE(claims_of(available).unaffected.contains("CVE-2026-3"));
}

TEST(Verdicts, ComeFromWhatTheAgentKeeps) {
  Host host;
  host.config.distribution = "debian";
  Agent agent = host.agent();
  const auto before = gather_knowledge(host.config, host.kernel);
  ASSERT_TRUE(before);
  EXPECT_EQ(verdict_of(*before, "CVE-2026-1").verdict, Verdict::kUnknown);

  ASSERT_TRUE(agent.update(Asked::kByTimer));
  auto known = gather_knowledge(host.config, host.kernel);
  ASSERT_TRUE(known);
  EXPECT_EQ(known->kernel.build_id, kBuildId);
  EXPECT_EQ(known->levels, (std::vector<LevelClaims>{{.level = 1, .closes = {"CVE-2026-1"}}}));
  EXPECT_EQ(verdict_of(*known, "CVE-2026-1").verdict, Verdict::kPatched);

  // Without the manifest, what the state remembers of it.
  std::filesystem::remove_all(host.config.store());
  EXPECT_EQ(verdict_of(*gather_knowledge(host.config, host.kernel), "CVE-2026-1").verdict, Verdict::kPatched);

  // The channel's levels, which the agent keeps as it found them.
  Catalog catalog{.stream = {"stable", "debian"}, .build_id = kBuildId, .release = "6.1.0-47-cloud-amd64"};
  for (const std::uint32_t level : {1u, 2u}) {
    catalog.levels.push_back({.stream = catalog.stream,
                              .build_id = kBuildId,
                              .level = level,
                              .cves = {"CVE-2026-1", "CVE-2026-2", "CVE-2026-3"},
                              .unaffected = {"CVE-2026-3"},
                              .manifest = {"patchset.json", std::string(64, 'a'), 1},
                              .module = {"suture_1.ko", std::string(64, 'b'), 1}});
  }
  catalog.levels[0].cves = {"CVE-2026-1"};
  catalog.levels[0].unaffected.clear();
  ASSERT_TRUE(write_file(host.config.state / "trusted" / kOwnCatalogName, catalog_text(catalog)));
  known = gather_knowledge(host.config, host.kernel);
  ASSERT_TRUE(known);
  EXPECT_EQ(known->levels.size(), 2u);
  EXPECT_EQ(verdict_of(*known, "CVE-2026-1").verdict, Verdict::kPatched);
  EXPECT_EQ(verdict_of(*known, "CVE-2026-2").verdict, Verdict::kOpen);
  EXPECT_EQ(verdict_of(*known, "CVE-2026-3").verdict, Verdict::kNotAffected);
}

TEST(Verdicts, AnyUserMayReadTheManifestAndNobodyTheModule) {
  Host host;
  ASSERT_TRUE(host.agent().update(Asked::kByTimer));
  const auto folder = host.config.store() / host.state().wanted->folder;
  namespace fs = std::filesystem;
  EXPECT_EQ(fs::status(folder).permissions(), fs::perms(0755));
  EXPECT_EQ(fs::status(folder / kManifestName).permissions(), fs::perms(0644));
  EXPECT_EQ(fs::status(folder / "suture_1.ko").permissions(), fs::perms(0600));
}

}  // namespace
}  // namespace suture
