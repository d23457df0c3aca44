// SPDX-License-Identifier: Apache-2.0
#include "loads.h"

#include <algorithm>

namespace suture::bench {
namespace {

/// From the last request to the call, so that the server has read them all.
constexpr std::chrono::seconds kSettle{2};

std::string words(const Answer& answer) {
  return std::to_string(answer.status) + " " + std::string(answer.body.substr(0, 300));
}

}  // namespace

double Durations::at(double share) {
  if (times_.empty()) return 0;
  const auto place =
      std::min(times_.size() - 1, static_cast<std::size_t>(share * static_cast<double>(times_.size())));
  std::ranges::nth_element(times_, times_.begin() + static_cast<std::ptrdiff_t>(place));
  return std::chrono::duration<double, std::milli>(times_[place]).count();
}

Clock::time_point Steps::due(std::size_t unit) const {
  const std::chrono::duration<double> after(static_cast<double>(unit) / plan_.rate);
  return begin_ + std::chrono::duration_cast<Clock::duration>(after);
}

std::optional<std::string_view> Steps::next(std::size_t client) {
  State& state = states_[client];
  if (state.request == 0) {
    if (begun_ == plan_.units) return std::nullopt;
    const auto now = Clock::now();
    if (begun_ == 0) begin_ = now;
    if (plan_.rate > 0 && due(begun_) > now) return std::nullopt;
    state = {.unit = begun_, .request = 0, .begin = plan_.rate > 0 ? due(begun_) : now};
    begun_++;
  }
  return plan_.text(state.unit, state.request);
}

void Steps::answered(std::size_t client, const Answer& answer) {
  State& state = states_[client];
  if (answer.status != plan_.statuses[state.request] && wrong_++ == 0) first_wrong_ = words(answer);
  if (++state.request < plan_.requests) return;
  state.request = 0;
  end_ = Clock::now();
  durations_.add(end_ - state.begin);
  ended_++;
}

std::optional<Clock::time_point> Steps::ask_again() {
  if (plan_.rate == 0 || begun_ == plan_.units) return std::nullopt;
  return due(begun_);
}

Clock::time_point Waits::due(std::size_t client) const {
  const std::chrono::duration<double> after(static_cast<double>(client) / rate_);
  return begin_ + std::chrono::duration_cast<Clock::duration>(after);
}

std::optional<std::string_view> Waits::next(std::size_t client) {
  if (client < waiting_) {
    if (asked_ != client || Clock::now() < due(client)) return std::nullopt;
    asked_++;
    all_wait_ = Clock::now() + kSettle;
    return wait_;
  }
  if (called_ || asked_ < waiting_ || Clock::now() < all_wait_) return std::nullopt;
  called_ = true;
  called_at_ = Clock::now();
  return call_;
}

void Waits::answered(std::size_t client, const Answer& answer) {
  const bool right = client < waiting_ ? answer.status == 200 && called_ : answer.status == 202;
  if (!right && wrong_++ == 0) first_wrong_ = words(answer);
  answered_++;
  if (client == waiting_) return;
  end_ = Clock::now();
  durations_.add(end_ - called_at_);
}

std::optional<Clock::time_point> Waits::ask_again() {
  if (called_) return std::nullopt;
  return asked_ < waiting_ ? due(asked_) : all_wait_;
}

}  // namespace suture::bench
