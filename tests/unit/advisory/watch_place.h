// SPDX-License-Identifier: Apache-2.0
//
// A folder with records in it, a configuration that names it, and a store that is filled from it.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <string>
#include <vector>

#include "advisory/sync.h"
#include "base/file.h"

namespace suture::test {

/// As the kernel's CNA writes them, cut to what matters here (CVE JSON 5.1).
inline std::string cve_record(const std::string& cve, const std::string& title = "net: fix a leak") {
  return R"({"dataType":"CVE_RECORD","dataVersion":"5.1","cveMetadata":{"cveId":")" + cve +
         R"(","state":"PUBLISHED","dateUpdated":"2026-11-20T10:00:00.000Z"},"containers":{"cna":{"title":")" +
         title +
         R"(","descriptions":[{"lang":"en","value":"A description."}],"affected":[{"vendor":"Linux","product":"Linux",)"
         R"("programFiles":["net/core/dev.c"],"defaultStatus":"affected","versions":[{"version":"6.1.170",)"
         R"("lessThan":"6.1.180","status":"affected","versionType":"semver"}]}]}}})";
}

/// CISA's catalogue with these in it.
inline std::string kev_catalogue(const std::vector<std::string>& cves) {
  std::string all;
  for (const std::string& cve : cves) {
    all +=
        (all.empty() ? "" : ",") + (R"({"cveID":")" + cve) +
        R"(","vendorProject":"Linux","product":"Kernel","vulnerabilityName":"A hole","dateAdded":"2026-11-01",)"
        R"("shortDescription":"It is used.","requiredAction":"Patch.","dueDate":"2026-11-22",)"
        R"("knownRansomwareCampaignUse":"Unknown"})";
  }
  return R"({"title":"CISA Catalog of Known Exploited Vulnerabilities","catalogVersion":"2026.11.20","dateReleased":)"
         R"("2026-11-20T10:00:00.000Z","count":)" +
         std::to_string(cves.size()) + R"(,"vulnerabilities":[)" + all + "]}";
}

inline std::string cve_number(int number) {
  return "CVE-2026-" + std::to_string(10000 + number);
}

/// Long after the tests' files were written: none of them can still be changing.
inline Time later() {
  return wall_clock() + std::chrono::hours(1);
}

/// All that the store holds, without the numbers and times by which one way to it differs from another.
inline std::vector<std::string> contents(AdvisoryStore& store) {
  std::vector<std::string> all;
  for (const char* query : {"SELECT 'document', s.name, d.name, d.sha256, d.code, d.fingerprint FROM "
                            "documents d JOIN sources s ON s.id = "
                            "d.source",
                            "SELECT 'record', d.name, r.name, r.hash, r.code, r.why FROM records r JOIN "
                            "documents d ON d.id = r.document",
                            "SELECT 'voice', r.name, v.cve, v.title, v.score || ' ' || v.kernel || "
                            "v.exploited, t.json FROM voices v JOIN "
                            "records r ON r.id = v.record JOIN voice_texts t ON t.voice = v.id",
                            "SELECT 'product', v.cve, p.product, '', '', '' FROM voice_products p JOIN "
                            "voices v ON v.id = p.voice",
                            "SELECT 'changed', cve, '', '', '', '' FROM changed",
                            "SELECT 'source', name, cursor, problem, '', '' FROM sources"}) {
    auto statement = store.database().prepare(query);
    EXPECT_TRUE(statement) << statement.error().message();
    while (statement->step().value()) {
      std::string line;
      for (int column = 0; column < 6; column++) line += statement->text(column) + "|";
      all.push_back(line);
    }
  }
  std::ranges::sort(all);
  return all;
}

class WatchPlace : public testing::Test {
 protected:
  WatchPlace() {
    config.state = folder.path() / "state";
    std::filesystem::create_directories(records());
    config.sources.push_back({.name = "kernel-cna",
                              .format = FeedFormat::kCve,
                              .kind = PlaceKind::kFolder,
                              .location = records().string()});
  }

  std::filesystem::path records() const { return folder.path() / "records"; }
  void put(const std::string& cve, const std::string& text) {
    const auto file = records() / (cve + ".json");
    std::filesystem::create_directories(file.parent_path());
    // Not write_file(), which waits for the disk each time.
    ASSERT_TRUE(std::ofstream(file, std::ios::binary) << text);
  }
  void put_all(int count) {
    for (int i = 0; i < count; i++) put(cve_number(i), cve_record(cve_number(i)));
  }
  AdvisoryStore open() { return AdvisoryStore::open(config.store()).value(); }
  SyncReport synced(AdvisoryStore& store) {
    auto report = sync(store, config, {}, later());
    EXPECT_TRUE(report) << report.error().message();
    return report.value_or(SyncReport{});
  }
  SourceReport synced_one(AdvisoryStore& store) {
    auto report = synced(store);
    return report.sources.empty() ? SourceReport{} : report.sources[0];
  }
  static std::string problem(const SourceReport& report) {
    return report.problem ? report.problem->code : "none";
  }

  TempDir folder = TempDir::make("watch").value();
  WatchConfig config;
};

}  // namespace suture::test
