// SPDX-License-Identifier: Apache-2.0
//
// What the clients of a run do, and how long it took them.
#pragma once

#include <functional>
#include <vector>

#include "wire.h"

namespace suture::bench {

/// How long each of many things took.
class Durations {
 public:
  void add(Clock::duration time) { times_.push_back(time); }
  std::size_t count() const { return times_.size(); }
  /// In milliseconds; 0 without any. `share`: 0.5 for the median.
  double at(double share);

 private:
  std::vector<Clock::duration> times_{};
};

/// Works through steps: units of one or several requests, each unit by one client, in order. With a rate,
/// a unit begins at its time or as soon as a client is free, and takes as long as it is late.
class Steps : public Load {
 public:
  struct Plan {
    std::size_t units = 0;
    std::size_t requests = 1;  ///< of a unit
    double rate = 0;           ///< units a second; 0: as fast as the clients are
    bool fresh = false;        ///< each request over a connection of its own
    std::function<std::string_view(std::size_t unit, std::size_t request)> text{};
    std::vector<int> statuses{};  ///< that are right, one for each request
  };
  Steps(Plan plan, std::size_t clients) : plan_(std::move(plan)), states_(clients) {}

  std::optional<std::string_view> next(std::size_t client) override;
  void answered(std::size_t client, const Answer& answer) override;
  bool done() const override { return ended_ == plan_.units; }
  std::optional<Clock::time_point> ask_again() override;
  bool reconnects(std::size_t) override { return plan_.fresh; }

  Durations& durations() { return durations_; }
  std::size_t wrong() const { return wrong_; }
  const std::string& first_wrong() const { return first_wrong_; }
  double seconds() const { return std::chrono::duration<double>(end_ - begin_).count(); }

 private:
  struct State {
    std::size_t unit = 0;
    std::size_t request = 0;  ///< the next one's place; 0: between units
    Clock::time_point begin{};
  };
  Clock::time_point due(std::size_t unit) const;

  Plan plan_;
  std::vector<State> states_;
  std::size_t begun_ = 0;
  std::size_t ended_ = 0;
  std::size_t wrong_ = 0;
  std::string first_wrong_{};
  Clock::time_point begin_{};
  Clock::time_point end_{};
  Durations durations_{};
};

/// Many wait for a call; when all do, one calls.
class Waits : public Load {
 public:
  /// The last client calls. So many begin to wait in a second, at most.
  Waits(std::string wait, std::string call, std::size_t waiting, double rate)
      : wait_(std::move(wait)), call_(std::move(call)), waiting_(waiting), rate_(rate) {}

  std::optional<std::string_view> next(std::size_t client) override;
  void answered(std::size_t client, const Answer& answer) override;
  bool done() const override { return answered_ == waiting_ + 1; }
  std::optional<Clock::time_point> ask_again() override;

  std::size_t wrong() const { return wrong_; }
  const std::string& first_wrong() const { return first_wrong_; }
  Durations& durations() { return durations_; }
  /// The time from the call to the last of those who waited.
  double seconds() const { return std::chrono::duration<double>(end_ - called_at_).count(); }

 private:
  Clock::time_point due(std::size_t client) const;

  std::string wait_;
  std::string call_;
  std::size_t waiting_;
  double rate_;
  Clock::time_point begin_ = Clock::now();
  std::size_t asked_ = 0;
  std::size_t answered_ = 0;
  std::size_t wrong_ = 0;
  std::string first_wrong_{};
  bool called_ = false;
  Clock::time_point all_wait_{};
  Clock::time_point called_at_{};
  Clock::time_point end_{};
  Durations durations_{};
};

}  // namespace suture::bench
