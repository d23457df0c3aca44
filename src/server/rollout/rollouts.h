// SPDX-License-Identifier: Apache-2.0
//
// The server's part that steers: plans for hosts out of memory, and two threads. One sees within a second
// what other servers have changed; the other makes rollouts go on, and may take its time.
#pragma once

#include <condition_variable>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "server/fleet/wake.h"
#include "server/rollout/automatic.h"
#include "server/rollout/metric_gate.h"
#include "server/rollout/plan.h"
#include "server/rollout/progress.h"
#include "server/rollout/rollout_store.h"

namespace suture::server {

class Rollouts {
 public:
  struct Options {
    std::filesystem::path repository{};  ///< empty: none is served, and no rollout can be made here
    std::vector<std::string> gate_urls{};
    Progress::Pace pace{};
  };

  /// `fleet` and `board`, which may be null, must outlive it. Steers nobody before the first refresh().
  Rollouts(RolloutStore store, Store& fleet, WakeBoard* board, Options options);
  Rollouts(const Rollouts&) = delete;
  Rollouts& operator=(const Rollouts&) = delete;
  ~Rollouts() { stop(); }

  RolloutStore& store() { return store_; }
  const MetricSources& sources() const { return sources_; }
  std::shared_ptr<const PlanIndex> index() const;
  /// Reads the index anew if something has changed, and calls the hosts that wait if they are to hear of it.
  Result<void> refresh();
  /// What the repository has for a channel. "rollout.no-repository", "rollout.repository".
  Result<TargetLevels> repository_levels(const std::string& channel);
  /// The same for people, who may have published a moment ago: it does not wait for the board's next look.
  Result<TargetLevels> repository_levels_now(const std::string& channel);

  /// What the second thread does once a second.
  Result<void> step(Time now);
  void start();
  void stop();

 private:
  std::string word() const { return board_ == nullptr ? std::string() : board_->word(); }
  void every_second(const std::stop_token& stop, const std::function<Result<void>()>& work);

  RolloutStore store_;
  WakeBoard* board_;
  Options options_;
  MetricSources sources_;
  Progress progress_;
  Automatic automatic_;

  std::mutex refreshing_{};
  RolloutMoment moment_{.generation = -1};  ///< of the index
  bool grouped_ = false;                    ///< a wave in it names a group or a tag
  std::chrono::steady_clock::time_point read_at_{};
  mutable std::mutex swapping_{};
  std::shared_ptr<const PlanIndex> index_ = std::make_shared<PlanIndex>();

  std::mutex reading_{};
  std::string read_word_{};  ///< the repository's, when these were read
  std::map<std::string, TargetLevels> read_levels_{};

  std::mutex pausing_{};
  std::condition_variable_any pause_{};
  std::vector<std::jthread> threads_{};
};

}  // namespace suture::server
