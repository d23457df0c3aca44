// SPDX-License-Identifier: Apache-2.0
#include "advisory/patchable.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/json.h"

namespace suture {
namespace {

using Answer = Patchable::Answer;

constexpr std::array kAnswers{std::pair{Answer::kYes, "yes"}, std::pair{Answer::kNotNeeded, "not_needed"},
                              std::pair{Answer::kNeedsAuthor, "needs_author"}, std::pair{Answer::kNo, "no"},
                              std::pair{Answer::kUnknown, "unknown"}};

Result<std::vector<std::string>> strings(const Json& object, const char* key) {
  std::vector<std::string> list;
  for (const Json& each : *TRY(json_array(object, key))) {
    if (!each.is_string()) return fail("json.schema", std::string("read ") + key, "it holds more than texts");
    list.push_back(each.get<std::string>());
  }
  return list;
}

Result<Patchable> read(const Json& json) {
  const std::string name = TRY(json_string(json, "answer"));
  const auto* answer = std::ranges::find(kAnswers, name, [](const auto& one) { return one.second; });
  if (answer == kAnswers.end()) return fail("json.schema", "read the answer", "there is no \"" + name + "\"");
  const std::int64_t units = TRY(json_integer(json, "units"));
  if (units < 0) return fail("json.schema", "read the number of units", "it is negative");
  Patchable patchable{.answer = answer->first,
                      .fix = TRY(json_string(json, "fix")),
                      .engines = TRY(strings(json, "engines")),
                      .functions = {},
                      .units = static_cast<std::size_t>(units),
                      .code = TRY(json_string(json, "code")),
                      .reason = TRY(json_string(json, "reason")),
                      .hint = TRY(json_string(json, "hint")),
                      .notes = TRY(strings(json, "notes"))};
  for (const Json& one : *TRY(json_array(json, "functions"))) {
    patchable.functions.push_back(
        {.object = TRY(json_string(one, "object")), .name = TRY(json_string(one, "name"))});
  }
  return patchable;
}

}  // namespace

std::string_view name_of(Patchable::Answer answer) {
  return std::ranges::find(kAnswers, answer, [](const auto& one) { return one.first; })->second;
}

int order_of(const Patchable* patchable) {
  if (patchable == nullptr) return 1;
  switch (patchable->answer) {
    case Answer::kYes:
      return 0;
    case Answer::kNeedsAuthor:
      return 2;
    case Answer::kNo:
    case Answer::kNotNeeded:
      return 3;
    case Answer::kUnknown:
      break;
  }
  return 1;
}

Json to_json(const Patchable& patchable) {
  Json functions = Json::array();
  for (const Patchable::Function& one : patchable.functions)
    functions.push_back({{"object", one.object}, {"name", one.name}});
  return {{"answer", name_of(patchable.answer)}, {"fix", patchable.fix},     {"engines", patchable.engines},
          {"functions", std::move(functions)},   {"units", patchable.units}, {"code", patchable.code},
          {"reason", patchable.reason},          {"hint", patchable.hint},   {"notes", patchable.notes}};
}

Result<Patchable> patchable_from_json(const Json& json) {
  auto patchable = read(json);
  if (patchable) return patchable;
  const Error& error = patchable.error();
  return fail("advisory.schema", "read whether a fix can be live patched", error.what + ": " + error.why);
}

}  // namespace suture
