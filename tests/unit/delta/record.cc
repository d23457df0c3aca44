// SPDX-License-Identifier: Apache-2.0
#include "delta/record.h"
#include "base/json.h"

#include <gtest/gtest.h>

namespace suture {
namespace {

DeltaRecord example() {
  return {.unit = "fs/proc/cmdline.c",
          .object = "vmlinux",
          .functions = {{.name = "show", .symbol = "show", .sympos = 2, .old_size = 16, .new_size = 48},
                        {.name = "f.isra.0", .symbol = "f.isra.1", .old_size = 1, .new_size = 2},
                        {.name = "leave", .symbol = "leave", .module_exit = true}},
          .added = {"helper"},
          .needs = {{.name = "seq_puts", .object = "vmlinux", .sympos = 0}, {.name = "count.42"}},
          .notes = {{.code = "delta.lifted", .text = "f is reached through show"}}};
}

elf::Object object_with(std::string_view text) {
  elf::Object object;
  object.sections.push_back({.name = std::string(kDeltaRecordSection), .size = text.size()});
  object.sections[0].data.assign(text.begin(), text.end());
  return object;
}

std::string code_of(const elf::Object& object) {
  const auto record = read_delta_record(object);
  return record ? "" : record.error().code;
}

TEST(DeltaRecord, IsReadBackFromTheFile) {
  elf::Object object;
  write_delta_record(object, example());
  const auto bytes = elf::serialize(object);
  ASSERT_TRUE(bytes) << bytes.error().message();
  const auto file = elf::parse_object(*bytes, "delta.o");
  ASSERT_TRUE(file) << file.error().message();
  EXPECT_FALSE(file->find_section(kDeltaRecordSection)->allocated());
  const auto record = read_delta_record(*file);
  ASSERT_TRUE(record) << record.error().message();
  ASSERT_TRUE(record->has_value());
  const DeltaRecord& read = **record;
  EXPECT_EQ(read.unit, example().unit);
  EXPECT_EQ(read.object, example().object);
  EXPECT_EQ(read.functions, example().functions);
  EXPECT_EQ(read.added, example().added);
  EXPECT_EQ(read.needs, example().needs);
  ASSERT_EQ(read.notes.size(), 1u);
  EXPECT_EQ(read.notes[0].code, "delta.lifted");
  EXPECT_EQ(read.notes[0].text, "f is reached through show");
}

TEST(DeltaRecord, TakesThePlaceOfTheOneBefore) {
  elf::Object object;
  write_delta_record(object, example());
  write_delta_record(object, {.unit = "other.c", .object = "loop"});
  EXPECT_EQ(object.sections.size(), 1u);
  EXPECT_EQ(read_delta_record(object).value()->unit, "other.c");
}

TEST(DeltaRecord, IsMissingFromOtherObjects) {
  const auto record = read_delta_record(elf::Object{});
  ASSERT_TRUE(record);
  EXPECT_FALSE(record->has_value());
}

TEST(DeltaRecord, RefusesWhatIsNoRecord) {
  EXPECT_EQ(code_of(object_with("")), "json.malformed");
  EXPECT_EQ(code_of(object_with("[]")), "json.schema");
  Json json = to_json(example());
  json["version"] = 2;
  EXPECT_EQ(code_of(object_with(json.dump())), "delta.record-malformed");
  for (const char* key : {"version", "unit", "object", "functions", "added", "needs", "notes"}) {
    json = to_json(example());
    json.erase(key);
    EXPECT_EQ(code_of(object_with(json.dump())), "json.schema") << key;
  }
  for (const Json& sympos : {Json(-1), Json("1"), Json(1ull << 32), Json(~0ull)}) {
    json = to_json(example());
    json["functions"][0]["sympos"] = sympos;
    EXPECT_NE(code_of(object_with(json.dump())), "") << sympos;
  }
  json = to_json(example());
  json["functions"][0].erase("sympos");
  EXPECT_EQ(code_of(object_with(json.dump())), "delta.record-malformed");
  json = to_json(example());
  json["functions"][0]["old_size"] = -5;
  EXPECT_EQ(code_of(object_with(json.dump())), "delta.record-malformed");
  json = to_json(example());
  json["added"] = {1};
  EXPECT_EQ(code_of(object_with(json.dump())), "delta.record-malformed");
}

}  // namespace
}  // namespace suture
