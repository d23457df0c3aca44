// SPDX-License-Identifier: Apache-2.0
#include "server/notify/courier.h"

#include <spdlog/spdlog.h>

namespace suture::server {
namespace {

Store::Time now() {
  return std::chrono::system_clock::now();
}

}  // namespace

void Courier::start() {
  for (std::size_t i = 0; i < kThreads; ++i) {
    threads_.emplace_back([this] { work(); });
  }
}

void Courier::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  postman_.stop();
  change_.notify_all();
  threads_.clear();
}

void Courier::nudge() {
  {
    const std::lock_guard lock(mutex_);
    ++nudges_;
  }
  change_.notify_one();
}

void Courier::work() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const std::uint64_t nudges = nudges_;
    lock.unlock();
    look_after();
    const bool delivered = deliver_one();
    lock.lock();
    if (delivered) continue;
    change_.wait_for(lock, times_.look, [&] { return stopping_ || nudges_ != nudges; });
  }
}

/// One thread at a time does what is due.
void Courier::look_after() {
  bool clean = false;
  {
    const std::lock_guard lock(mutex_);
    const auto time = Clock::now();
    if (gathering_ || time < next_gather_) return;
    gathering_ = true;
    next_gather_ = time + times_.gather;
    clean = time >= next_clean_;
    if (clean) next_clean_ = time + times_.clean;
  }
  const auto made = outbox_.gather(now());
  if (!made) note(made.error());
  if (clean) {
    if (const auto done = outbox_.clean(now()); !done) note(done.error());
  }
  {
    const std::lock_guard lock(mutex_);
    gathering_ = false;
  }
  if (made && *made > 1) change_.notify_all();
}

bool Courier::deliver_one() {
  const auto claimed = outbox_.claim(now());
  if (!claimed) note(claimed.error());
  if (!claimed || !*claimed) return false;
  const Claimed& one = **claimed;
  const auto delivered = postman_.deliver(one.receiver, one.message, now());
  counters_.delivered(one.receiver.what.way, delivered.has_value());
  std::string error;
  if (!delivered) {
    error = delivered.error().error.message();
    spdlog::warn("notification, try {}: {}", one.attempt, error);
  } else {
    spdlog::info("told the receiver {}", one.receiver.what.name);
  }
  const bool for_good = !delivered && delivered.error().for_good;
  // Otherwise it goes again when the claim has run out.
  if (const auto done = outbox_.finish(one, error, for_good, now()); !done) note(done.error());
  return true;
}

void Courier::note(const Error& error) {
  counters_.database_failed();
  spdlog::error("notifications: {}", error.message());
}

}  // namespace suture::server
