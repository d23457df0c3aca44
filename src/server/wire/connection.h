// SPDX-License-Identifier: Apache-2.0
//
// One client's connection, from accept to close, and the set of all that are open.
#pragma once

#include <atomic>
#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "server/api.h"
#include "server/fleet/wake.h"
#include "server/notify/counters.h"
#include "server/server.h"
#include "server/wire/io.h"
#include "server/wire/report_desk.h"
#include "server/wire/static_files.h"
#include "server/wire/tls.h"

namespace suture::server {

/// What all connections share. `database` runs the API, so that a slow disk holds up no file or timer.
struct Shared {
  const Api& api;
  const StaticFiles* files;  ///< null: no repository is served
  boost::asio::thread_pool& database;
  boost::asio::thread_pool& counting;  ///< what takes long where the fleet is large, and nobody waits for
  boost::asio::thread_pool& slow;      ///< runs the routes that are Route::slow()
  Counters& counters;
  ReportDesk& desk;
  WakeBoard& board;
  Tls* tls;  ///< null: HTTP as it is
  Limits limits;
  std::vector<std::string> proxies{};  ///< whose X-Forwarded-For is believed
  bool https = false;                  ///< browsers are to use nothing else with this host
  std::atomic<bool> stopping{false};
  std::atomic<unsigned> slow_calls{0};
};

/// The open connections, to count them, and to wake those that wait for a request when the server stops.
class Connections {
 public:
  using Wake = std::function<void()>;
  using Place = std::list<Wake>::iterator;

  /// Nothing when `most` are open already.
  std::optional<Place> enter(Wake wake, std::size_t most);
  void leave(Place place);
  /// One that waits for a call is not counted with the others meanwhile: those that do must not keep out
  /// those that ask.
  void set_aside(bool waits);
  void wake_all();
  /// True when all have left in time.
  bool wait_until_empty(std::chrono::milliseconds time);

 private:
  std::mutex mutex_;
  std::condition_variable left_;
  std::list<Wake> open_;
  std::size_t waiting_ = 0;
};

/// Serves requests in the thread of the socket's executor, until either side ends the connection. It has its
/// place among the open ones when this returns.
void serve_connection(Socket socket, Shared& shared, Connections& connections);

}  // namespace suture::server
