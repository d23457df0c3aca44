// SPDX-License-Identifier: Apache-2.0
//
// Connections to one PostgreSQL server, shared by all that have something to ask. None is open before it is
// needed. One that the server closed, as it does when it restarts, is replaced when it would be used the next
// time. What was sent when it broke is not sent again: nobody knows whether it was done.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "postgresql/connection.h"

namespace suture::postgresql {

class Pool {
 public:
  /// What must be done with a database before anybody works on it. Asked again until it succeeds once.
  using SetUp = std::function<Result<void>(const Options&)>;
  explicit Pool(Options options, SetUp set_up = {})
      : options_(std::move(options)), set_up_(std::move(set_up)) {}

  /// Gives it back at the end of its life.
  class Lease {
   public:
    Lease(Lease&& other) noexcept
        : pool_(std::exchange(other.pool_, nullptr)), connection_(std::move(other.connection_)) {}
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      if (pool_ != nullptr) pool_->give_back(std::move(connection_));
    }
    Connection& operator*() const { return *connection_; }
    Connection* operator->() const { return connection_.get(); }

   private:
    friend class Pool;
    Lease(Pool& pool, std::unique_ptr<Connection> connection)
        : pool_(&pool), connection_(std::move(connection)) {}
    Pool* pool_;
    std::unique_ptr<Connection> connection_;
  };

  /// Waits a while when all are in use. After a failed try to connect, others fail alike for a second.
  Result<Lease> take();
  const Options& options() const { return options_; }

 private:
  using Clock = std::chrono::steady_clock;
  Result<void> make_ready();
  Result<std::unique_ptr<Connection>> connect();
  void give_back(std::unique_ptr<Connection> connection);

  Options options_;
  SetUp set_up_;
  std::mutex setting_up_;
  bool ready_ = false;

  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<Connection>> idle_;
  std::uint32_t open_ = 0;  ///< those that are idle, and those that are lent
  Error last_failure_{};
  Clock::time_point failing_until_{};
};

}  // namespace suture::postgresql
