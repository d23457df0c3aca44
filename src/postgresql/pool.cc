// SPDX-License-Identifier: Apache-2.0
#include "postgresql/pool.h"

namespace suture::postgresql {
namespace {

constexpr auto kWait = std::chrono::seconds(10);
constexpr auto kPause = std::chrono::seconds(1);

}  // namespace

Result<void> Pool::make_ready() {
  const std::lock_guard lock(setting_up_);
  if (ready_ || !set_up_) return {};
  {
    const std::lock_guard state(mutex_);
    if (Clock::now() < failing_until_) return std::unexpected(last_failure_);
  }
  if (auto done = set_up_(options_); !done) {
    const std::lock_guard state(mutex_);
    last_failure_ = done.error();
    failing_until_ = Clock::now() + kPause;
    return done;
  }
  ready_ = true;
  return {};
}

Result<Pool::Lease> Pool::take() {
  TRY(make_ready());
  std::unique_lock lock(mutex_);
  const auto can_go_on = [&] { return !idle_.empty() || open_ < options_.connections; };
  if (!returned_.wait_for(lock, kWait, can_go_on)) {
    return fail("store.unavailable", "use the database", "all connections to it are in use",
                "see what holds them, or allow more with --database-connections");
  }
  while (!idle_.empty()) {
    auto connection = std::move(idle_.back());
    idle_.pop_back();
    if (connection->is_alive()) return Lease(*this, std::move(connection));
    --open_;
  }
  if (Clock::now() < failing_until_) return std::unexpected(last_failure_);
  ++open_;
  lock.unlock();
  auto connection = Connection::open(options_);
  if (connection) return Lease(*this, *std::move(connection));
  lock.lock();
  --open_;
  last_failure_ = connection.error();
  failing_until_ = Clock::now() + kPause;
  returned_.notify_one();
  return std::unexpected(connection.error());
}

void Pool::give_back(std::unique_ptr<Connection> connection) {
  const bool fit =
      PQstatus(connection->raw()) == CONNECTION_OK && PQtransactionStatus(connection->raw()) == PQTRANS_IDLE;
  if (!fit) connection.reset();
  const std::lock_guard lock(mutex_);
  if (fit) {
    idle_.push_back(std::move(connection));
  } else {
    --open_;
  }
  returned_.notify_one();
}

}  // namespace suture::postgresql
