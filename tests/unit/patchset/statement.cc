// SPDX-License-Identifier: Apache-2.0
#include "patchset/statement.h"
#include "base/json.h"

#include <gtest/gtest.h>

namespace suture {
namespace {

Qualification example() {
  return {.target = {.distribution = "debian",
                     .release = "6.1.0-47-cloud-amd64",
                     .version = "6.1.170-3",
                     .architecture = "x86_64",
                     .build_id = std::string(40, 'a')},
          .level = 3,
          .tool = "suture 0.1.0",
          .machine = "QEMU emulator version 7.2, 2 processors, 768 MB",
          .finished = "2026-11-26T10:00:00Z",
          .seconds = 44.5,
          .checks = {{"klp", "patch", "it loads", CheckOutcome::kPassed, 0.5, ""},
                     {"stopmachine", "end", "slow", CheckOutcome::kReported, 0, "3 times"}},
          .failures = {},
          .probes = {{"CVE-2026-53249", std::string(64, 'b')}},
          .ran = {"vmlinux:f"},
          .never_ran = {"vsock:g"},
          .logs = {{"console", std::string(64, 'c')}}};
}

Statement statement(decltype(Statement::predicate) predicate) {
  return {.subjects = {{"suture_3.ko", std::string(64, 'd')}, {"patchset.json", std::string(64, 'e')}},
          .predicate = std::move(predicate)};
}

TEST(Statements, AreReadAsTheyAreWritten) {
  Qualification failed = example();
  failed.failures = {"patch: kernel oops: BUG"};
  failed.checks[0].outcome = CheckOutcome::kFailed;
  for (const Statement& one :
       {statement(example()), statement(failed),
        statement(QualificationOverride{.reason = "exploited", .time = "2026-11-26T10:00:00Z"})}) {
    const auto again = statement_from_json(to_json(one));
    ASSERT_TRUE(again) << again.error().message();
    EXPECT_EQ(*again, one);
  }
}

// in-toto's own names, for other tools to read.
TEST(Statements, HaveTheStandardsForm) {
  const Json json = to_json(statement(example()));
  EXPECT_EQ(json["_type"], "https://in-toto.io/Statement/v1");
  EXPECT_EQ(json["subject"][0]["digest"]["sha256"].get<std::string>().size(), 64u);
  EXPECT_TRUE(json["predicateType"].is_string());
  EXPECT_EQ(json["predicate"]["result"], "passed");
}

TEST(Statements, TellTheEnginesUnlessTheyAreOlderThanThose) {
  EXPECT_EQ(example().engines(), (std::vector<std::string>{"klp", "stopmachine"}));
  Json json = to_json(statement(example()));
  for (Json& check : json["predicate"]["checks"]) check.erase("engine");
  const auto old = statement_from_json(json);
  ASSERT_TRUE(old) << old.error().message();
  EXPECT_TRUE(std::get<Qualification>(old->predicate).engines().empty());
}

// What was tried with one engine only says nothing of the other's module.
TEST(Statements, AreAboutTheModulesThatWereTried) {
  Patchset patchset;
  patchset.modules = {
      {"klp", "suture_3", "suture_3.ko", "1", 1},
      {"stopmachine", "suture_stop_3", "suture_stop_3.ko", "2", 1, EngineModule{"suture.ko", "3", 1, 1}}};
  using Subjects = std::map<std::string, std::string>;
  EXPECT_EQ(subjects_of(patchset, "0", {"klp"}), (Subjects{{"patchset.json", "0"}, {"suture_3.ko", "1"}}));
  EXPECT_EQ(subjects_of(patchset, "0", {"klp", "stopmachine"}), subjects_of(patchset, "0"));
  EXPECT_EQ(subjects_of(patchset, "0", {"stopmachine"}).count("suture.ko"), 1u);
}

TEST(Statements, TellWhichEnginesNobodyTried) {
  Patchset patchset;
  patchset.modules = {{"klp", "suture_3", "suture_3.ko", "1", 1},
                      {"stopmachine", "suture_stop_3", "suture_stop_3.ko", "2", 1}};
  Qualification qualification = example();
  EXPECT_TRUE(untried_engines(qualification, patchset).empty());
  qualification.checks.pop_back();
  const std::vector<std::string> stop{"stopmachine"};
  EXPECT_EQ(untried_engines(qualification, patchset), stop);
  qualification.checks[0].engine.clear();
  EXPECT_EQ(untried_engines(qualification, patchset), stop);
  patchset.modules.pop_back();
  EXPECT_TRUE(untried_engines(qualification, patchset).empty());
}

TEST(Statements, DoNotContradictThemselves) {
  Json json = to_json(statement(example()));
  json["predicate"]["result"] = "failed";
  EXPECT_EQ(statement_from_json(json).error().code, "statement.schema");
  json = to_json(statement(example()));
  json["predicate"]["checks"][0]["outcome"] = "failed";
  EXPECT_EQ(statement_from_json(json).error().code, "statement.schema");
}

TEST(Statements, AreCheckedFieldByField) {
  for (const char* path : {"/_type",
                           "/subject",
                           "/subject/0/name",
                           "/subject/0/digest",
                           "/predicateType",
                           "/predicate",
                           "/predicate/target",
                           "/predicate/level",
                           "/predicate/seconds",
                           "/predicate/checks",
                           "/predicate/checks/0",
                           "/predicate/checks/0/outcome",
                           "/predicate/checks/0/engine",
                           "/predicate/checks/0/seconds",
                           "/predicate/failures",
                           "/predicate/probes/0",
                           "/predicate/functions",
                           "/predicate/functions/ran",
                           "/predicate/logs",
                           "/predicate/logs/console"}) {
    Json json = to_json(statement(example()));
    json[Json::json_pointer(path)] = Json::array({Json::array()});
    const auto read = statement_from_json(json);
    ASSERT_FALSE(read) << path;
    EXPECT_EQ(read.error().code, "statement.schema") << path;
  }
  Json json = to_json(statement(example()));
  json["subject"].push_back(json["subject"][0]);
  EXPECT_EQ(statement_from_json(json).error().code, "statement.schema");
  json = to_json(statement(example()));
  json["predicateType"] = "urn:another";
  EXPECT_EQ(statement_from_json(json).error().code, "statement.unknown-kind");
}

TEST(Statements, AreBelievedWhenTheRightOneSigned) {
  const auto key = Ed25519Private::generate().value();
  const auto other = Ed25519Private::generate().value();
  const std::string text = sign_statement(statement(example()), key).value();
  const Ed25519Public known = key.public_key();
  const Ed25519Public stranger = other.public_key();
  const auto read = read_statement(text, {&known, 1});
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->statement, statement(example()));
  EXPECT_EQ(read->signer, known);
  EXPECT_EQ(read->claimed, std::vector{known.hex()});
  EXPECT_EQ(read_statement(text, {&stranger, 1})->signer, std::nullopt);
  EXPECT_EQ(read_statement("no json", {&known, 1}).error().code, "json.malformed");
}

}  // namespace
}  // namespace suture
