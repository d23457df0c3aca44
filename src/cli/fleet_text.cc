// SPDX-License-Identifier: Apache-2.0
#include "cli/fleet_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "base/json.h"
#include "base/terminal.h"

namespace suture::cli {
namespace {

constexpr std::size_t kWidestReason = 90;

Colour colour_of(FleetOutcome outcome) {
  switch (outcome) {
    case FleetOutcome::kPatched:
      return Colour::kGreen;
    case FleetOutcome::kNotAffected:
      return Colour::kDim;
    case FleetOutcome::kMismatch:
    case FleetOutcome::kFailed:
      return Colour::kRed;
    case FleetOutcome::kDoesNotApply:
    case FleetOutcome::kRefused:
      break;
  }
  return Colour::kYellow;
}

std::string name_of(const TargetId& target) {
  return fmt::format("{}:{}={}", target.distribution, target.release, target.version);
}

/// One line; the whole is said below the table.
std::string reason_of(const FleetResult& result) {
  if (result.outcome == FleetOutcome::kPatched) {
    std::size_t functions = 0;
    for (const PatchedObject& object : result.built.patchset.objects) functions += object.functions.size();
    std::uint64_t bytes = 0;
    for (const ModuleFile& file : result.built.patchset.files()) bytes += file.size;
    const auto needless = std::ranges::count_if(
        result.built.patchset.fixes, [](const FixRecord& fix) { return !fix.not_affected.empty(); });
    const std::string beside = needless == 0 ? "" : fmt::format(", without {} not needed", needless);
    return fmt::format("{} function{}, {}{}", functions, functions == 1 ? "" : "s", human_size(bytes),
                       beside);
  }
  // What a compiler said begins on a line of its own.
  const std::size_t begin = std::min(result.error.why.find_first_not_of('\n'), result.error.why.size());
  std::string reason = result.error.why.substr(begin);
  reason.resize(std::min(reason.find('\n'), reason.size()));
  if (reason.size() > kWidestReason) reason = reason.substr(0, kWidestReason - 3) + "...";
  return reason;
}

}  // namespace

std::string fleet_text(const std::vector<FleetResult>& results) {
  std::vector<std::vector<std::string>> rows;
  std::map<FleetOutcome, std::size_t> counts;
  for (const FleetResult& result : results) {
    ++counts[result.outcome];
    rows.push_back({name_of(result.target), coloured(to_text(result.outcome), colour_of(result.outcome)),
                    fmt::format("{:.1f}", result.seconds), reason_of(result)});
  }
  std::string text = table({"TARGET", "OUTCOME", "SECONDS", ""}, rows) + "\n";
  // What is said of several kernels is said once.
  std::vector<std::string> messages;
  std::map<std::string, std::vector<std::string>> targets;
  const auto say = [&](const FleetResult& result, const std::string& message) {
    std::vector<std::string>& names = targets[message];
    if (names.empty()) messages.push_back(message);
    names.push_back(name_of(result.target));
  };
  for (const FleetResult& result : results) {
    if (result.outcome != FleetOutcome::kPatched) say(result, result.error.message());
    for (const std::string& note : result.built.notes) say(result, "note: " + note);
    for (const FixRecord& fix : result.built.patchset.fixes) {
      if (!fix.not_affected.empty())
        say(result, fmt::format("{} is not needed: {}", fix.name, fix.not_affected));
    }
    for (const RiskFact& risk : result.built.patchset.risks)
      say(result, fmt::format("look at {} {}: {}", risk.code.substr(5), risk.function, risk.text));
  }
  for (const std::string& message : messages)
    text += fmt::format("{}\n  {}\n", message, fmt::join(targets[message], "\n  "));
  std::string summary;
  for (const auto& [outcome, count] : counts)
    summary += fmt::format("{}{} {}", summary.empty() ? "" : ", ", count, to_text(outcome));
  return text + fmt::format("\n{} kernel{}: {}\n", results.size(), results.size() == 1 ? "" : "s", summary);
}

Json fleet_json(const std::vector<FleetResult>& results) {
  Json list = Json::array();
  for (const FleetResult& result : results) {
    Json entry{{"target", to_json(result.target)},
               {"outcome", to_text(result.outcome)},
               {"seconds", result.seconds}};
    if (result.outcome == FleetOutcome::kPatched) {
      entry["output"] = result.output.string();
      entry["notes"] = result.built.notes;
      entry["patchset"] = to_json(result.built.patchset);
    } else {
      entry["error"] = {{"code", result.error.code},
                        {"what", result.error.what},
                        {"why", result.error.why},
                        {"hint", result.error.hint}};
    }
    list.push_back(std::move(entry));
  }
  return {{"targets", std::move(list)}};
}

}  // namespace suture::cli
