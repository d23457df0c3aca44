// SPDX-License-Identifier: Apache-2.0
#include "database_arguments.h"

#include "base/file.h"

namespace suture::server {
namespace {

constexpr std::size_t kMostPassword = 4096;

Result<std::string> read_password(const std::string& file) {
  std::string password = TRY(read_text_file(file, kMostPassword));
  while (!password.empty() && (password.back() == '\n' || password.back() == '\r')) password.pop_back();
  if (password.empty() || password.find('\0') != password.npos) {
    return fail("server.database", "read the password in " + file, "it is not one line of text");
  }
  return password;
}

}  // namespace

void describe(CLI::App& app, DatabaseArguments& arguments) {
  app.add_option("--database", arguments.where,
                 "The fleet: a file of SQLite's, made when absent, or postgresql://USER@HOST/NAME")
      ->type_name("FILE|ADDRESS")
      ->capture_default_str();
  app.add_option("--database-password-file", arguments.password_file,
                 "File with the password for PostgreSQL; without it, what libpq finds")
      ->type_name("FILE");
  app.add_option("--database-connections", arguments.connections, "Most connections to PostgreSQL")
      ->type_name("N")
      ->check(CLI::Range(3, 1000))
      ->capture_default_str();
}

Result<FleetDatabase> database_of(const DatabaseArguments& arguments) {
  FleetDatabase::Access access{.connections = arguments.connections};
  if (!arguments.password_file.empty()) access.password = TRY(read_password(arguments.password_file));
  return FleetDatabase::at(arguments.where, std::move(access));
}

}  // namespace suture::server
