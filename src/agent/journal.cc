// SPDX-License-Identifier: Apache-2.0
#include "agent/journal.h"

#include <array>
#include <utility>

#include "base/file.h"
#include "base/json.h"

namespace suture {
namespace {

constexpr std::size_t kLimit = 64u << 10;

constexpr std::array<std::pair<Step, std::string_view>, 7> kSteps = {{
    {Step::kFetching, "fetching"},
    {Step::kStoring, "storing"},
    {Step::kAsking, "asking"},
    {Step::kApplying, "applying"},
    {Step::kTransitioning, "transitioning"},
    {Step::kChecking, "checking"},
    {Step::kReverting, "reverting"},
}};

Result<Step> step_from_name(std::string_view name) {
  for (const auto& [step, known] : kSteps) {
    if (known == name) return step;
  }
  return fail("agent.journal", "read the journal", "it names an unknown step");
}

}  // namespace

std::string_view name_of(Step step) {
  for (const auto& [value, name] : kSteps) {
    if (value == step) return name;
  }
  return "unknown";
}

Result<void> Journal::begin(const Entry& entry) {
  Json json = {{"step", name_of(entry.step)}, {"boot_id", entry.boot_id}};
  if (!entry.hold) json["hold"] = false;
  if (!entry.sign.empty()) json["sign"] = entry.sign;
  if (entry.stored) json["stored"] = to_json(*entry.stored);
  TRY(write_file(file_, json_text(json), 0600));
  if (watch_) watch_(entry.step);
  return {};
}

/// An empty journal is written rather than removed: a rename is durable with its folder's fsync, and
/// write_file() does both.
Result<void> Journal::end() {
  return write_file(file_, std::string_view("{}\n"), 0600);
}

Result<std::optional<Entry>> Journal::pending() const {
  std::error_code error;
  if (!std::filesystem::exists(file_, error) && !error) return std::nullopt;
  const Json json = TRY(parse_json(TRY(read_text_file(file_, kLimit)), file_.string()));
  if (json.is_object() && json.empty()) return std::nullopt;
  Entry entry;
  entry.step = TRY(step_from_name(TRY(json_string(json, "step"))));
  entry.boot_id = TRY(json_string(json, "boot_id"));
  entry.hold = !json.contains("hold") || TRY(json_flag(json, "hold"));
  if (json.contains("sign")) entry.sign = TRY(json_string(json, "sign"));
  if (json.contains("stored")) entry.stored = TRY(stored_patchset_from_json(json.at("stored")));
  return entry;
}

}  // namespace suture
