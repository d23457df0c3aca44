// SPDX-License-Identifier: Apache-2.0
#include "server/rollout/rollouts.h"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "server/rollout/repository_levels.h"

namespace suture::server {
namespace {

constexpr std::chrono::seconds kGroupsAreFresh{10};

bool names_groups(const std::pair<const std::string, Governed>& channel) {
  return std::ranges::any_of(channel.second.open, [](const OpenRollout& open) {
    return std::ranges::any_of(open.rollout.course.waves, [](const Wave& wave) {
      return !wave.hosts.group.empty() || !wave.hosts.tag.empty();
    });
  });
}

}  // namespace

Rollouts::Rollouts(RolloutStore store, Store& fleet, WakeBoard* board, Options options)
    : store_(std::move(store)),
      board_(board),
      options_(std::move(options)),
      sources_(options_.gate_urls),
      progress_(
          {.rollouts = store_,
           .fleet = fleet,
           .membership = [this] { return index()->membership(); },
           .ask_metric = [this](const MetricGate& gate,
                                const Rollout& rollout) { return ask_metric(gate, sources_, rollout); }},
          options_.pace),
      automatic_({.rollouts = store_,
                  .word = [this] { return options_.repository.empty() ? std::string() : word(); },
                  .levels = [this](const std::string& channel) { return repository_levels(channel); }}) {}

std::shared_ptr<const PlanIndex> Rollouts::index() const {
  const std::lock_guard lock(swapping_);
  return index_;
}

Result<void> Rollouts::refresh() {
  using Clock = std::chrono::steady_clock;
  const std::lock_guard lock(refreshing_);
  // Groups and tags have no number that would tell of a change.
  const bool stale = grouped_ && Clock::now() - read_at_ > kGroupsAreFresh;
  if (TRY(store_.moment()) == moment_ && !stale) return {};
  RolloutMoment moment;
  auto channels = TRY(store_.governed(moment));
  auto member = TRY(store_.membership(channels));
  grouped_ = std::ranges::any_of(channels, names_groups);
  read_at_ = Clock::now();
  auto fresh = std::make_shared<const PlanIndex>(std::move(channels), std::move(member));
  {
    const std::lock_guard swap(swapping_);
    index_ = std::move(fresh);
  }
  // Whoever was called before this server started does not have to be called again.
  const bool call = moment_.generation >= 0 && moment.calls > moment_.calls;
  moment_ = moment;
  if (call && board_ != nullptr) spdlog::info("{} hosts that wait are called", board_->call_urgently());
  return {};
}

Result<TargetLevels> Rollouts::repository_levels(const std::string& channel) {
  if (options_.repository.empty()) {
    return fail("rollout.no-repository", "look what the repository has", "this server has none",
                "start it with --repository");
  }
  const std::lock_guard lock(reading_);
  // The word is read before the files: what changes meanwhile is read again.
  const std::string now = word();
  if (now != read_word_ || now.empty()) read_levels_.clear();
  if (const auto found = read_levels_.find(channel); found != read_levels_.end()) return found->second;
  auto levels = server::repository_levels(options_.repository, channel);
  if (!levels) {
    return fail("rollout.repository", "look what the repository has", levels.error().message());
  }
  read_word_ = now;
  return read_levels_[channel] = *std::move(levels);
}

Result<TargetLevels> Rollouts::repository_levels_now(const std::string& channel) {
  if (board_ != nullptr) board_->look();
  return repository_levels(channel);
}

Result<void> Rollouts::step(Time now) {
  const bool made = TRY(automatic_.look(now));
  const bool moved = TRY(progress_.tick(now));
  if (made || moved) TRY(refresh());
  return {};
}

void Rollouts::every_second(const std::stop_token& stop, const std::function<Result<void>()>& work) {
  std::string last;
  while (!stop.stop_requested()) {
    const auto done = work();
    // What goes wrong each second is told once.
    const std::string problem = done ? std::string() : done.error().message();
    if (!problem.empty() && problem != last) spdlog::error("rollouts: {}", problem);
    last = problem;
    std::unique_lock lock(pausing_);
    pause_.wait_for(lock, stop, std::chrono::seconds(1), [] { return false; });
  }
}

void Rollouts::start() {
  threads_.emplace_back(
      [this](const std::stop_token& stop) { every_second(stop, [this] { return refresh(); }); });
  threads_.emplace_back(
      [this](const std::stop_token& stop) { every_second(stop, [this] { return step(wall_clock()); }); });
}

void Rollouts::stop() {
  for (std::jthread& thread : threads_) thread.request_stop();
  threads_.clear();
}

}  // namespace suture::server
