// SPDX-License-Identifier: Apache-2.0
#include "corpus/record.h"

#include <gtest/gtest.h>

#include <functional>

#include "base/file.h"
#include "base/json.h"

namespace suture::corpus {
namespace {

Record full_record() {
  return {.entry = {"vsock.ko", "net/vmw_vsock/af_vsock.c"},
          .compile = CompileRecord{.failure = {}, .object = "vsock", .seconds = 3.5},
          .delta = DeltaRecord{.failure = {},
                               .functions = {"vsock_update_buffer_size"},
                               .notes = {"a note [delta.note]"},
                               .module_size = 12345,
                               .seconds = 0.25},
          .vm = VmRecord{.passed = false,
                         .target = "loaded",
                         .text = "kernel warning: WARNING: CPU: 0",
                         .log = {"[   12.5] WARNING: CPU: 0", "\xff is no UTF-8"},
                         .seconds = 4}};
}

Record refused_record() {
  return {
      .entry = {"vmlinux", "fs/exec.c"},
      .compile = CompileRecord{.failure = {}, .object = "vmlinux", .seconds = 1},
      .delta = DeltaRecord{.failure = Failure{.code = "delta.data-changed", .text = "compare: it changed"},
                           .functions = {},
                           .notes = {},
                           .module_size = 0,
                           .seconds = 0.5},
      .vm = {}};
}

TEST(Record, ComesBackAsItWas) {
  for (Record record : {full_record(), refused_record(),
                        Record{.entry = {"vmlinux", "a.c"}, .compile = {}, .delta = {}, .vm = {}}}) {
    const auto back = record_from_json(parse_json(json_text(to_json(record)), "record").value());
    ASSERT_TRUE(back.has_value()) << back.error().message();
    if (record.vm) record.vm->log.back() = "\xef\xbf\xbd is no UTF-8";  // U+FFFD, the replacement character
    EXPECT_EQ(*back, record);
  }
}

struct Damage {
  const char* name;
  std::function<void(Json&)> damage;
};

class BrokenRecord : public testing::TestWithParam<Damage> {};

TEST_P(BrokenRecord, IsRefused) {
  Json json = to_json(full_record());
  ASSERT_TRUE(record_from_json(json).has_value());
  GetParam().damage(json);
  const auto record = record_from_json(json);
  ASSERT_FALSE(record.has_value());
  EXPECT_EQ(record.error().code, "corpus.record-malformed");
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, BrokenRecord,
    testing::Values(Damage{"NotAnObject", [](Json& json) { json = Json::array(); }},
                    Damage{"NoUnit", [](Json& json) { json.erase("unit"); }},
                    Damage{"PhaseIsText", [](Json& json) { json["delta"] = "done"; }},
                    Damage{"PhaseIsEmpty", [](Json& json) { json["vm"] = Json::object(); }},
                    Damage{"FailureIsText", [](Json& json) { json["compile"]["failure"] = "bad"; }},
                    Damage{"FailureWithoutCode",
                           [](Json& json) {
                             json["compile"]["failure"] = {{"text", ""}};
                           }},
                    Damage{"FunctionIsNumber", [](Json& json) { json["delta"]["functions"][0] = 7; }},
                    Damage{"SizeIsNegative", [](Json& json) { json["delta"]["module-size"] = -1; }},
                    Damage{"SecondsAreText", [](Json& json) { json["vm"]["seconds"] = "4"; }},
                    Damage{"PassedIsNumber", [](Json& json) { json["vm"]["passed"] = 1; }}),
    [](const auto& tested) { return tested.param.name; });

TEST(Results, KeepRecords) {
  const auto folder = TempDir::make("suture-test");
  ASSERT_TRUE(folder.has_value());
  const Results results(folder->path());
  Record record = refused_record();
  const auto nothing = results.read(record.entry);
  ASSERT_TRUE(nothing.has_value()) << nothing.error().message();
  EXPECT_EQ(*nothing, (Record{.entry = record.entry, .compile = {}, .delta = {}, .vm = {}}));
  ASSERT_TRUE(results.write(record).has_value());
  EXPECT_EQ(results.read(record.entry).value(), record);
  EXPECT_EQ(results.patched_object(record.entry), folder->path() / "objects/fs__exec.c.PATCHED.o");
}

TEST(Results, NameTheBrokenFile) {
  const auto folder = TempDir::make("suture-test");
  ASSERT_TRUE(folder.has_value());
  const Results results(folder->path());
  for (const char* text : {"", "{", "{}", R"({"object":"vmlinux","unit":"fs/other.c"})"}) {
    ASSERT_TRUE(write_file(folder->path() / "units/fs__exec.c.json", text).has_value());
    const auto record = results.read({"vmlinux", "fs/exec.c"});
    ASSERT_FALSE(record.has_value()) << text;
    EXPECT_NE(record.error().message().find("fs__exec.c.json"), std::string::npos)
        << record.error().message();
  }
}

}  // namespace
}  // namespace suture::corpus
