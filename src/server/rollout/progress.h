// SPDX-License-Identifier: Apache-2.0
//
// What makes rollouts go on: about once a second, by whichever server claims one. It counts what the hosts
// said, lets the gates judge, and writes down what follows if the rollout is still the one that it looked at.
// So several servers may do this at once, and one may die at any time.
#pragma once

#include <functional>
#include <map>

#include "server/rollout/evidence.h"
#include "server/rollout/rollout_store.h"

namespace suture::server {

class Progress {
 public:
  struct Parts {
    RolloutStore& rollouts;
    Store& fleet;
    std::function<Membership()> membership;
    std::function<Judgement(const MetricGate&, const Rollout&)> ask_metric;
  };
  struct Pace {
    std::chrono::seconds examine{5};  ///< between two looks at a rollout
    int rest = 20;                    ///< and so many times as long as the last look took
    std::chrono::seconds metrics{30};
  };

  explicit Progress(Parts parts) : Progress(std::move(parts), Pace{}) {}
  Progress(Parts parts, Pace pace) : parts_(std::move(parts)), pace_(pace) {}

  /// True: something changed that can move a host's plan. Not for two threads at a time.
  Result<bool> tick(Time now);

 private:
  struct Asked {
    Time time{};
    std::size_t wave = 0;
    Judgement said{};
  };
  Result<bool> examine(Rollout rollout, Time now);
  Result<bool> begin(Rollout rollout, Time now);
  Result<bool> watch(Rollout rollout, Time now);
  Result<Evidence> gather(const Rollout& rollout, Time now);
  Judgement ask(const Rollout& rollout, Time now);

  Parts parts_;
  Pace pace_;
  std::chrono::seconds every_{0};  ///< by how long the last look took
  std::map<std::int64_t, Asked> asked_{};
};

}  // namespace suture::server
