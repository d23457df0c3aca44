// SPDX-License-Identifier: Apache-2.0
//
// `suture-server backup FILE` and `suture-server restore FILE`.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "base/error.h"
#include "database_arguments.h"

namespace suture::server {

class BackupCommands {
 public:
  /// Adds them to the program's command line. Both must outlive this.
  BackupCommands(CLI::App& app, const DatabaseArguments& database);
  /// Runs the one that the parsed command line names; nothing when it names none.
  std::optional<Result<void>> run();

 private:
  Result<void> back_up();
  Result<void> restore();

  const DatabaseArguments& database_;
  CLI::App* backup_;
  CLI::App* restore_;
  std::string file_;
  bool json_ = false;
};

}  // namespace suture::server
