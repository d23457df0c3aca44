// SPDX-License-Identifier: Apache-2.0
//
// An operator's urgent call reaches hosts that wait at another server on the same database. A repository that
// changed is seen by each server by itself.
#pragma once

#include <memory>
#include <string>

#include "server/fleet/wake.h"
#include "server/fleet_database.h"

namespace suture::postgresql {
class Listener;
}

namespace suture::server {

class WakeRelay {
 public:
  /// Nothing to do for a database that no other server works on. `board` must outlive it.
  WakeRelay(const FleetDatabase& database, WakeBoard& board);
  ~WakeRelay();

  /// Calls nobody any more.
  void end();
  /// Has the other servers call those who wait there.
  Result<void> tell();

 private:
  FleetDatabase database_;
  std::string name_;  ///< of this server, which need not listen to itself
  std::unique_ptr<postgresql::Listener> listener_{};
};

}  // namespace suture::server
