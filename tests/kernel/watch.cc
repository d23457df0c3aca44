// SPDX-License-Identifier: Apache-2.0
//
// Real vulnerabilities against real kernels: tests/data/watch has their fixes as diffs, their records, and
// for each target the verdict to which reading its source leads. Only targets that the store has are asked;
// at least one must be there.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cstdlib>
#include <set>
#include <sstream>

#include "advisory/match.h"
#include "advisory/reader.h"
#include "base/file.h"
#include "build/built_units.h"
#include "target/store.h"

namespace suture {
namespace {

namespace fs = std::filesystem;

const fs::path kData = SUTURE_TEST_WATCH;

/// Tab-separated fields of the lines that are no comments.
std::vector<std::vector<std::string>> rows_of(const fs::path& file) {
  const Result<std::string> text = read_text_file(file);
  if (!text) return {};
  std::vector<std::vector<std::string>> rows;
  std::istringstream lines(*text);
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line.starts_with('#')) continue;
    std::vector<std::string> fields;
    std::istringstream words(line);
    for (std::string word; std::getline(words, word, '\t');) fields.push_back(word);
    rows.push_back(std::move(fields));
  }
  return rows;
}

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  std::istringstream in(text == "-" ? "" : text);
  for (std::string word; std::getline(in, word, ',');) words.push_back(word);
  return words;
}

/// As the kernel's own CVE records say it: affected from the version that brought the hole, and older series
/// from the one that brought it there; each series has a version with the fix, and the last of them stands
/// for all behind it.
AffectedProduct kernel_product(const std::vector<std::string>& introduced,
                               const std::vector<std::string>& fixed) {
  AffectedProduct product{.ecosystem = "kernel.org", .name = "Linux", .affected_by_default = true};
  const auto range = [&](std::string from, std::string to, std::string last, bool affected = false) {
    product.ranges.push_back({.order = VersionOrder::kKernel,
                              .affected = affected,
                              .introduced = std::move(from),
                              .fixed = std::move(to),
                              .last = std::move(last)});
  };
  for (std::size_t i = 0; i < introduced.size(); ++i) {
    if (i + 1 == introduced.size()) {
      range("", introduced[i], "");
    } else {
      range(introduced[i], "", series_of(*parse_kernel_version(introduced[i])) + ".*", true);
    }
  }
  for (const std::string& version : fixed) {
    const auto parsed = parse_kernel_version(version);
    const bool last = &version == &fixed.back();
    range(version, "", last ? "*" : series_of(*parsed) + ".*");
  }
  return product;
}

struct Case {
  Advisory advisory{};
  CodeChange change{};
};

/// What the kernel's CNA published, or where there was no record yet, the facts that were announced.
Result<Advisory> read_announced(const std::string& cve) {
  Advisory advisory{.cve = cve, .voices = {}};
  const auto add = [&](Voice voice) {
    advisory.voices.push_back({.source = "kernel-cna", .voice = std::move(voice)});
  };
  const fs::path record = kData / "records" / (cve + ".json");
  if (fs::exists(record)) {
    const std::string text = TRY(read_text_file(record));
    TRY(read_document(FeedFormat::kCve, cve, text,
                      [&](const std::string&, ReadRecord voices) -> Result<void> {
                        for (Voice& voice : TRY(std::move(voices))) add(std::move(voice));
                        return {};
                      }));
    return advisory;
  }
  for (const auto& said : rows_of(kData / "said.tsv")) {
    if (said.at(0) != cve) continue;
    Voice voice{.cve = cve, .record = cve, .title = said.at(1)};
    const auto introduced = words_of(said.at(2));
    const auto fixed = words_of(said.at(3));
    if (!introduced.empty() || !fixed.empty()) voice.products.push_back(kernel_product(introduced, fixed));
    add(std::move(voice));
  }
  return advisory;
}

Result<Case> read_case(const std::string& cve, const fs::path& source) {
  Case found;
  found.advisory = TRY(read_announced(cve));
  fs::path patch = kData / "fixes" / (cve + ".patch");
  if (!fs::exists(patch)) patch = kData.parent_path() / "fixes" / (cve + ".patch");
  const std::string text = TRY(read_text_file(patch));
  const FileText before = [&](const std::string& path) -> std::optional<std::string> {
    Result<std::string> file = read_text_file(source / path);
    return file ? std::optional(std::move(*file)) : std::nullopt;
  };
  found.change = TRY(read_code_change(text, cve, {.before = before, .after = {}}));
  return found;
}

