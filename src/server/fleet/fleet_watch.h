// SPDX-License-Identifier: Apache-2.0
//
// What a server does about the fleet without being asked: it keeps up with the repository and the verdicts,
// tells of new levels and of hosts that fall silent, keeps the history, and drops old events. All of it may
// be done by several servers at once.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>

#include "server/fleet/knowledge_board.h"
#include "server/fleet/silence.h"
#include "server/fleet/store.h"

namespace suture::server {

struct FleetRules {
  SilenceRules silence{};
  std::int64_t events_kept = 100'000;
};

class FleetWatch {
 public:
  using Clock = std::function<Store::Time()>;

  /// Both must outlive it.
  FleetWatch(Store& store, KnowledgeBoard& board, FleetRules rules,
             Clock clock = &std::chrono::system_clock::now)
      : store_(store), board_(board), rules_(rules), clock_(std::move(clock)) {}
  ~FleetWatch() { stop(); }
  FleetWatch(const FleetWatch&) = delete;
  FleetWatch& operator=(const FleetWatch&) = delete;

  /// Looks at once, at the repository every second from then on, and at the hosts every minute.
  void start();
  void stop();

  /// One look at what other programs write. What is new and cannot be noted is tried again the next time.
  void look_outside();
  /// One look at the hosts.
  void look_at_hosts();

 private:
  void run();

  Store& store_;
  KnowledgeBoard& board_;
  FleetRules rules_;
  Clock clock_;
  bool to_note_ = false;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace suture::server
