// SPDX-License-Identifier: Apache-2.0
#include "agent/schedule.h"

#include <algorithm>

#include "base/hash.h"

namespace suture {
namespace {

using Span = Schedule::Span;

/// `part` 2^64ths of `whole`.
Span part_of(Span whole, std::uint64_t part) {
  __extension__ using Wide = unsigned __int128;
  return Span(static_cast<std::int64_t>(static_cast<Wide>(whole.count()) * part >> 64));
}

std::uint64_t place_of(std::string_view host_id) {
  const std::string hash = sha256_hex(as_bytes("suture-schedule:" + std::string(host_id)));
  std::uint64_t place = 0;
  for (const char c : hash.substr(0, 16)) {
    place = place << 4 | static_cast<std::uint64_t>(c <= '9' ? c - '0' : c - 'a' + 10);
  }
  return place;
}

}  // namespace

Span back_off(Span first, Span most, int failures, std::uint64_t random) {
  Span whole = std::min(first, most);
  for (int i = 1; i < failures && whole < most; i++) whole = std::min(whole * 2, most);
  return whole - part_of(whole / 2, random);
}

Schedule::Schedule(std::chrono::seconds interval, std::string_view host_id, Time start, std::uint64_t random)
    : interval_(interval),
      place_(place_of(host_id)),
      start_(start),
      next_(start + part_of(kLongestAfterStart, random)),
      wakes_full_from_(start) {}

/// The host's next place, and a little more.
Schedule::Time Schedule::next_in_grid(Time now, std::uint64_t random) const {
  const Time first = start_ + part_of(interval_, place_);
  const auto rounds = now < first ? 0 : (now - first) / interval_ + 1;
  return first + rounds * interval_ + part_of(std::min(interval_ / 20, kMostJitter), random);
}

void Schedule::checked(Time now, bool reached, std::uint64_t random) {
  failures_ = reached ? 0 : failures_ + 1;
  next_ = next_in_grid(now, random);
  if (failures_ == 0) return;
  const Span pause = back_off(kFirstRetry, interval_, failures_, random);
  // Also not sooner than that: the next place may be in a second.
  next_ = now + pause;
}

void Schedule::woken(Time now, std::uint64_t random) {
  // A bucket of tokens, as the moment at which it will be full again.
  const Time empty_until = std::max(wakes_full_from_, now) - (kWakeBurst - 1) * kWakeEvery;
  const Time moment = std::max(now, empty_until) + part_of(kWakeSpread, random);
  if (moment >= next_) return;
  next_ = moment;
  wakes_full_from_ = std::max(wakes_full_from_, now) + kWakeEvery;
}

}  // namespace suture
