// SPDX-License-Identifier: Apache-2.0
//
// Options by which the server and its commands find the database.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>

#include "server/fleet_database.h"

namespace suture::server {

struct DatabaseArguments {
  std::string where = "/var/lib/suture-server/fleet.db";
  std::string password_file{};
  std::uint32_t connections = 8;
};

/// `arguments` must outlive `app`.
void describe(CLI::App& app, DatabaseArguments& arguments);

/// "server.database" for an address that is none, or a password file that is empty.
Result<FleetDatabase> database_of(const DatabaseArguments& arguments);

}  // namespace suture::server
