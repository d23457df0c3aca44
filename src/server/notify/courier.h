// SPDX-License-Identifier: Apache-2.0
//
// What goes on in the background: makes messages of what happened, and delivers them, on threads of its own.
// A receiver that is slow takes one of them, and no time of anybody who asks the server something.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "server/notify/counters.h"
#include "server/notify/outbox.h"
#include "server/notify/postman.h"

namespace suture::server {

struct CourierTimes {
  std::chrono::milliseconds look{1000};    ///< between two looks at the outbox
  std::chrono::milliseconds gather{5000};  ///< between two looks at what happened
  std::chrono::milliseconds clean{600'000};
};

class Courier {
 public:
  /// All that it is given must outlive it. Nothing happens before start().
  Courier(Outbox& outbox, Postman& postman, Counters& counters, CourierTimes times = {})
      : outbox_(outbox), postman_(postman), counters_(counters), times_(times) {}
  Courier(const Courier&) = delete;
  Courier& operator=(const Courier&) = delete;
  ~Courier() { stop(); }

  void start();
  /// What is under way fails, and goes again later.
  void stop();
  /// There is something to be delivered now.
  void nudge();

 private:
  static constexpr std::size_t kThreads = 4;
  using Clock = std::chrono::steady_clock;

  void work();
  /// One message, if there is one.
  bool deliver_one();
  void look_after();
  void note(const Error& error);

  Outbox& outbox_;
  Postman& postman_;
  Counters& counters_;
  CourierTimes times_;
  std::mutex mutex_;
  std::condition_variable change_;
  bool stopping_ = false;
  bool gathering_ = false;
  std::uint64_t nudges_ = 0;
  Clock::time_point next_gather_{};
  Clock::time_point next_clean_{};
  std::vector<std::jthread> threads_{};
};

/// For the API.
struct Notifications {
  Outbox& outbox;
  Courier& courier;
  ReceiverRules rules;
};

}  // namespace suture::server
