// SPDX-License-Identifier: Apache-2.0
#include "corpus/record.h"

#include "base/file.h"
#include "base/json.h"

namespace suture::corpus {
namespace {

Json json_of(const std::optional<Failure>& failure) {
  if (!failure) return nullptr;
  return {{"code", failure->code}, {"text", failure->text}};
}

Result<std::optional<Failure>> failure_from(const Json& phase) {
  const auto found = phase.find("failure");
  if (found == phase.end() || found->is_null()) return std::nullopt;
  const Json& failure = *TRY(json_object(phase, "failure"));
  return Failure{.code = TRY(json_string(failure, "code")), .text = TRY(json_string(failure, "text"))};
}

Result<std::vector<std::string>> strings_from(const Json& phase, const char* key) {
  std::vector<std::string> strings;
  for (const Json& item : *TRY(json_array(phase, key))) {
    if (!item.is_string()) return fail("json.schema", key, "one of its items is no text");
    strings.push_back(item.get<std::string>());
  }
  return strings;
}

Result<double> number_from(const Json& phase, const char* key) {
  const auto found = phase.find(key);
  if (found != phase.end() && found->is_number()) return found->get<double>();
  return fail("json.schema", key, "it is no number");
}

Result<bool> flag_from(const Json& phase, const char* key) {
  const auto found = phase.find(key);
  if (found != phase.end() && found->is_boolean()) return found->get<bool>();
  return fail("json.schema", key, "it is neither true nor false");
}

Result<CompileRecord> compile_from(const Json& json) {
  return CompileRecord{.failure = TRY(failure_from(json)),
                       .object = TRY(json_string(json, "object")),
                       .seconds = TRY(number_from(json, "seconds"))};
}

Result<DeltaRecord> delta_from(const Json& json) {
  const std::int64_t size = TRY(json_integer(json, "module-size"));
  if (size < 0) return fail("json.schema", "module-size", "it is negative");
  return DeltaRecord{.failure = TRY(failure_from(json)),
                     .functions = TRY(strings_from(json, "functions")),
                     .notes = TRY(strings_from(json, "notes")),
                     .module_size = static_cast<std::uint64_t>(size),
                     .seconds = TRY(number_from(json, "seconds"))};
}

Result<VmRecord> vm_from(const Json& json) {
  return VmRecord{.passed = TRY(flag_from(json, "passed")),
                  .target = TRY(json_string(json, "target")),
                  .text = TRY(json_string(json, "text")),
                  .log = TRY(strings_from(json, "log")),
                  .seconds = TRY(number_from(json, "seconds"))};
}

/// The part of a record that a phase wrote, if it did.
template <class Part>
Result<std::optional<Part>> part_from(const Json& json, const char* key, Result<Part> (*read)(const Json&)) {
  if (!json.contains(key)) return std::nullopt;
  return TRY_IN(key, read(*TRY(json_object(json, key))));
}

Result<Record> read_record(const Json& json) {
  return Record{.entry = {.object = TRY(json_string(json, "object")), .unit = TRY(json_string(json, "unit"))},
                .compile = TRY(part_from(json, "compile", compile_from)),
                .delta = TRY(part_from(json, "delta", delta_from)),
                .vm = TRY(part_from(json, "vm", vm_from))};
}

}  // namespace

Failure failure_of(const Error& error) {
  return {.code = error.code, .text = error.what + ": " + error.why};
}

Json to_json(const Record& record) {
  Json json{{"object", record.entry.object}, {"unit", record.entry.unit}};
  if (const auto& compile = record.compile) {
    json["compile"] = {
        {"failure", json_of(compile->failure)}, {"object", compile->object}, {"seconds", compile->seconds}};
  }
  if (const auto& delta = record.delta) {
    json["delta"] = {{"failure", json_of(delta->failure)},
                     {"functions", delta->functions},
                     {"notes", delta->notes},
                     {"module-size", delta->module_size},
                     {"seconds", delta->seconds}};
  }
  if (const auto& vm = record.vm) {
    json["vm"] = {{"passed", vm->passed},
                  {"target", vm->target},
                  {"text", vm->text},
                  {"log", vm->log},
                  {"seconds", vm->seconds}};
  }
  return json;
}

Result<Record> record_from_json(const Json& json) {
  Result<Record> record = read_record(json);
  if (!record) record.error().code = "corpus.record-malformed";
  return record;
}

std::filesystem::path Results::record_file(const Entry& entry) const {
  return folder_ / "units" / (entry.file_name() + ".json");
}

std::filesystem::path Results::original_object(const Entry& entry) const {
  return folder_ / "objects" / (entry.file_name() + ".ORIG.o");
}

std::filesystem::path Results::patched_object(const Entry& entry) const {
  return folder_ / "objects" / (entry.file_name() + ".PATCHED.o");
}

std::filesystem::path Results::module(const Entry& entry) const {
  return folder_ / "modules" / (entry.file_name() + ".ko");
}

std::filesystem::path Results::manifest(const Entry& entry) const {
  return folder_ / "modules" / (entry.file_name() + ".json");
}

Result<Record> Results::read(const Entry& entry) const {
  const std::filesystem::path file = record_file(entry);
  std::error_code error;
  if (!std::filesystem::exists(file, error)) {
    return Record{.entry = entry, .compile = {}, .delta = {}, .vm = {}};
  }
  const std::string text = TRY(read_text_file(file, JsonLimits{}.bytes));
  Result<Record> record = record_from_json(TRY(parse_json(text, file.string())));
  if (record && record->entry.unit == entry.unit) return record;
  return fail("corpus.record-malformed", "read " + file.string(),
              record ? "it is of " + record->entry.unit : record.error().what + ": " + record.error().why,
              "delete the file: the unit is then done anew");
}

Result<void> Results::write(const Record& record) const {
  return write_file(record_file(record.entry), json_text(to_json(record)));
}

}  // namespace suture::corpus
