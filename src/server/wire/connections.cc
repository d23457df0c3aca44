// SPDX-License-Identifier: Apache-2.0
#include "server/wire/connection.h"

namespace suture::server {

std::optional<Connections::Place> Connections::enter(Wake wake, std::size_t most) {
  const std::lock_guard lock(mutex_);
  if (open_.size() - waiting_ >= most) return std::nullopt;
  return open_.insert(open_.end(), std::move(wake));
}

void Connections::leave(Place place) {
  const std::lock_guard lock(mutex_);
  open_.erase(place);
  if (open_.empty()) left_.notify_all();
}

void Connections::set_aside(bool waits) {
  const std::lock_guard lock(mutex_);
  waits ? waiting_++ : waiting_--;
}

void Connections::wake_all() {
  const std::lock_guard lock(mutex_);
  for (const Wake& wake : open_) wake();
}

bool Connections::wait_until_empty(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  return left_.wait_for(lock, time, [this] { return open_.empty(); });
}

}  // namespace suture::server
