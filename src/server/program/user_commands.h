// SPDX-License-Identifier: Apache-2.0
//
// `suture-server user …`: the people who may log in, on the machine where the database is.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "database_arguments.h"
#include "server/access/user_store.h"

namespace suture::server {

class UserCommands {
 public:
  /// As AccessCommands.
  UserCommands(CLI::App& app, const DatabaseArguments& database);
  std::optional<Result<void>> run();

 private:
  Result<void> add();
  Result<void> list();
  Result<void> set_password();
  Result<void> set_disabled(bool disabled);
  Result<void> remove();
  Result<void> set_totp();
  Result<void> change(const UserChange& change, std::string_view done);

  const DatabaseArguments& database_;
  CLI::App* add_;
  CLI::App* list_;
  CLI::App* password_;
  CLI::App* disable_;
  CLI::App* enable_;
  CLI::App* totp_;
  CLI::App* remove_;
  std::string name_;
  std::string role_;
  std::vector<std::string> scopes_;
  bool off_ = false;
  bool json_ = false;
};

}  // namespace suture::server
