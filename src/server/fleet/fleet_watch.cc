// SPDX-License-Identifier: Apache-2.0
#include "server/fleet/fleet_watch.h"

#include <spdlog/spdlog.h>

#include "base/time.h"
#include "server/fleet/events.h"
#include "server/fleet/history.h"
#include "server/fleet/published.h"

namespace suture::server {
namespace {

constexpr auto kBetweenLooks = std::chrono::seconds(1);
constexpr int kLooksPerSweep = 60;
constexpr std::int64_t kSilentAtATime = 1000;

void tell(const char* what, const Result<void>& done) {
  if (!done) spdlog::error("{}: {}", what, done.error().message());
}

}  // namespace

void FleetWatch::look_outside() {
  to_note_ = board_.look() || to_note_;
  const auto known = board_.now();
  const bool has_repository = known->targets.expires != Time{};
  if (!to_note_ || !has_repository) return;
  const auto noted = store_.write(
      [&](sql::Database& database) { return note_published(database, known->targets, rfc3339(clock_())); });
  tell("note what the repository offers", noted);
  to_note_ = !noted;
}

void FleetWatch::look_at_hosts() {
  const Store::Time now = clock_();
  for (std::int64_t told = kSilentAtATime; told == kSilentAtATime;) {
    const auto done = store_.write(
        [&](sql::Database& database) { return tell_silent(database, rules_.silence, now, kSilentAtATime); });
    if (!done) spdlog::error("look for silent hosts: {}", done.error().message());
    told = done.value_or(0);
  }
  const auto known = board_.now();
  tell("keep the history", store_.write([&](sql::Database& database) -> Result<void> {
    TRY(keep_history(database, *known, now));
    return drop_old_events(database, rules_.events_kept);
  }));
}

void FleetWatch::run() {
  for (int looks = 0;; ++looks) {
    look_outside();
    if (looks % kLooksPerSweep == 0) look_at_hosts();
    std::unique_lock lock(mutex_);
    if (wake_.wait_for(lock, kBetweenLooks, [this] { return stopping_; })) return;
  }
}

void FleetWatch::start() {
  thread_ = std::thread([this] { run(); });
}

void FleetWatch::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

}  // namespace suture::server
