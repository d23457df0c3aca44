// SPDX-License-Identifier: Apache-2.0
//
// `suture-server token …` and `suture-server audit`: commands on the machine where the database is. They work
// while the server runs, and before it ever did.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "database_arguments.h"

namespace suture::server {

class AccessCommands {
 public:
  /// Adds them to the program's command line. Both must outlive this.
  AccessCommands(CLI::App& app, const DatabaseArguments& database);
  /// Runs the one that the parsed command line names; nothing when it names none.
  std::optional<Result<void>> run();

 private:
  Result<void> add_token();
  Result<void> list_tokens();
  Result<void> revoke_token();
  Result<void> show_audit();

  const DatabaseArguments& database_;
  CLI::App* add_;
  CLI::App* list_;
  CLI::App* revoke_;
  CLI::App* audit_;
  std::string name_;
  std::string role_;
  std::vector<std::string> scopes_;
  std::string expires_;
  std::string which_;
  std::string known_;
  bool verify_ = false;
  bool json_ = false;
};

}  // namespace suture::server
