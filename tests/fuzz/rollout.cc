// SPDX-License-Identifier: Apache-2.0
//
// What clients write about rollouts, what Prometheus and webhooks answer, and what the database may hold.
#include <cstdint>
#include <cstdlib>

#include "base/json.h"
#include "server/rollout/metric_gate.h"
#include "server/rollout/rollout_json.h"

using namespace suture;
using namespace suture::server;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto policy = parse_policy(text, "fuzz")) {
    // What was taken is kept, and must be readable then.
    const auto again = parse_policy(to_json(*policy).dump(), "fuzz");
    if (!again || *again != *policy) std::abort();
    const auto course = course_from_store(stored_course(policy->course));
    if (!course || *course != policy->course) std::abort();
  }
  (void)parse_new_rollout(text);
  (void)parse_approval(text);
  Rollout rollout;
  (void)progress_from_store(std::string(text), rollout);
  const MetricGate gate{.name = "m", .query = "q", .compare = "<", .threshold = 1};
  (void)judge_prometheus(gate, text);
  (void)judge_webhook(gate, text);
  return 0;
}
