// SPDX-License-Identifier: Apache-2.0
//
// What update, revert, status and list-cves share: how to reach the agent. A running daemon does the work;
// without one, root does it here, by the same code under the same lock.
#pragma once

#include <memory>
#include <string>

#include "base/json_fwd.h"
#include "cli/command.h"

namespace suture::cli {

struct AgentOptions {
  std::string config;
};

/// Adds --config; the returned options are filled when the command line is parsed.
std::shared_ptr<AgentOptions> add_agent_options(CLI::App& command);

/// "update" or "revert": {"outcome": …, "status": …}; "check": without an outcome. Waits for its end.
Result<Json> request_change(const AgentOptions& options, std::string_view request);

/// The status. From a daemon that is busy or that the caller may not ask, it is read from the state folder
/// and the kernel instead, which any user may.
Result<Json> request_status(const AgentOptions& options);

/// "level 2 (suture_2), 3 CVEs closed", or why nothing is applied.
std::string describe_applied(const Json& status);

}  // namespace suture::cli
