// SPDX-License-Identifier: Apache-2.0
#include "server/access/throttle.h"

#include <arpa/inet.h>

#include <algorithm>

#include "base/hash.h"

namespace suture::server {

std::string throttle_key(std::string_view address) {
  std::string text(address.substr(0, address.find('%')));
  in6_addr raw{};
  if (::inet_pton(AF_INET6, text.c_str(), &raw) != 1) return text;
  if (IN6_IS_ADDR_V4MAPPED(&raw)) return "v4:" + to_hex(ByteView(raw.s6_addr).last(4));
  return "v6:" + to_hex(ByteView(raw.s6_addr).first(8));
}

/// The wrong ones that still count. A clock that was set back forgives nothing.
double Throttle::left(const Entry& entry, Time now) const {
  const std::chrono::duration<double> passed = std::max(now - entry.seen, Time::duration::zero());
  return std::max(0.0, entry.wrong - passed / std::chrono::duration<double>(limits_.refill));
}

bool Throttle::holds_back(std::string_view address, Time now) {
  const std::lock_guard lock(mutex_);
  const auto found = places_.find(throttle_key(address));
  return found != places_.end() && left(*found->second, now) > limits_.burst - 1.0;
}

bool Throttle::wrong(std::string_view address, Time now) {
  const std::lock_guard lock(mutex_);
  const std::string key = throttle_key(address);
  auto found = places_.find(key);
  if (found == places_.end()) {
    if (entries_.size() >= limits_.addresses) {
      places_.erase(entries_.back().key);
      entries_.pop_back();
    }
    entries_.push_front({.key = key, .seen = now});
    found = places_.emplace(key, entries_.begin()).first;
  }
  Entry& entry = *found->second;
  entries_.splice(entries_.begin(), entries_, found->second);
  const double before = left(entry, now);
  entry.wrong = std::min(before + 1.0, static_cast<double>(limits_.burst));
  entry.seen = now;
  return before <= limits_.burst - 1.0 && entry.wrong > limits_.burst - 1.0;
}

std::size_t Throttle::addresses() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

}  // namespace suture::server
