// SPDX-License-Identifier: Apache-2.0
#include "delta/record.h"

#include <algorithm>

#include "base/json.h"

namespace suture {
namespace {

constexpr int kVersion = 1;

std::unexpected<Error> malformed(std::string why) {
  return fail("delta.record-malformed", "read the record of a delta", std::move(why),
              "it was written by another version of suture, or is damaged; make the delta anew");
}

Json sympos_to_json(std::optional<std::uint32_t> sympos) {
  return sympos ? Json(*sympos) : Json(nullptr);
}

Result<std::uint64_t> size_from(const Json& json, const char* key) {
  const std::int64_t value = TRY(json_integer(json, key));
  if (value < 0) return malformed(std::string("\"") + key + "\" is negative");
  return static_cast<std::uint64_t>(value);
}

Result<std::optional<std::uint32_t>> sympos_from(const Json& json) {
  const auto found = json.is_object() ? json.find("sympos") : json.end();
  if (found == json.end()) return malformed("\"sympos\" is missing");
  if (found->is_null()) return std::nullopt;
  const std::uint64_t value = TRY(size_from(json, "sympos"));
  if (value > UINT32_MAX) return malformed("\"sympos\" is too large");
  return static_cast<std::uint32_t>(value);
}

Result<DeltaRecord::Function> function_from(const Json& json) {
  return DeltaRecord::Function{.name = TRY(json_string(json, "name")),
                               .symbol = TRY(json_string(json, "symbol")),
                               .sympos = TRY(sympos_from(json)),
                               .old_size = TRY(size_from(json, "old_size")),
                               .new_size = TRY(size_from(json, "new_size")),
                               .module_exit = TRY(json_flag(json, "module_exit"))};
}

Result<DeltaRecord::Need> need_from(const Json& json) {
  return DeltaRecord::Need{.name = TRY(json_string(json, "name")),
                           .object = TRY(json_string(json, "object")),
                           .sympos = TRY(sympos_from(json))};
}

}  // namespace

DeltaRecord make_delta_record(const Delta& delta, std::string_view object) {
  DeltaRecord record{.unit = delta.unit, .object = std::string(object)};
  for (const DeltaFunction& function : delta.functions) {
    record.functions.push_back({.name = function.name,
                                .symbol = delta.object.symbols[function.symbol].name,
                                .old_size = function.old_size,
                                .new_size = function.new_size,
                                .module_exit = function.module_exit});
  }
  record.added = delta.added;
  for (const DeltaNeed& need : delta.needs)
    record.needs.push_back({.name = delta.object.symbols[need.symbol].name});
  record.notes = delta.notes;
  return record;
}

Json to_json(const DeltaRecord& record) {
  Json functions = Json::array();
  for (const DeltaRecord::Function& function : record.functions) {
    functions.push_back({{"name", function.name},
                         {"symbol", function.symbol},
                         {"sympos", sympos_to_json(function.sympos)},
                         {"old_size", function.old_size},
                         {"new_size", function.new_size}});
    if (function.module_exit) functions.back()["module_exit"] = true;
  }
  Json needs = Json::array();
  for (const DeltaRecord::Need& need : record.needs)
    needs.push_back({{"name", need.name}, {"object", need.object}, {"sympos", sympos_to_json(need.sympos)}});
  Json notes = Json::array();
  for (const DeltaNote& note : record.notes) notes.push_back({{"code", note.code}, {"text", note.text}});
  return {{"version", kVersion},      {"unit", record.unit},   {"object", record.object},
          {"functions", functions},   {"added", record.added}, {"needs", needs},
          {"notes", std::move(notes)}};
}

Result<DeltaRecord> parse_delta_record(const Json& json) {
  if (TRY(json_integer(json, "version")) != kVersion) return malformed("its version is not known");
  DeltaRecord record{.unit = TRY(json_string(json, "unit")), .object = TRY(json_string(json, "object"))};
  for (const Json& function : *TRY(json_array(json, "functions")))
    record.functions.push_back(TRY(function_from(function)));
  for (const Json& name : *TRY(json_array(json, "added"))) {
    if (!name.is_string()) return malformed("a name in \"added\" is not a string");
    record.added.push_back(name.get<std::string>());
  }
  for (const Json& need : *TRY(json_array(json, "needs"))) record.needs.push_back(TRY(need_from(need)));
  for (const Json& note : *TRY(json_array(json, "notes")))
    record.notes.push_back({.code = TRY(json_string(note, "code")), .text = TRY(json_string(note, "text"))});
  return record;
}

void write_delta_record(elf::Object& object, const DeltaRecord& record) {
  const std::string text = json_text(to_json(record));
  auto section = std::ranges::find(object.sections, kDeltaRecordSection, &elf::Section::name);
  if (section == object.sections.end()) {
    object.sections.push_back({.name = std::string(kDeltaRecordSection)});
    section = object.sections.end() - 1;
  }
  section->size = text.size();
  section->data.assign(text.begin(), text.end());
}

Result<std::optional<DeltaRecord>> read_delta_record(const elf::Object& object) {
  const elf::Section* section = object.find_section(kDeltaRecordSection);
  if (section == nullptr) return std::nullopt;
  return TRY(parse_delta_record(TRY(parse_json(as_text(section->data), "the record of a delta"))));
}

}  // namespace suture
