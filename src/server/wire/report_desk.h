// SPDX-License-Identifier: Apache-2.0
//
// Where reports are gathered: those that come while the database writes wait for its next turn, and share it.
// So one write to the disk is for as many reports as there are, and the busier the server, the cheaper each.
#pragma once

#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <mutex>
#include <vector>

#include "server/api.h"
#include "server/wire/io.h"

namespace suture::server {

class ReportDesk {
 public:
  using Done = std::function<void(Response)>;

  /// All that it is given must outlive it, and `database` must have ended before it goes. `done` holds a
  /// connection: close() comes before the connections' queues end.
  ReportDesk(const Api& api, boost::asio::thread_pool& database) : api_(api), database_(database) {}

  /// From any thread. `done` comes from the database's, once the report is on the disk, or refused.
  void hand_in(Api::Report report, Done done, const Executor& executor);
  /// Lets go of what nobody takes any more, once no thread works: who waits is of a queue that ends next.
  void close();

 private:
  /// Others want the database, too: after so many it is their turn.
  static constexpr std::size_t kMostAtOnce = 512;

  void work();

  const Api& api_;
  boost::asio::thread_pool& database_;
  std::mutex mutex_;
  std::vector<Api::Report> reports_;
  std::vector<Done> done_;
  bool called_ = false;
};

}  // namespace suture::server