/// A target of the store as matching sees it.
Result<TargetFacts> facts_of(const Target& target, const fs::path& cache) {
  return read_target_facts(target, [&](const std::shared_ptr<const TargetSymbols>& symbols) {
    const auto units = std::make_shared<BuiltUnits>(
        target, BuildCache(cache),
        [symbols](const std::string& name) { return symbols->objects_with(name); });
    return [units](const std::string& file) { return units->objects_of(file); };
  });
}

/// CVE, target, verdict, justification, file:line, why.
struct Expected {
  std::string standing{};
  std::string justification{};
  std::string place{};
};

using Table = std::map<std::pair<std::string, std::string>, Expected>;

Table expected_verdicts() {
  Table table;
  for (const auto& row : rows_of(kData / "verdicts.tsv"))
    table[{row.at(0), row.at(1)}] = {.standing = row.at(2), .justification = row.at(3), .place = row.at(4)};
  return table;
}

class Watch : public testing::Test {
 protected:
  void SetUp() override {
    const char* store = std::getenv("SUTURE_STORE");
    ASSERT_NE(store, nullptr) << "SUTURE_STORE is not set: run `scripts/test.sh kernel`";
    auto cache = TempDir::make("suture-test");
    ASSERT_TRUE(cache.has_value());
    cache_.emplace(std::move(*cache));
    const auto own = TargetStore(store).find("debian:" SUTURE_TEST_RELEASE);
    ASSERT_TRUE(own.has_value()) << own.error().message();
    std::set<std::string> cves;
    for (const auto& row : rows_of(kData / "verdicts.tsv")) cves.insert(row.at(0));
    for (const std::string& cve : cves) {
      auto read = read_case(cve, own->source);
      ASSERT_TRUE(read.has_value()) << read.error().message();
      ASSERT_FALSE(read->advisory.voices.empty()) << cve;
      cases_.push_back(std::move(*read));
    }
    for (const char* release : {"5.10.0-46-cloud-amd64", "6.1.0-47-cloud-amd64", "6.12.107+deb13-cloud-amd64",
                                "7.2.13+deb14-cloud-amd64"}) {
      if (const auto target = TargetStore(store).find(std::string("debian:") + release))
        targets_.push_back(*target);
    }
    ASSERT_FALSE(targets_.empty());
  }

  std::optional<TempDir> cache_;
  std::vector<Case> cases_;
  std::vector<Target> targets_;
};

TEST_F(Watch, NoVerdictOnARealVulnerabilityIsWrong) {
  ASSERT_GE(cases_.size(), 60U);
  const Table table = expected_verdicts();
  ASSERT_EQ(table.size(), cases_.size() * 4);
  std::size_t asked = 0;
  std::size_t open = 0;
  for (const Target& target : targets_) {
    const auto facts = facts_of(target, cache_->path());
    ASSERT_TRUE(facts.has_value()) << facts.error().message();
    for (const Case& found : cases_) {
      const Finding finding = match(found.advisory, found.change, *facts);
      const auto row = table.find({found.advisory.cve, target.id.release});
      ASSERT_NE(row, table.end()) << found.advisory.cve << " " << target.id.release;
      const Expected& expected = row->second;
      ++asked;
      if (finding.standing == Standing::kUnderInvestigation) {
        ++open;
        continue;
      }
      EXPECT_EQ(name_of(finding.standing), expected.standing)
          << finding.cve << " on " << finding.target << ": " << finding.reason;
      EXPECT_EQ(name_of(finding.justification), expected.justification == "-" ? "" : expected.justification)
          << finding.cve << " on " << finding.target << ": " << finding.reason;
      if (expected.place != "-") {
        EXPECT_THAT(finding.reason, testing::HasSubstr(expected.place))
            << finding.cve << " on " << finding.target;
      }
    }
  }
  RecordProperty("asked", static_cast<int>(asked));
  RecordProperty("under_investigation", static_cast<int>(open));
  EXPECT_LE(open * 10, asked);
}

}  // namespace
}  // namespace suture
