// SPDX-License-Identifier: Apache-2.0
//
// When to ask the repository next. Pure: times and random numbers come from the caller, and times are of the
// monotonic clock, so that setting the wall clock changes nothing.
//
// A host has a place in the interval, which its id decides. So a fleet that boots at one moment asks evenly
// over the interval, and still does after an outage or an urgent call made all ask at once.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

namespace suture {

class Schedule {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Span = std::chrono::milliseconds;

  static constexpr Span kLongestAfterStart = std::chrono::minutes(1);
  static constexpr Span kFirstRetry = std::chrono::minutes(1);
  static constexpr Span kMostJitter = std::chrono::minutes(5);
  /// A fleet that is called at once does not ask at once.
  static constexpr Span kWakeSpread = std::chrono::seconds(5);
  /// A server that calls for nothing costs a host one check a minute, after a first burst of two.
  static constexpr Span kWakeEvery = std::chrono::minutes(1);
  static constexpr int kWakeBurst = 2;

  /// The first check comes within kLongestAfterStart. `random` is uniform over all its values, here and
  /// below.
  Schedule(std::chrono::seconds interval, std::string_view host_id, Time start, std::uint64_t random);

  Time next() const { return next_; }

  /// A check was made, by the timer or by a person. `reached`: the repository answered, with whatever; else
  /// the next one comes sooner, later each time, until one succeeds.
  void checked(Time now, bool reached, std::uint64_t random);

  /// A server asks for a check. Moves the next one up, never back.
  void woken(Time now, std::uint64_t random);

  /// From the next check on.
  void set_interval(std::chrono::seconds interval) { interval_ = interval; }

 private:
  Time next_in_grid(Time now, std::uint64_t random) const;

  Span interval_;
  std::uint64_t place_;  ///< in the interval, in 2^64th parts of it
  Time start_;
  Time next_;
  int failures_ = 0;      ///< one after the other
  Time wakes_full_from_;  ///< by then, all of the burst may be used again
};

/// Grows from `first` to `most` with each failure in a row, and is shortened at random by up to a half.
Schedule::Span back_off(Schedule::Span first, Schedule::Span most, int failures, std::uint64_t random);

}  // namespace suture
