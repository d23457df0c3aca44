// SPDX-License-Identifier: Apache-2.0
#include "patchset/plan.h"

#include <algorithm>
#include <utility>

#include "base/json.h"
#include "base/utf8.h"

namespace suture {
namespace {

constexpr int kFormat = 1;
constexpr int kDepth = 8;

std::unexpected<Error> wrong(const char* key, const std::string& why) {
  return fail("json.schema", std::string("read the field \"") + key + "\"", why);
}

Result<std::string> text_field(const Json& json, const char* key, std::size_t most) {
  std::string text = TRY(json_string(json, key));
  if (text.size() > most) return wrong(key, "it is longer than " + std::to_string(most) + " bytes");
  for (std::string_view rest = text; !rest.empty();) {
    const Letter letter = first_letter(rest);
    // A terminal obeys those from 0x80 on as well (ECMA-48, C1).
    const bool control = letter.code < 0x20 || (letter.code >= 0x7f && letter.code < 0xa0);
    if (letter.length == 0 || control) return wrong(key, "it holds control characters");
    rest.remove_prefix(letter.length);
  }
  return text;
}

Result<Plan> read_plan(const Json& json) {
  if (!json.is_object()) return fail("json.schema", "read the document", "it is not an object");
  if (TRY(json_integer(json, "format")) != kFormat) {
    return fail("json.schema", "read the field \"format\"", "this version of suture reads format 1",
                "Install a newer sutured.");
  }
  Plan plan;
  const std::int64_t level = TRY(json_integer(json, "level"));
  if (level < 0 || level > UINT32_MAX) return wrong("level", "it is out of range");
  plan.level = static_cast<std::uint32_t>(level);
  // An absent flag would read as false, and one that is misspelt as no hurry.
  if (!json.contains("urgent")) return wrong("urgent", "it is absent");
  plan.urgent = TRY(json_flag(json, "urgent"));
  plan.rollout = TRY(text_field(json, "rollout", kLongestRollout));
  const auto plain = [](unsigned char c) { return c > ' ' && c < 0x7f; };
  if (!std::ranges::all_of(plan.rollout, plain)) return wrong("rollout", "it is not a plain name");
  plan.reason = TRY(text_field(json, "reason", kLongestReason));
  return plan;
}

std::unexpected<Error> of_a_plan(Error error) {
  error = std::move(error).in("read a rollout's plan");
  error.code = "plan.schema";
  return std::unexpected(std::move(error));
}

}  // namespace

Json to_json(const Plan& plan) {
  return {{"format", kFormat},
          {"level", plan.level},
          {"urgent", plan.urgent},
          {"rollout", plan.rollout},
          {"reason", plan.reason}};
}

Result<Plan> plan_from_json(const Json& json) {
  auto plan = read_plan(json);
  if (!plan) return of_a_plan(std::move(plan).error());
  return plan;
}

Result<Plan> parse_plan(std::string_view text) {
  return plan_from_json(
      TRY(parse_json(text, "a rollout's plan", {.bytes = kReportAnswerLimit, .depth = kDepth})));
}

std::string text_of(const Plan& plan) {
  std::string text = plan.level == 0 ? "no level" : "level " + std::to_string(plan.level) + " at most";
  if (plan.urgent) text += ", urgently";
  if (!plan.reason.empty()) text += ": " + plan.reason;
  return plan.rollout.empty() ? text : text + " (rollout " + plan.rollout + ")";
}

Result<std::optional<Plan>> parse_answered_plan(std::string_view answer) {
  const Json json =
      TRY(parse_json(answer, "the answer to a report", {.bytes = kReportAnswerLimit, .depth = kDepth}));
  if (!json.is_object()) {
    return of_a_plan(
        {.code = {}, .what = "read the answer to a report", .why = "it is not an object", .hint = {}});
  }
  const auto plan = json.find("plan");
  if (plan == json.end() || plan->is_null()) return std::nullopt;
  return TRY(plan_from_json(*plan));
}

}  // namespace suture
