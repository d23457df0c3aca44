// SPDX-License-Identifier: Apache-2.0
//
// Receivers, and the messages that are on their way to them, on a connection of their own to the fleet's
// database. Several servers may work on one database: of what happened each receiver's messages are made
// once, and each is delivered by one server at a time. A server that dies meanwhile leaves a claim that runs
// out; then the message goes again, under the same id. So each arrives at least once.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "database/database.h"
#include "server/fleet/store.h"
#include "server/fleet_database.h"
#include "server/notify/message.h"
#include "server/notify/receiver.h"

namespace suture::server {

/// When messages are made and tried.
struct OutboxTimes {
  /// What belongs together happens together: a message waits so long for more of it.
  std::chrono::seconds settle{20};
  /// A transaction may show an event after one with a higher number. Older ones than this are all there.
  std::chrono::seconds lag{5};
  std::chrono::seconds critical{
      60};                         ///< what is critical waits no longer than this for the receiver's interval
  std::chrono::seconds claim{60};  ///< nobody else may try meanwhile
  /// After each try that failed; with none left the message is dead.
  std::vector<std::chrono::seconds> retries{
      std::chrono::seconds(5),  std::chrono::seconds(30), std::chrono::minutes(2), std::chrono::minutes(5),
      std::chrono::minutes(15), std::chrono::minutes(30), std::chrono::hours(1),   std::chrono::hours(2),
      std::chrono::hours(4),    std::chrono::hours(8)};
  std::chrono::hours kept{30 * 24};  ///< what was sent or is dead
};

/// What the messages say of the fleet.
struct FleetName {
  std::string name = "suture";
  std::string link{};  ///< of the server's page; empty: unknown
};

struct AddedReceiver {
  Receiver receiver{};
  std::string secret{};  ///< of a webhook, to be shown once
};

/// A message that is this server's to deliver, for as long as its claim holds.
struct Claimed {
  std::int64_t number = 0;
  std::string claim{};
  std::int64_t attempt = 0;  ///< from 1
  std::string message{};     ///< as to_json() wrote it
  Receiver receiver{};
};

/// As the API shows it.
struct OutboxRow {
  std::int64_t number = 0;
  std::string id{};
  std::string created_at{};
  std::string state{};  ///< "waiting", "sent", "dead"
  std::int64_t attempts = 0;
  std::string next_at{};   ///< when it waits
  std::string error{};     ///< of the last try that failed
  std::string ended_at{};  ///< when it was sent, or given up
};

struct OutboxCounts {
  std::int64_t waiting = 0;
  std::int64_t dead = 0;
};

class Outbox {
 public:
  /// As Store::open().
  static Result<Outbox> open(const FleetDatabase& where, StoreLimits limits = {}, OutboxTimes times = {},
                             FleetName fleet = {});

  /// "notify.exists". What happened before is not told.
  Result<AddedReceiver> add(const NewReceiver& wanted, std::string_view who, Store::Time now);
  Result<std::optional<Receiver>> remove(std::int64_t id, std::string_view who, Store::Time now);
  Result<std::optional<Receiver>> receiver(std::int64_t id);
  /// In the order in which they were made.
  Result<Page<Receiver>> receivers(std::int64_t after, std::uint32_t limit);
  /// Newest first; an empty state is all of them.
  Result<Page<OutboxRow>> messages(std::int64_t receiver, std::string_view state, std::int64_t before,
                                   std::uint32_t limit);
  /// Of one receiver.
  Result<OutboxCounts> counts(std::int64_t receiver);
  /// A message that tells nothing; its id.
  Result<std::string> put_test(const Receiver& receiver, std::string_view who, Store::Time now);
  /// Dead ones wait again; how many.
  Result<std::int64_t> revive(const Receiver& receiver, std::string_view who, Store::Time now);

  /// Makes the messages that are due; how many.
  Result<std::int64_t> gather(Store::Time now);
  /// The next one that is due, with the claim on it; nothing when there is none, or somebody is at it.
  Result<std::optional<Claimed>> claim(Store::Time now);
  /// What came of it; an empty error for one that was sent. Whether the claim still held. `give_up`: no
  /// retry.
  Result<bool> finish(const Claimed& claimed, std::string_view error, bool give_up, Store::Time now);
  /// Drops what ended long ago.
  Result<void> clean(Store::Time now);

 private:
  Outbox(sql::Database database, OutboxTimes times, FleetName fleet)
      : database_(std::move(database)), times_(std::move(times)), fleet_(std::move(fleet)) {}
  Result<std::vector<Receiver>> read_receivers(std::string_view rest, std::int64_t value, std::int64_t limit);
  Result<bool> gather_for(const Receiver& receiver, Store::Time now);
  Result<bool> is_due(const Receiver& receiver, Store::Time now);
  Result<void> put(const Receiver& receiver, const Message& message, Store::Time now);

  std::unique_ptr<std::mutex> turn_ = std::make_unique<std::mutex>();
  sql::Database database_;
  OutboxTimes times_;
  FleetName fleet_;
};

}  // namespace suture::server
