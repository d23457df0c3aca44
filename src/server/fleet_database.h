// SPDX-License-Identifier: Apache-2.0
//
// Where the fleet is kept: in a file of SQLite's, or in a database of a PostgreSQL server, on which several
// servers may work at the same time. Copies of one share its connections.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "database/database.h"

namespace suture::postgresql {
class Pool;
}

namespace suture::server {

class FleetDatabase {
 public:
  /// A file; ":memory:" keeps all in memory, of whoever opens it.
  FleetDatabase(std::filesystem::path file) : file_(std::move(file)) {}
  FleetDatabase(const char* file) : file_(file) {}

  struct Access {
    std::string password{};         ///< of a PostgreSQL server; empty: as libpq finds one
    std::uint32_t connections = 8;  ///< most at a time to a PostgreSQL server
  };
  /// "postgresql://user@host/db", else a file; "server.database" for an address that is none.
  static Result<FleetDatabase> at(const std::string& where, Access access);

  /// With the schema of this program. The file is made where there is none. A PostgreSQL server is not asked
  /// before there is something to ask, and may be away until then; its schema is seen to at the first time.
  Result<sql::Database> open(std::uint32_t page_limit = 0) const;
  /// As open(), without looking at the schema.
  Result<sql::Database> open_as_it_is() const;

  /// That it is there and ours, where that was not seen by opening it.
  Result<void> look() const;

  /// Whether other servers may work on it, too.
  bool is_shared() const { return pool_ != nullptr; }
  /// How many calls get on at the same time.
  std::uint32_t most_at_once() const;
  /// For people, without anything secret.
  std::string text() const;
  /// Empty for a PostgreSQL server's.
  const std::filesystem::path& file() const { return file_; }
  const std::shared_ptr<postgresql::Pool>& pool() const { return pool_; }

 private:
  explicit FleetDatabase(std::shared_ptr<postgresql::Pool> pool) : pool_(std::move(pool)) {}
  std::filesystem::path file_{};
  std::shared_ptr<postgresql::Pool> pool_{};
};

}  // namespace suture::server
