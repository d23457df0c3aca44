// SPDX-License-Identifier: Apache-2.0
#include "patchset/patchset.h"
#include "base/hash.h"
#include "base/json.h"

#include <gtest/gtest.h>

#include <functional>

namespace suture {
namespace {

Patchset sample() {
  Patchset patchset;
  patchset.target = {"debian", "6.1.0-47-cloud-amd64", "6.1.170-3", "x86_64", std::string(40, 'a')};
  patchset.level = 3;
  patchset.modules = {{"klp", "suture_3", "suture_3.ko", std::string(64, '0'), 123456},
                      {"stopmachine", "suture_stop_3", "suture_stop_3.ko", std::string(64, '4'), 1234,
                       EngineModule{"suture.ko", std::string(64, '5'), 12345, 1}}};
  patchset.fixes = {{"CVE-2026-2", std::string(64, '1'), {"CVE-2026-2", "CVE-2026-1"}},
                    {"quiet", std::string(64, '2'), {}},
                    {"again", std::string(64, '3'), {"CVE-2026-2"}}};
  patchset.objects = {{"vmlinux",
                       {{"sock_init", 0, 100, 120}, {"show", 7, 1, 2}},
                       {{"net/core/sock.c", 200, 199, {"odd_one"}}}},
                      {"vsock", {{"vsock_connect", 0, 500, 510}}, {}}};
  patchset.risks = {{"risk.lock-imbalance", "show", "net/core/sock.c:12", "a path leads to a return"},
                    {"risk.layout", "", "", "struct sock grows"}};
  patchset.tool = "suture 0.1.0";
  return patchset;
}

TEST(Patchset, WhatIsWrittenIsReadBack) {
  const auto read = parse_patchset(json_text(to_json(sample())));
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(*read, sample());
}

TEST(Patchset, KeepsWhatAuthorsDeclared) {
  Patchset patchset = sample();
  patchset.fixes[1].updated_data = {"a_table"};
  patchset.fixes[2].accepted_layouts = {"struct task_struct"};
  const auto read = parse_patchset(json_text(to_json(patchset)));
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(*read, patchset);
  EXPECT_NE(*read, sample());
  Json json = to_json(patchset);
  json["fixes"][1]["updated_data"] = "a_table";
  EXPECT_FALSE(patchset_from_json(json)) << "it must be a list";
}

TEST(Patchset, SaysHowAnExitFunctionIsReached) {
  Patchset patchset = sample();
  EXPECT_EQ(to_json(patchset).dump().find("module_exit"), std::string::npos);
  patchset.objects.at(0).functions.at(0).module_exit = true;
  const auto back = patchset_from_json(to_json(patchset));
  ASSERT_TRUE(back.has_value()) << back.error().message();
  EXPECT_EQ(*back, patchset);
}

TEST(Patchset, SaysWhoSignedTheModule) {
  Patchset patchset = sample();
  EXPECT_FALSE(to_json(patchset).contains("signed_by"));
  patchset.module_signer = {
      .subject = "CN = Test", .certificate_sha256 = std::string(64, 'c'), .hash = "sha256"};
  const Json json = to_json(patchset);
  const auto back = patchset_from_json(json);
  ASSERT_TRUE(back.has_value()) << back.error().message();
  EXPECT_EQ(*back, patchset);
  EXPECT_NE(*back, sample());
  for (const char* key : {"subject", "certificate_sha256", "hash"}) {
    Json broken = json;
    broken["signed_by"][key] = "\n";
    EXPECT_FALSE(patchset_from_json(broken)) << key;
    broken["signed_by"].erase(key);
    EXPECT_FALSE(patchset_from_json(broken)) << key;
  }
}

TEST(Patchset, CvesAreSortedEachOnce) {
  EXPECT_EQ(sample().cves(), (std::vector<std::string>{"CVE-2026-1", "CVE-2026-2"}));
}

TEST(Patchset, SaysWhichFixesTheKernelHasAlready) {
  Patchset patchset = sample();
  EXPECT_TRUE(patchset.fixed_cves().empty());
  EXPECT_TRUE(patchset.unaffected_cves().empty());
  for (FixRecord& fix : patchset.fixes) fix.not_affected = "the source has it";
  EXPECT_EQ(patchset.unaffected_cves().size(), 2u);
  for (FixRecord& fix : patchset.fixes) fix.already_fixed = true;
  EXPECT_TRUE(patchset.unaffected_cves().empty());
  EXPECT_EQ(patchset.fixed_cves().size(), 2u);
  const Json json = to_json(patchset);
  EXPECT_EQ(patchset_from_json(json).value(), patchset);
  Json broken = json;
  broken["fixes"][0].erase("not_affected");
  EXPECT_FALSE(patchset_from_json(broken));
  broken["fixes"][0]["already_fixed"] = "yes";
  EXPECT_FALSE(patchset_from_json(broken));
}

TEST(Patchset, MaySayWhichVersionItAmountsTo) {
  Patchset patchset = sample();
  EXPECT_FALSE(to_json(patchset).contains("effective_version"));
  patchset.effective_version = "6.1.176-1";
  const Json json = to_json(patchset);
  EXPECT_EQ(patchset_from_json(json).value(), patchset);
  for (const Json& bad : {Json(7), Json(""), Json("v6"), Json("6 1"), Json("6/1"), Json("6\n"),
                          Json("6;reboot"), Json(std::string(129, '6'))}) {
    Json broken = json;
    broken["effective_version"] = bad;
    EXPECT_FALSE(patchset_from_json(broken)) << bad;
  }
  EXPECT_TRUE(is_package_version("5.14.0-427.16.1.el9_4"));
  EXPECT_TRUE(is_package_version("1:6.12~rc3+b1^git"));
}

TEST(Patchset, TheSamePatchsetIsTheSameText) {
  EXPECT_EQ(to_json(sample()).dump(), to_json(sample()).dump());
}

/// Visits every value in the document, by its pointer.
void each_value(const Json& json, const Json::json_pointer& at,
                const std::function<void(const Json::json_pointer&)>& visit) {
  if (!at.empty()) visit(at);
  if (json.is_object()) {
    for (const auto& [key, value] : json.items()) each_value(value, at / key, visit);
  } else if (json.is_array()) {
    for (std::size_t i = 0; i < json.size(); ++i) each_value(json[i], at / i, visit);
  }
}

void expect_refused(const Json& json, const std::string& why) {
  const auto read = patchset_from_json(json);
  ASSERT_FALSE(read) << why;
  EXPECT_EQ(read.error().code, "patchset.schema") << why;
}

TEST(Patchset, EachFieldMustBeThere) {
  const Json whole = to_json(sample());
  each_value(whole, Json::json_pointer(""), [&](const Json::json_pointer& at) {
    Json broken = whole;
    Json& parent = broken[at.parent_pointer()];
    if (!parent.is_object() || at.to_string() == "/risks") return;
    if (at.to_string() == "/modules/1/engine_module") return;
    parent.erase(at.back());
    expect_refused(broken, "without " + at.to_string());
  });
}

TEST(Patchset, EachFieldMustBeOfItsType) {
  const Json whole = to_json(sample());
  for (const Json& other : {Json(nullptr), Json(true), Json(-1), Json(1.5), Json(Json::value_t::object)}) {
    each_value(whole, Json::json_pointer(""), [&](const Json::json_pointer& at) {
      Json broken = whole;
      broken[at] = other;
      expect_refused(broken, at.to_string() + " = " + other.dump());
    });
  }
}

TEST(Patchset, FieldsAreCheckedForTheirMeaning) {
  const std::vector<std::pair<const char*, Json>> wrong = {
      {"/format", 3},
      {"/level", 0},
      {"/level", 1ull << 32},
      {"/modules", Json::array()},
      {"/modules/0/file", "../suture.ko"},
      {"/modules/0/file", ""},
      {"/modules/0/file", ".ko"},
      {"/modules/0/file", "a/b.ko"},
      {"/modules/0/file", "a b.ko"},
      {"/modules/0/file", "a\nb.ko"},
      {"/modules/0/file", std::string(253, 'a') + ".ko"},
      {"/modules/0/file", "patchset.json"},
      {"/modules/0/file", "suture_stop_3.ko"},
      {"/modules/0/file", "suture.ko"},
      {"/modules/0/name", "a/b"},
      {"/modules/0/sha256", std::string(63, '0')},
      {"/modules/0/sha256", std::string(64, 'A')},
      {"/modules/0/size", (1ull << 30) + 1},
      {"/modules/0/size", 18446744073709551615ull},
      {"/modules/0/engine", ".."},
      {"/modules/0/engine", "stopmachine"},
      {"/modules/1/engine_module/file", "../suture.ko"},
      {"/modules/1/engine_module/file", "suture"},
      {"/modules/1/engine_module/file", "suture_3.ko"},
      {"/modules/1/engine_module/sha256", "12"},
      {"/modules/1/engine_module/size", (1ull << 30) + 1},
      {"/modules/1/engine_module/abi", 1ull << 32},
      {"/target/build_id", "xyz"},
      {"/target/build_id", "ab"},
      {"/target/build_id", std::string(130, 'a')},
      {"/target/release", "a/../b"},
      {"/fixes/0/name", "../etc"},
      {"/fixes/0/sha256", "12"},
      {"/fixes/0/cves/0", 7},
      {"/objects/0/name", "a/b"},
      {"/objects/0/functions/0/sympos", 1ull << 33},
      {"/objects/0/functions/0/name", ""},
      {"/risks/0/code", "lock-imbalance"},
      {"/risks/0/text", "\x1b[2J"},
  };
  for (const auto& [at, value] : wrong) {
    Json broken = to_json(sample());
    broken[Json::json_pointer(at)] = value;
    expect_refused(broken, std::string(at) + " = " + value.dump());
  }
}

TEST(Patchset, HoldsAModuleForEachEngine) {
  const Patchset patchset = sample();
  EXPECT_EQ(patchset.module().name, "suture_3");
  EXPECT_EQ(patchset.module_for(kKlpEngine), &patchset.module());
  EXPECT_EQ(patchset.module_for(kStopMachineEngine), &patchset.modules[1]);
  EXPECT_EQ(patchset.module_for("other"), nullptr);
  EXPECT_TRUE(patchset.has_module("suture_stop_3"));
  EXPECT_FALSE(patchset.has_module("suture_stop_4"));
  std::vector<std::string> names;
  for (const ModuleFile& file : patchset.files()) names.push_back(file.file);
  EXPECT_EQ(names, (std::vector<std::string>{"suture_3.ko", "suture_stop_3.ko", "suture.ko"}));
}

TEST(Patchset, HoldsAFewModulesAtMost) {
  const auto with = [](std::size_t count) {
    Patchset patchset = sample();
    patchset.modules.clear();
    for (std::size_t i = 0; i < count; ++i) {
      const std::string name = "m" + std::to_string(i);
      patchset.modules.push_back({name, name, name + ".ko", std::string(64, '0'), 1});
    }
    return to_json(patchset);
  };
  EXPECT_TRUE(patchset_from_json(with(kMostPatchModules)));
  expect_refused(with(kMostPatchModules + 1), "too many");
}

TEST(Patchset, ItsFilesTogetherAreBounded) {
  Patchset patchset = sample();
  patchset.modules[0].size =
      kLargestModule - patchset.modules[1].size - patchset.modules[1].engine_module->size;
  EXPECT_TRUE(patchset_from_json(to_json(patchset)));
  patchset.modules[0].size++;
  expect_refused(to_json(patchset), "too large");
}

TEST(Patchset, OlderManifestsHaveOneModule) {
  Json json = to_json(sample());
  json["format"] = 1;
  json.erase("modules");
  json["engine"] = "klp";
  json["module"] = {
      {"name", "suture_3"}, {"file", "suture_3.ko"}, {"sha256", std::string(64, '0')}, {"size", 123456}};
  Patchset expected = sample();
  expected.modules.pop_back();
  EXPECT_EQ(patchset_from_json(json).value(), expected);
  json["module"]["signed_by"] = {
      {"subject", "CN = Test"}, {"certificate_sha256", std::string(64, 'c')}, {"hash", "sha256"}};
  EXPECT_EQ(patchset_from_json(json).value().module_signer->subject, "CN = Test");
  for (const char* key : {"engine", "module"}) {
    Json broken = json;
    broken.erase(key);
    expect_refused(broken, key);
  }
  json["format"] = 2;
  expect_refused(json, "that form is of format 1");
}

TEST(Patchset, TellsWhichFileIsAnotherOne) {
  Patchset patchset = sample();
  PatchsetFiles files;
  const auto give = [&](PatchModule& module, const Bytes& bytes) {
    module.sha256 = sha256_hex(bytes);
    module.size = bytes.size();
    files[module.file] = bytes;
  };
  give(patchset.modules[0], {1, 2, 3});
  give(patchset.modules[1], {4, 5});
  EXPECT_EQ(differing_file(patchset, files).value().file, "suture.ko") << "it is not there";
  patchset.modules[1].engine_module.reset();
  EXPECT_EQ(differing_file(patchset, files), std::nullopt);
  files["suture_stop_3.ko"][0] ^= 1;
  EXPECT_EQ(differing_file(patchset, files).value().file, "suture_stop_3.ko");
  const TempDir folder = TempDir::make("suture-files").value();
  EXPECT_FALSE(read_files(patchset, folder.path()));
  for (const auto& [name, bytes] : files) ASSERT_TRUE(write_file(folder.path() / name, bytes));
  EXPECT_EQ(read_files(patchset, folder.path()).value(), files);
}

TEST(Patchset, TheErrorNamesTheField) {
  Json broken = to_json(sample());
  broken["objects"][0]["functions"][1]["sympos"] = "x";
  const auto read = patchset_from_json(broken);
  ASSERT_FALSE(read);
  EXPECT_TRUE(read.error().what.contains("functions")) << read.error().what;
  EXPECT_TRUE(read.error().what.contains("\"sympos\"")) << read.error().what;
}

TEST(Patchset, UnknownFieldsAreLeftToNewerVersions) {
  Json json = to_json(sample());
  json["later"] = {{"x", 1}};
  EXPECT_TRUE(patchset_from_json(json));
}

TEST(Patchset, OlderManifestsNameNoRisks) {
  Json json = to_json(sample());
  json.erase("risks");
  const auto read = patchset_from_json(json);
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_TRUE(read->risks.empty());
}

TEST(Patchset, BrokenTextIsRefused) {
  EXPECT_EQ(parse_patchset("{").error().code, "json.malformed");
  EXPECT_EQ(parse_patchset("[]").error().code, "patchset.schema");
}

}  // namespace
}  // namespace suture
