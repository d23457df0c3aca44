// SPDX-License-Identifier: Apache-2.0
#include "advisory/sync.h"

#include <set>

#include "watch_place.h"

namespace suture {
namespace {

using test::cve_number;
using test::cve_record;
using test::kev_catalogue;
using test::later;
using testing::ElementsAre;
using Sync = test::WatchPlace;

std::string title_of(AdvisoryStore& store, const std::string& cve) {
  const auto advisory = store.advisory(cve).value();
  return advisory ? advisory->voices.at(0).voice.title : "none";
}

TEST_F(Sync, ReadsAllTheFirstTimeAndNothingTheSecond) {
  put_all(5);
  AdvisoryStore store = open();
  const SourceReport first = synced_one(store);
  EXPECT_EQ(problem(first), "none");
  EXPECT_EQ(first.documents, 5u);
  EXPECT_EQ(first.read, 5u);
  EXPECT_EQ(first.records.added, 5u);
  const auto before = test::contents(store);
  const SourceReport second = synced_one(store);
  EXPECT_EQ(second.documents, 5u);
  EXPECT_EQ(second.read, 0u);
  EXPECT_EQ(second.records.added, 0u);
  EXPECT_EQ(test::contents(store), before);
}

TEST_F(Sync, ReadsOnlyWhatChangedAndForgetsWhatIsGone) {
  put_all(5);
  AdvisoryStore store = open();
  synced(store);
  const auto position = store.changed_since(0, 100)->back().position;
  put(cve_number(1), cve_record(cve_number(1), "net: another title"));
  put(cve_number(7), cve_record(cve_number(7)));
  std::filesystem::remove(records() / (cve_number(3) + ".json"));
  const SourceReport report = synced_one(store);
  EXPECT_EQ(report.read, 2u);
  EXPECT_EQ(report.gone, 1u);
  EXPECT_EQ(report.records.added, 1u);
  EXPECT_EQ(report.records.changed, 1u);
  EXPECT_EQ(report.records.removed, 1u);
  EXPECT_EQ(title_of(store, cve_number(1)), "net: another title");
  EXPECT_FALSE(store.advisory(cve_number(3)).value());
  std::set<std::string> changed;
  const auto moved = store.changed_since(position, 100).value();
  for (const ChangedCve& each : moved) changed.insert(each.cve);
  EXPECT_THAT(changed, ElementsAre(cve_number(1), cve_number(3), cve_number(7)));
}

// Written twice within a step of the file system's clock, a file has the same times and perhaps the same
// length.
TEST_F(Sync, LooksAgainAtAFileThatChangedJustNow) {
  put(cve_number(1), cve_record(cve_number(1), "net: fix a leak"));
  AdvisoryStore store = open();
  ASSERT_TRUE(sync(store, config, {}, wall_clock()));
  const auto again = sync(store, config, {}, wall_clock());
  EXPECT_EQ(again->sources.at(0).read, 1u);
  EXPECT_EQ(again->sources.at(0).records.added, 0u);
  EXPECT_EQ(again->sources.at(0).records.changed, 0u);
}

TEST_F(Sync, KeepsAsideWhatItDoesNotUnderstandAndNamesIt) {
  put_all(3);
  put(cve_number(10), "{");
  put(cve_number(11), R"({"dataType":"CVE_RECORD","cveMetadata":{"cveId":"CVE-2026-10011","state":"NEW"}})");
  put(cve_number(12), std::string(1000, '\0'));
  AdvisoryStore store = open();
  const SourceReport report = synced_one(store);
  EXPECT_EQ(problem(report), "none");
  EXPECT_EQ(report.records.added, 3u);
  EXPECT_EQ(report.records.kept_aside, 3u);
  const auto aside = store.kept_aside().value();
  ASSERT_EQ(aside.size(), 3u);
  for (const KeptAside& each : aside) {
    EXPECT_TRUE(each.code.starts_with("advisory.")) << each.code;
    EXPECT_FALSE(each.why.empty());
  }
  EXPECT_EQ(aside[0].document, cve_number(10) + ".json");
  EXPECT_EQ(store.sources()->at(0).kept_aside, 3);
  // Not again and again, but when it changes.
  EXPECT_EQ(synced_one(store).read, 0u);
  put(cve_number(10), cve_record(cve_number(10)));
  EXPECT_EQ(synced_one(store).read, 1u);
  EXPECT_EQ(store.kept_aside()->size(), 2u);
}

TEST_F(Sync, WhatARecordSaidStaysWhenItBreaks) {
  put(cve_number(1), cve_record(cve_number(1), "net: good"));
  AdvisoryStore store = open();
  synced(store);
  put(cve_number(1), "broken");
  EXPECT_EQ(synced_one(store).records.kept_aside, 1u);
  EXPECT_EQ(title_of(store, cve_number(1)), "net: good");
  put(cve_number(1), cve_record(cve_number(1), "net: good"));
  const SourceReport healed = synced_one(store);
  EXPECT_EQ(healed.records.changed, 0u);
  EXPECT_TRUE(store.kept_aside()->empty());
}

TEST_F(Sync, APlaceThatIsSuddenlyEmptyIsNotBelieved) {
  put_all(3);
  AdvisoryStore store = open();
  synced(store);
  std::filesystem::remove_all(records());
  EXPECT_EQ(problem(synced_one(store)), "watch.source-absent");
  std::filesystem::create_directories(records());
  EXPECT_EQ(problem(synced_one(store)), "watch.source-empty");
  EXPECT_EQ(store.list({})->size(), 3u);
  EXPECT_NE(store.sources()->at(0).problem, "");
  put_all(3);
  EXPECT_EQ(problem(synced_one(store)), "none");
  EXPECT_EQ(store.sources()->at(0).problem, "");
}

TEST_F(Sync, ASourceThatFailsKeepsNobodyBack) {
  put_all(2);
  config.sources.insert(config.sources.begin(), {.name = "broken",
                                                 .format = FeedFormat::kKev,
                                                 .kind = PlaceKind::kFile,
                                                 .location = (folder.path() / "absent.json").string()});
  AdvisoryStore store = open();
  const SyncReport report = synced(store);
  ASSERT_EQ(report.sources.size(), 2u);
  EXPECT_EQ(problem(report.sources[0]), "watch.source-absent");
  EXPECT_EQ(problem(report.sources[1]), "none");
  EXPECT_EQ(store.list({})->size(), 2u);
}

TEST_F(Sync, SeveralVoicesSpeakOfOneVulnerability) {
  put_all(2);
  const auto file = folder.path() / "kev.json";
  ASSERT_TRUE(write_file(file, kev_catalogue({cve_number(1), "CVE-2025-4444"})));
  config.sources.push_back(
      {.name = "kev", .format = FeedFormat::kKev, .kind = PlaceKind::kFile, .location = file.string()});
  AdvisoryStore store = open();
  synced(store);
  const auto advisory = store.advisory(cve_number(1)).value();
  ASSERT_TRUE(advisory);
  ASSERT_EQ(advisory->voices.size(), 2u);
  EXPECT_EQ(advisory->voices[0].source, "kernel-cna");
  EXPECT_EQ(advisory->voices[1].source, "kev");
  EXPECT_TRUE(advisory->voices[1].voice.exploited);
  const auto exploited = store.list({.exploited_only = true}).value();
  ASSERT_EQ(exploited.size(), 2u);
  EXPECT_EQ(exploited[0].cve, cve_number(1));
  EXPECT_THAT(exploited[0].sources, ElementsAre("kernel-cna", "kev"));
  EXPECT_EQ(exploited[1].cve, "CVE-2025-4444");

  // One record of many changes.
  const auto position = store.changed_since(0, 100)->back().position;
  ASSERT_TRUE(write_file(file, kev_catalogue({cve_number(0), "CVE-2025-4444"})));
  const SyncReport report = synced(store);
  EXPECT_EQ(report.sources[1].records.added, 1u);
  EXPECT_EQ(report.sources[1].records.removed, 1u);
  EXPECT_EQ(report.sources[1].records.unchanged, 1u);
  EXPECT_EQ(store.changed_since(position, 100)->size(), 2u);
}

TEST_F(Sync, WhatIsNotConfiguredAnyLongerIsForgotten) {
  put_all(2);
  AdvisoryStore store = open();
  synced(store);
  const auto position = store.changed_since(0, 100)->back().position;
  config.sources[0].name = "renamed";
  // Not when only some are asked for.
  ASSERT_TRUE(sync(store, config, {"renamed"}, later()));
  EXPECT_EQ(store.sources()->size(), 2u);
  const SyncReport report = synced(store);
  EXPECT_THAT(report.forgotten, ElementsAre("kernel-cna"));
  EXPECT_EQ(store.sources()->size(), 1u);
  EXPECT_EQ(store.advisory(cve_number(1)).value()->voices.size(), 1u);
  EXPECT_EQ(store.changed_since(position, 100)->size(), 2u);
}

TEST_F(Sync, AnUnknownNameIsRefused) {
  AdvisoryStore store = open();
  const auto report = sync(store, config, {"kev"}, later());
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, "watch.unknown-source");
}

TEST_F(Sync, AnotherFormatReadsAllAnew) {
  const auto file = folder.path() / "both.json";
  ASSERT_TRUE(write_file(file, kev_catalogue({cve_number(1)})));
  config.sources[0] = {
      .name = "one", .format = FeedFormat::kCve, .kind = PlaceKind::kFile, .location = file.string()};
  AdvisoryStore store = open();
  EXPECT_EQ(synced_one(store).records.kept_aside, 1u);
  EXPECT_EQ(synced_one(store).read, 0u);
  config.sources[0].format = FeedFormat::kKev;
  EXPECT_EQ(synced_one(store).read, 1u);
  EXPECT_TRUE(store.advisory(cve_number(1)).value());
}

TEST_F(Sync, HiddenFilesAndOthersAreNoDocuments) {
  put_all(1);
  ASSERT_TRUE(write_file(records() / ".hidden/CVE-2026-1234.json", cve_record("CVE-2026-1234")));
  ASSERT_TRUE(write_file(records() / "CVE-2026-1235.sha1", std::string_view("0123")));
  ASSERT_TRUE(write_file(records() / "2026/deep/CVE-2026-1236.json", cve_record("CVE-2026-1236")));
  std::filesystem::create_symlink(records(), records() / "loop");
  AdvisoryStore store = open();
  EXPECT_EQ(synced_one(store).documents, 2u);
  EXPECT_TRUE(store.advisory("CVE-2026-1236").value());
  config.sources[0].below = "2026";
  EXPECT_EQ(synced_one(store).documents, 1u);
  EXPECT_EQ(store.list({})->size(), 1u);
}

TEST_F(Sync, IsDueWhenItsTimeHasCome) {
  put_all(1);
  config.sources[0].every = std::chrono::hours(2);
  AdvisoryStore store = open();
  const Time now = wall_clock();
  EXPECT_THAT(due_sources(store, config, now)->names, ElementsAre("kernel-cna"));
  ASSERT_TRUE(sync(store, config, {}, now));
  const DueSources due = due_sources(store, config, now + std::chrono::minutes(30)).value();
  EXPECT_TRUE(due.names.empty());
  EXPECT_EQ(due.next, std::chrono::minutes(90));
  EXPECT_FALSE(due_sources(store, config, now + std::chrono::hours(2))->names.empty());
  // A clock that was set back.
  EXPECT_FALSE(due_sources(store, config, now - std::chrono::hours(5))->names.empty());
}

TEST_F(Sync, TheListIsFilteredAndSorted) {
  for (const std::string cve : {"CVE-2025-9999", "CVE-2025-10000", "CVE-2026-1234"})
    put(cve, cve_record(cve));
  put("CVE-2026-1235", cve_record("CVE-2026-1235", "ext4: 100% of_it"));
  AdvisoryStore store = open();
  synced(store);
  const auto cves = [&store](const AdvisoryFilter& filter) {
    std::vector<std::string> all;
    const auto lines = store.list(filter).value();
    for (const AdvisoryLine& line : lines) all.push_back(line.cve);
    return all;
  };
  EXPECT_THAT(cves({}), ElementsAre("CVE-2026-1235", "CVE-2026-1234", "CVE-2025-10000", "CVE-2025-9999"));
  EXPECT_THAT(cves({.limit = 1}), ElementsAre("CVE-2026-1235"));
  EXPECT_THAT(cves({.text = "EXT4"}), ElementsAre("CVE-2026-1235"));
  EXPECT_THAT(cves({.text = "0% of_"}), ElementsAre("CVE-2026-1235"));
  EXPECT_THAT(cves({.text = "fix%leak"}), ElementsAre());
  EXPECT_THAT(cves({.text = "2025-1"}), ElementsAre("CVE-2025-10000"));
  EXPECT_EQ(cves({.kernel_only = true}).size(), 4u);
  EXPECT_EQ(cves({.package = "Linux"}).size(), 4u);
  EXPECT_EQ(cves({.package = "openssl"}).size(), 0u);
  EXPECT_EQ(cves({.source = "kernel-cna"}).size(), 4u);
  EXPECT_EQ(cves({.source = "kev"}).size(), 0u);
  EXPECT_EQ(cves({.since = "2026-11-20"}).size(), 4u);
  EXPECT_EQ(cves({.since = "2026-11-21"}).size(), 0u);
  EXPECT_EQ(cves({.least_score = 0.1}).size(), 0u);
  EXPECT_EQ(store.about_package("Linux")->size(), 4u);
  std::vector<std::string> each;
  ASSERT_TRUE(store.each({}, [&each](const Advisory& advisory) -> Result<void> {
    each.push_back(advisory.cve);
    return {};
  }));
  EXPECT_THAT(each, ElementsAre("CVE-2025-9999", "CVE-2025-10000", "CVE-2026-1234", "CVE-2026-1235"));
}

// The kernel's CNA keeps its records without dates.
TEST_F(Sync, WhatHasNoDateCountsFromWhenItWasRead) {
  std::string undated = cve_record("CVE-2026-1234");
  const std::string date = R"(,"dateUpdated":"2026-11-20T10:00:00.000Z")";
  undated.erase(undated.find(date), date.size());
  put("CVE-2026-1234", undated);
  AdvisoryStore store = open();
  synced(store);
  EXPECT_EQ(store.list({.since = time_text(later() - std::chrono::minutes(1))})->size(), 1u);
  EXPECT_EQ(store.list({.since = time_text(later() + std::chrono::hours(1))})->size(), 0u);
}

TEST_F(Sync, AFileOfAnotherProgramIsNotTouched) {
  const auto file = folder.path() / "other.db";
  {
    auto other = sqlite::Database::open(file);
    ASSERT_TRUE(other->execute("CREATE TABLE mine (x INTEGER)"));
  }
  const auto refused = AdvisoryStore::open(file);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "store.foreign");
  {
    AdvisoryStore store = open();
    ASSERT_TRUE(store.database().execute("PRAGMA user_version = 999"));
  }
  EXPECT_EQ(AdvisoryStore::open(config.store()).error().code, "store.newer");
}

}  // namespace
}  // namespace suture
