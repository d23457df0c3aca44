// SPDX-License-Identifier: Apache-2.0
#include "repository/catalog.h"

#include "base/json.h"
#include "make.h"

namespace suture {
namespace {

using test::code;
using test::kBuildId;
using test::kStable;
using test::must;

AvailablePatchset patchset(std::uint32_t level) {
  return {.stream = kStable,
          .build_id = kBuildId,
          .release = "6.1.0-47-cloud-amd64",
          .level = level,
          .published = "2026-11-24T10:00:00Z",
          .cves = {"CVE-2026-53249"},
          .manifest = {"patchset.json", std::string(64, 'a'), 100},
          .module = {"suture_1.ko", std::string(64, 'b'), 1000},
          .statement = RemoteFile{"qualification.json", std::string(64, 'c'), 10},
          .log_index = level};
}

Catalog catalog() {
  Catalog made{.stream = kStable, .build_id = kBuildId, .release = "6.1.0-47-cloud-amd64"};
  for (const std::uint32_t level : {1u, 2u, 5u}) made.levels.push_back(patchset(level));
  made.levels[2].withdrawn = Withdrawal{"it hangs", "2026-11-25T10:00:00Z", 6};
  made.levels[0].statement.reset();
  made.levels[1].cves = {"CVE-2026-1", "CVE-2026-2", "CVE-2026-53249"};
  made.levels[1].more_modules = {{"suture_stop_1.ko", std::string(64, 'd'), 2000},
                                 {"suture.ko", std::string(64, 'e'), 300}};
  made.levels[1].effective_version = "6.1.176-1";
  made.levels[1].fixed = {"CVE-2026-1"};
  made.levels[1].unaffected = {"CVE-2026-2"};
  return made;
}

std::string parse(const std::string& text) {
  return code(parse_catalog(text, kStable, kBuildId));
}

/// The good one with another value.
std::string with(const char* pointer, Json value) {
  Json json = must(parse_json(catalog_text(catalog()), "test"));
  json[Json::json_pointer(pointer)] = std::move(value);
  return parse(json_text(json));
}

TEST(Catalog, ComesBackAsItWasWritten) {
  const Catalog read = must(parse_catalog(catalog_text(catalog()), kStable, kBuildId));
  EXPECT_EQ(read, catalog());
  EXPECT_EQ(catalog_text(read), catalog_text(catalog()));
}

TEST(Catalog, TheNewestIsTheHighestThatWasNotWithdrawn) {
  Catalog read = catalog();
  EXPECT_EQ(read.newest()->level, 2u);
  read.levels[1].withdrawn = read.levels[0].withdrawn = Withdrawal{};
  EXPECT_EQ(read.newest(), nullptr);
  EXPECT_EQ(Catalog().newest(), nullptr);
  EXPECT_EQ(read.find(5), &read.levels[2]);
  EXPECT_EQ(read.find(3), nullptr);
}

TEST(Catalog, LevelsMustRise) {
  EXPECT_EQ(with("/levels/1/level", 3), "ok");
  EXPECT_EQ(with("/levels/1/level", 1), "catalog.schema");
  EXPECT_EQ(with("/levels/1/level", 5), "catalog.schema");
  EXPECT_EQ(with("/levels/2/level", 1'000'000), "catalog.schema");
  EXPECT_EQ(with("/levels/0/level", 0), "repository.bad-level");
  EXPECT_EQ(with("/levels/0/level", -1), "catalog.schema");
}

TEST(Catalog, MustBeOfThisStreamAndKernel) {
  EXPECT_EQ(with("/channel", "canary"), "catalog.schema");
  EXPECT_EQ(with("/distribution", "ubuntu"), "catalog.schema");
  EXPECT_EQ(with("/build_id", std::string(40, 'b')), "catalog.schema");
}

TEST(Catalog, NamesFilesByHashAndPlainly) {
  EXPECT_EQ(with("/levels/0/module/sha256", std::string(63, 'a')), "catalog.schema");
  EXPECT_EQ(with("/levels/0/module/sha256", std::string(64, 'A')), "catalog.schema");
  EXPECT_EQ(with("/levels/0/module/name", "../x.ko"), "repository.malformed");
  EXPECT_EQ(with("/levels/0/manifest/name", ""), "repository.malformed");
  EXPECT_EQ(with("/levels/0/module/length", -1), "catalog.schema");
  EXPECT_EQ(with("/levels/1/statement/sha256", "x"), "catalog.schema");
}

TEST(Catalog, NamesTheModulesOfFurtherEngines) {
  EXPECT_EQ(catalog().levels[0].files().size(), 2u);
  EXPECT_EQ(catalog().levels[1].files().size(), 5u);
  EXPECT_EQ(catalog().levels[1].module_bytes(), 3300u);
  const Json json = must(parse_json(catalog_text(catalog()), "test"));
  EXPECT_FALSE(json["levels"][0].contains("more"));
  const Json file = json["levels"][1]["more"][0];
  EXPECT_EQ(with("/levels/1/more", Json::array()), "ok");
  EXPECT_EQ(with("/levels/1/more/0/sha256", "x"), "catalog.schema");
  EXPECT_EQ(with("/levels/1/more/0/length", -1), "catalog.schema");
  EXPECT_EQ(with("/levels/1/more/0/name", "a/b.ko"), "repository.malformed");
  // A file for each name, and not too many.
  EXPECT_EQ(with("/levels/1/more/1", file), "catalog.schema");
  EXPECT_EQ(with("/levels/1/more/0/name", "suture_1.ko"), "catalog.schema");
  EXPECT_EQ(with("/levels/1/more/0/name", "patchset.json"), "catalog.schema");
  Json many = Json::array();
  for (std::size_t i = 1; i < kMostModuleFiles; i++) {
    many.push_back(file);
    many.back()["name"] = "m" + std::to_string(i) + ".ko";
  }
  EXPECT_EQ(with("/levels/1/more", many), "ok");
  many.push_back(file);
  EXPECT_EQ(with("/levels/1/more", many), "catalog.schema");
}

TEST(Catalog, RefusesFieldsOfAnotherType) {
  for (const char* pointer : {"/levels",
                              "/levels/0",
                              "/levels/0/level",
                              "/levels/0/published",
                              "/levels/0/cves",
                              "/levels/0/cves/0",
                              "/levels/1/effective_version",
                              "/levels/1/fixed",
                              "/levels/1/fixed/0",
                              "/levels/1/unaffected",
                              "/levels/0/manifest",
                              "/levels/0/module",
                              "/levels/1/more",
                              "/levels/1/more/0",
                              "/levels/0/log",
                              "/levels/2/withdrawn",
                              "/levels/2/withdrawn/log",
                              "/levels/2/withdrawn/reason",
                              "/release",
                              "/channel"}) {
    EXPECT_NE(with(pointer, true), "ok") << pointer;
    EXPECT_NE(with(pointer, nullptr), "ok") << pointer;
  }
}

TEST(Catalog, RefusesBrokenInput) {
  const std::string text = catalog_text(catalog());
  for (std::size_t length = 0; length + 2 < text.size(); length++) {
    EXPECT_NE(parse(text.substr(0, length)), "ok") << length;
  }
  EXPECT_NE(parse("[]"), "ok");
  EXPECT_EQ(parse(text + std::string(kMostCatalog, ' ')), "json.too-large");
  std::string deep;
  for (int i = 0; i < 100; i++) deep += "{\"levels\":[";
  EXPECT_NE(parse(deep), "ok");
}

// Both are canonical, and of one kind each: nobody can take one for the other.
TEST(Catalog, LogEntriesNameWhatTheyVouchFor) {
  const AvailablePatchset one = patchset(1);
  const std::string entry = publication_entry(one);
  EXPECT_EQ(entry.find('\n'), std::string::npos);
  for (const auto change :
       {+[](AvailablePatchset& p) { p.level = 2; }, +[](AvailablePatchset& p) { p.build_id[0] = 'b'; },
        +[](AvailablePatchset& p) { p.module.sha256[0] = 'c'; },
        +[](AvailablePatchset& p) { p.manifest.sha256[0] = 'c'; },
        +[](AvailablePatchset& p) { p.more_modules = {p.module}; },
        +[](AvailablePatchset& p) { p.stream.channel = "canary"; },
        +[](AvailablePatchset& p) { p.published = "2026-11-24T10:00:01Z"; }}) {
    AvailablePatchset other = one;
    change(other);
    EXPECT_NE(publication_entry(other), entry);
  }
  EXPECT_EQ(entry.find("more"), std::string::npos) << "entries that older agents wrote stay the same";
  EXPECT_NE(publication_entry(catalog().levels[1]).find(R"("more":["ddd)"), std::string::npos);
  EXPECT_NE(withdrawal_entry(one, {"a", one.published, 0}), entry);
  EXPECT_NE(withdrawal_entry(one, {"a", one.published, 0}), withdrawal_entry(one, {"b", one.published, 0}));
}

}  // namespace
}  // namespace suture
