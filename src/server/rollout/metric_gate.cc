// SPDX-License-Identifier: Apache-2.0
#include "server/rollout/metric_gate.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/json.h"
#include "base/utf8.h"
#include "fetch/http_fetcher.h"

namespace suture::server {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMostAnswer = 64u << 10;
constexpr JsonLimits kLimits{.bytes = kMostAnswer, .depth = 12};
constexpr std::size_t kLongestWord = 200;

Judgement wait_for(const MetricGate& gate, std::string_view why) {
  return {Verdict::kWait, {"rollout.metric", fmt::format("metric {}: {}", gate.name, why)}};
}

/// Prometheus writes numbers as texts: "0.25", "+Inf", "NaN".
std::optional<double> number_of(const Json& sample) {
  if (!sample.is_array() || sample.size() != 2 || !sample[1].is_string()) return std::nullopt;
  const auto text = sample[1].get<std::string>();
  if (text == "+Inf") return HUGE_VAL;
  if (text == "-Inf") return -HUGE_VAL;
  double value = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (wrong != std::errc{} || end != text.data() + text.size() || std::isnan(value)) return std::nullopt;
  return value;
}

bool holds(double value, const std::string& compare, double threshold) {
  if (compare == "<") return value < threshold;
  if (compare == "<=") return value <= threshold;
  if (compare == ">") return value > threshold;
  if (compare == ">=") return value >= threshold;
  // Whoever compares for equality counts something.
  return (compare == "==") == (std::abs(value - threshold) <= 0.0);
}

}  // namespace

bool MetricSources::allows(std::string_view url) const {
  return std::ranges::any_of(allowed_, [&](std::string_view base) {
    while (base.ends_with('/')) base.remove_suffix(1);
    return url.starts_with(base) && (url.size() == base.size() || url[base.size()] == '/') &&
           url.find("/..") == std::string_view::npos;
  });
}

Result<void> MetricSources::check(const Course& course) const {
  for (const Wave& wave : course.waves) {
    for (const MetricGate& gate : wave.gates.metrics) {
      if (allows(gate.url)) continue;
      return fail("rollout.metric-url", "ask for the metric " + gate.name,
                  "the server may not ask " + gate.url, "allow it with --gate-url on the server's machine");
    }
  }
  return {};
}

Judgement judge_prometheus(const MetricGate& gate, std::string_view answer) {
  const auto json = parse_json(answer, "an answer of Prometheus", kLimits);
  if (!json || !json->is_object() || json->value("status", Json()) != Json("success")) {
    return wait_for(gate, "Prometheus did not answer the query");
  }
  const Json data = json->value("data", Json());
  const Json result = data.is_object() ? data.value("result", Json()) : Json();
  const Json type = data.is_object() ? data.value("resultType", Json()) : Json();
  std::optional<double> value;
  if (type == Json("scalar")) value = number_of(result);
  if (type == Json("vector") && result.is_array() && result.size() == 1 && result[0].is_object()) {
    value = number_of(result[0].value("value", Json()));
  }
  if (!value) return wait_for(gate, "the query has not one number for an answer");
  if (holds(*value, gate.compare, gate.threshold)) return {Verdict::kPass, {}};
  return {Verdict::kFail,
          {"rollout.metric",
           fmt::format("metric {}: {} is not {} {}", gate.name, *value, gate.compare, gate.threshold)}};
}

Judgement judge_webhook(const MetricGate& gate, std::string_view answer) {
  const auto json = parse_json(answer, "an answer of a webhook", kLimits);
  const Json pass = json && json->is_object() ? json->value("pass", Json()) : Json();
  if (!pass.is_boolean()) return wait_for(gate, "the webhook's answer has no \"pass\"");
  if (pass.get<bool>()) return {Verdict::kPass, {}};
  const Json reason = json->value("reason", Json());
  std::string words = "the webhook says no";
  if (reason.is_string()) words += ": " + as_utf8(reason.get<std::string>().substr(0, kLongestWord));
  std::ranges::replace_if(
      words, [](unsigned char c) { return c < ' ' || c == 0x7f; }, ' ');
  return {Verdict::kFail, {"rollout.metric", fmt::format("metric {}: {}", gate.name, words)}};
}

Judgement ask_metric(const MetricGate& gate, const MetricSources& sources, const Rollout& rollout) {
  // What was allowed when the rollout was made may be so no longer.
  if (!sources.allows(gate.url)) return wait_for(gate, "the server may not ask there any more");
  const bool hook = gate.query.empty();
  std::string url = gate.url;
  while (url.ends_with('/')) url.pop_back();
  auto fetcher = HttpFetcher::open(hook ? url : url + "/api/v1/query",
                                   {.connect = 3s, .whole = 5s, .stalled = 5s, .redirects = 0});
  if (!fetcher) return wait_for(gate, fetcher.error().why);
  std::vector<std::pair<std::string, std::string>> query{{"query", gate.query}};
  if (hook) {
    query = {{"rollout", std::to_string(rollout.id)},
             {"channel", rollout.channel},
             {"wave", std::to_string(rollout.begun.size())}};
  }
  const auto answer = fetcher->ask(query, kMostAnswer);
  if (!answer) return wait_for(gate, answer.error().why);
  return hook ? judge_webhook(gate, as_text(*answer)) : judge_prometheus(gate, as_text(*answer));
}

}  // namespace suture::server
