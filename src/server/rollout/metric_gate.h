// SPDX-License-Identifier: Apache-2.0
//
// Gates that something outside decides: Prometheus by an instant query, or a webhook. Asking takes as long as
// the other side does, within limits, so it belongs on no thread that serves.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "server/rollout/gates.h"

namespace suture::server {

/// Where metrics may be asked for: what an administrator of the server's machine allowed. Those who write
/// policies must not make the server send requests to wherever they like.
class MetricSources {
 public:
  MetricSources() = default;
  /// URLs; one may be asked that is one of them, or goes on behind a slash.
  explicit MetricSources(std::vector<std::string> allowed) : allowed_(std::move(allowed)) {}
  bool allows(std::string_view url) const;
  /// "rollout.metric-url" names the first of a course's that may not be asked.
  Result<void> check(const Course& course) const;

 private:
  std::vector<std::string> allowed_{};
};

/// Follows no redirects. What does not answer, or nonsense, is waited for.
Judgement ask_metric(const MetricGate& gate, const MetricSources& sources, const Rollout& rollout);

/// What Prometheus answered (its HTTP API, /api/v1/query): a scalar, or a vector of one sample. An empty
/// vector, several samples, and NaN are no evidence.
Judgement judge_prometheus(const MetricGate& gate, std::string_view answer);
/// {"pass": true} or {"pass": false, "reason": "…"}
Judgement judge_webhook(const MetricGate& gate, std::string_view answer);

}  // namespace suture::server
