// SPDX-License-Identifier: Apache-2.0
//
// `suture-server rollout …`: rollouts on the machine where the database is. A server that runs on it follows
// within a second.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "database_arguments.h"
#include "server/rollout/rollout_store.h"

namespace suture::server {

class RolloutCommands {
 public:
  /// As AccessCommands; `repository` is where --repository puts its value, and must outlive this, too.
  RolloutCommands(CLI::App& app, const DatabaseArguments& database, const std::string& repository);
  /// Runs the one that the parsed command line names; nothing when it names none.
  std::optional<Result<void>> run();

 private:
  CLI::App* add(CLI::App& group, const char* name, const char* what);
  Result<void> list();
  Result<void> show();
  Result<void> start();
  Result<void> approve();
  Result<void> obey(RolloutCommand command);
  Result<void> explain();
  Result<void> policies();
  Result<void> set_policy();
  Result<void> remove_policy();
  Result<TargetLevels> levels(const std::string& channel) const;
  Result<void> print(RolloutStore& store, const std::optional<Rollout>& rollout) const;

  const DatabaseArguments& database_;
  const std::string& repository_;
  struct Named {
    CLI::App* app;
    Result<void> (RolloutCommands::*run)();
  };
  std::vector<Named> commands_;
  std::vector<std::pair<CLI::App*, RolloutCommand>> orders_;
  std::int64_t id_ = 0;
  std::string policy_;
  std::string file_;
  std::string host_;
  std::string channel_;
  bool again_ = false;
  bool urgent_ = false;
  bool json_ = false;
};

}  // namespace suture::server
