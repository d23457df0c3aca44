// SPDX-License-Identifier: Apache-2.0
#include "server/rollout/course_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/duration.h"
#include "base/json.h"
#include "base/utf8.h"
#include "server/fleet/group_rule.h"
#include "server/rollout/rollout_json.h"

namespace suture::server {
namespace {

using std::chrono::seconds;

constexpr seconds kLongest = std::chrono::days(365);
constexpr std::size_t kLongestTag = 129;  ///< a key, "=" and a value
constexpr std::uint32_t kMostReports = 1'000'000;
constexpr std::array<std::string_view, 6> kComparisons{"<", "<=", ">", ">=", "==", "!="};

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

}  // namespace

bool is_plain_name(std::string_view text) {
  return !text.empty() && text.size() <= kLongestName && is_alphanumeric(text.front()) &&
         std::ranges::all_of(text, [](char c) {
           return is_alphanumeric(c) || std::string_view("-_.@").find(c) != std::string_view::npos;
         });
}

Result<void> CourseReader::only(const Json& json, std::initializer_list<std::string_view> known,
                                std::initializer_list<std::string_view> others) const {
  if (!json.is_object()) return bad("what should be an object is none");
  for (const auto& [key, value] : json.items()) {
    if (std::ranges::find(known, key) == known.end() && std::ranges::find(others, key) == others.end()) {
      return bad("\"" + key.substr(0, kLongestName) + "\" is not known");
    }
  }
  return {};
}

Result<std::string> CourseReader::text(const Json& json, const char* key, std::size_t most) const {
  const auto found = json.find(key);
  if (found == json.end() || !found->is_string()) return bad(fmt::format("\"{}\" is not a text", key));
  auto text = found->get<std::string>();
  const bool plain = std::ranges::none_of(text, [](unsigned char c) { return c < ' ' || c == 0x7f; });
  if (text.empty() || text.size() > most || !plain) {
    return bad(fmt::format("\"{}\" is not 1 to {} bytes without control characters", key, most));
  }
  return text;
}

Result<std::string> CourseReader::name(const Json& json, const char* key) const {
  auto name = TRY(text(json, key, kLongestName));
  if (!is_plain_name(name)) {
    return bad(fmt::format("\"{}\" is not letters, digits and -_.@, a letter or digit first", key));
  }
  return name;
}

Result<bool> CourseReader::flag(const Json& json, const char* key) const {
  const auto found = json.find(key);
  if (found == json.end()) return false;
  if (!found->is_boolean()) return bad(fmt::format("\"{}\" is neither true nor false", key));
  return found->get<bool>();
}

Result<seconds> CourseReader::duration(const Json& json, const char* key, seconds absent,
                                       seconds most) const {
  const auto found = json.find(key);
  if (found == json.end()) return absent;
  const auto time = found->is_string() ? parse_duration(found->get<std::string>()) : std::nullopt;
  if (!time || *time < seconds(0) || *time > most) {
    return bad(fmt::format("\"{}\" is not a time such as \"4h\", of at most {}", key, duration_text(most)));
  }
  return *time;
}

Result<Share> CourseReader::share(const Json& json, const char* key) const {
  const auto& value = json.at(key);
  const double hundredths = value.is_number() ? value.get<double>() * 100 : -1;
  if (!(hundredths >= 0 && hundredths <= kAll)) {
    return bad(fmt::format("\"{}\" is not a number of percent from 0 to 100", key));
  }
  const double whole = std::round(hundredths);
  if (std::abs(whole - hundredths) > 1e-6) {
    return bad(fmt::format("\"{}\" has more than two digits behind the point", key));
  }
  return static_cast<Share>(whole);
}

Result<MetricGate> CourseReader::metric(const Json& json) const {
  TRY(only(json, {"name", "url", "query", "compare", "threshold"}));
  MetricGate gate{.name = TRY(name(json, "name")), .url = TRY(text(json, "url", kLongestUrl))};
  if (!gate.url.starts_with("https://") && !gate.url.starts_with("http://")) {
    return bad("a metric's \"url\" begins neither with https:// nor with http://");
  }
  // What is asked is put behind it.
  if (gate.url.find_first_of("?# ") != std::string::npos) return bad("a metric's \"url\" has ?, # or spaces");
  if (!json.contains("query")) {
    if (json.contains("compare") || json.contains("threshold")) return bad("a webhook compares nothing");
    return gate;
  }
  gate.query = TRY(text(json, "query", kLongestQuery));
  gate.compare = TRY(text(json, "compare", 2));
  if (std::ranges::find(kComparisons, gate.compare) == kComparisons.end()) {
    return bad("\"compare\" is none of < <= > >= == !=");
  }
  const auto threshold = json.find("threshold");
  if (threshold == json.end() || !threshold->is_number() || !std::isfinite(threshold->get<double>())) {
    return bad("\"threshold\" is not a number");
  }
  gate.threshold = threshold->get<double>();
  return gate;
}

Result<Gates> CourseReader::gates(const Json& json, Gates gates) const {
  TRY(only(json, {"min_reports", "min_reporting", "min_applied", "max_failed", "max_stalled", "max_reverted",
                  "max_silent", "max_crashed", "silent_after", "metrics"}));
  if (const auto found = json.find("min_reports"); found != json.end()) {
    if (!found->is_number_unsigned() || found->get<std::uint64_t>() > kMostReports) {
      return bad(fmt::format("\"min_reports\" is not a number from 0 to {}", kMostReports));
    }
    gates.min_reports = found->get<std::uint32_t>();
  }
  if (json.contains("min_reporting")) gates.min_reporting = TRY(share(json, "min_reporting"));
  if (json.contains("min_applied")) gates.min_applied = TRY(share(json, "min_applied"));
  for (const auto& [key, member] :
       {std::pair("max_failed", &Gates::max_failed), std::pair("max_stalled", &Gates::max_stalled),
        std::pair("max_reverted", &Gates::max_reverted), std::pair("max_silent", &Gates::max_silent),
        std::pair("max_crashed", &Gates::max_crashed)}) {
    if (!json.contains(key)) continue;
    gates.*member = std::nullopt;
    if (!json.at(key).is_null()) gates.*member = TRY(share(json, key));
  }
  gates.silent_after = TRY(duration(json, "silent_after", gates.silent_after, kLongest));
  if (const auto found = json.find("metrics"); found != json.end()) {
    if (!found->is_array() || found->size() > kMostMetrics) {
      return bad(fmt::format("\"metrics\" is not a list of at most {}", kMostMetrics));
    }
    gates.metrics.clear();
    for (const Json& one : *found) gates.metrics.push_back(TRY(metric(one)));
  }
  return gates;
}

Result<Approvals> CourseReader::approvals(const Json& json) const {
  TRY(only(json, {"count", "from", "own"}));
  Approvals approvals{.own = TRY(flag(json, "own"))};
  const auto count = json.find("count");
  if (count == json.end() || !count->is_number_unsigned() || count->get<std::uint64_t>() > kMostApprovers) {
    return bad(fmt::format("\"count\" of approvals is not a number from 0 to {}", kMostApprovers));
  }
  approvals.count = count->get<std::uint32_t>();
  const auto from = json.find("from");
  if (from == json.end()) return approvals;
  if (!from->is_array() || from->size() > kMostApprovers) {
    return bad(fmt::format("\"from\" is not a list of at most {} names", kMostApprovers));
  }
  for (const Json& one : *from) {
    if (!one.is_string() || !is_plain_name(one.get<std::string>())) return bad("an approver is not a name");
    auto name = one.get<std::string>();
    if (std::ranges::find(approvals.from, name) != approvals.from.end()) {
      return bad("an approver is named twice");
    }
    approvals.from.push_back(std::move(name));
  }
  if (!approvals.from.empty() && approvals.from.size() < approvals.count) {
    return bad("more approvals are wanted than there are approvers named");
  }
  return approvals;
}

Result<Wave> CourseReader::wave(const Json& json, const Gates& given) const {
  TRY(only(json, {"percent", "group", "tag", "soak", "deadline", "gates", "approvals"}));
  Wave wave;
  if (json.contains("percent")) wave.hosts.share = TRY(share(json, "percent"));
  if (wave.hosts.share == 0) return bad("a wave of 0 percent is none");
  if (json.contains("group")) wave.hosts.group = TRY(text(json, "group", kLongestName));
  if (json.contains("tag")) wave.hosts.tag = TRY(text(json, "tag", kLongestTag));
  if (!wave.hosts.group.empty() && !is_group_name(wave.hosts.group))
    return bad("\"group\" is not a group's name");
  if (!wave.hosts.tag.empty() && !is_tag(wave.hosts.tag)) return bad("\"tag\" is not a tag");
  wave.soak = TRY(duration(json, "soak", wave.soak, kLongest));
  wave.deadline = TRY(duration(json, "deadline", std::max(wave.deadline, 2 * wave.soak), 2 * kLongest));
  if (wave.deadline <= wave.soak) return bad("a wave's \"deadline\" is not after its \"soak\"");
  wave.gates = json.contains("gates") ? TRY(gates(json.at("gates"), given)) : given;
  if (json.contains("approvals")) wave.approvals = TRY(approvals(json.at("approvals")));
  return wave;
}

Result<Course> CourseReader::course(const Json& json, std::initializer_list<std::string_view> others) const {
  TRY(only(json, {"waves", "gates", "revert_on_failure", "urgent"}, others));
  Course course{.revert_on_failure = TRY(flag(json, "revert_on_failure"))};
  if (json.contains("urgent")) course.urgent = TRY(approvals(json.at("urgent")));
  const Gates given = json.contains("gates") ? TRY(gates(json.at("gates"), Gates())) : Gates();
  const auto waves = json.find("waves");
  if (waves == json.end() || !waves->is_array() || waves->empty() || waves->size() > kMostWaves) {
    return bad(fmt::format("\"waves\" is not a list of 1 to {}", kMostWaves));
  }
  for (const Json& one : *waves) course.waves.push_back(TRY(wave(one, given)));
  return course;
}

namespace {

constexpr JsonLimits kLimits{.bytes = kPolicyLimit, .depth = 8};

}  // namespace

Result<Policy> parse_policy(std::string_view text, std::string_view name) {
  const CourseReader reader("policy.schema", "read a policy for rollouts");
  if (!is_plain_name(name)) {
    return reader.bad("its name is not letters, digits and -_.@, a letter or digit first");
  }
  const Json json = TRY(parse_json(text, "a policy for rollouts", kLimits));
  Policy policy{.name = std::string(name),
                .course = TRY(reader.course(json, {"channel", "automatic", "settle", "name"}))};
  // What was read is often what is written back.
  if (json.contains("name") && json.at("name") != Json(name)) return reader.bad("\"name\" is another one");
  policy.channel = TRY(reader.name(json, "channel"));
  policy.automatic = TRY(reader.flag(json, "automatic"));
  policy.settle = TRY(reader.duration(json, "settle", policy.settle, std::chrono::days(7)));
  return policy;
}

Result<NewRollout> parse_new_rollout(std::string_view text) {
  const CourseReader reader("rollout.schema", "read a rollout to be made");
  const Json json = TRY(parse_json(text, "a rollout to be made", kLimits));
  NewRollout wanted;
  if (json.is_object() && json.contains("policy")) {
    TRY(reader.only(json, {"policy", "again"}));
    wanted.policy = TRY(reader.name(json, "policy"));
  } else {
    wanted.course = TRY(reader.course(json, {"channel", "again"}));
    wanted.channel = TRY(reader.name(json, "channel"));
  }
  wanted.again = TRY(reader.flag(json, "again"));
  return wanted;
}

Result<bool> parse_approval(std::string_view text) {
  if (text.empty()) return false;
  const CourseReader reader("rollout.schema", "read an approval");
  const Json json = TRY(parse_json(text, "an approval", kLimits));
  TRY(reader.only(json, {"urgent"}));
  return reader.flag(json, "urgent");
}

}  // namespace suture::server
