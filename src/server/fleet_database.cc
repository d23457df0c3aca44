// SPDX-License-Identifier: Apache-2.0
#include "server/fleet_database.h"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "base/file.h"
#include "postgresql/postgresql.h"
#include "server/fleet/host_facts.h"
#include "server/schema.h"

namespace suture::server {
namespace {

/// On a connection beside the pool, which waits for this.
Result<void> set_up(const postgresql::Options& options) {
  postgresql::Options single = options;
  single.connections = 1;
  auto database = postgresql::open(std::make_shared<postgresql::Pool>(std::move(single)));
  TRY_IN(postgresql::describe(options.address), migrate(database));
  TRY_IN(postgresql::describe(options.address), HostFactsStore::fill(database));
  spdlog::info("connected to {}", postgresql::describe(options.address));
  return {};
}

}  // namespace

Result<FleetDatabase> FleetDatabase::at(const std::string& where, Access access) {
  if (!postgresql::is_address(where)) return FleetDatabase(std::filesystem::path(where));
  TRY(postgresql::check_address(where));
  return FleetDatabase(std::make_shared<postgresql::Pool>(
      postgresql::Options{
          .address = where, .password = std::move(access.password), .connections = access.connections},
      set_up));
}

Result<sql::Database> FleetDatabase::open(std::uint32_t page_limit) const {
  if (pool_) return postgresql::open(pool_);
  if (file_.has_parent_path()) TRY(make_directories(file_.parent_path()));
  auto database = TRY(sql::Database::open(file_, page_limit));
  TRY_IN(file_.string(), migrate(database));
  return database;
}

Result<sql::Database> FleetDatabase::open_as_it_is() const {
  if (!pool_) return sql::Database::open(file_);
  return postgresql::open(std::make_shared<postgresql::Pool>(pool_->options()));
}

Result<void> FleetDatabase::look() const {
  if (!pool_) return {};
  auto database = TRY(open());
  TRY_IN(text(), database.integer("SELECT count(*) FROM audit_end"));
  return {};
}

std::uint32_t FleetDatabase::most_at_once() const {
  // A call may need a second connection while it has one; nobody waits for ever as long as some are spare.
  constexpr std::uint32_t kSpare = 2;
  return pool_ ? std::max(pool_->options().connections, kSpare + 1) - kSpare : 1;
}

std::string FleetDatabase::text() const {
  return pool_ ? postgresql::describe(pool_->options().address) : file_.string();
}

}  // namespace suture::server
