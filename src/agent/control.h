// SPDX-License-Identifier: Apache-2.0
//
// How `suture` asks the daemon: one connection to a UNIX socket, one line of JSON
// {"request":"update"|"revert"|"status"}, one JSON document back: {"result":…} or {"error":{…}}. Who may ask
// for what, agent/control_socket.h says.
#pragma once

#include <chrono>
#include <filesystem>

#include "agent/agent.h"
#include "agent/control_socket.h"
#include "base/json_fwd.h"

namespace suture {

/// Does what a request asks for. The same words serve a `suture` that works without a daemon.
Result<Json> handle_request(Agent& agent, std::string_view request);

Json to_json(const AgentStatus& status);

/// Asks the daemon. "control.absent" when none listens there, "control.denied" when the caller may not,
/// "control.busy" when it has too many others.
Result<Json> ask_daemon(const std::filesystem::path& socket, std::string_view request,
                        std::chrono::seconds timeout);

}  // namespace suture
