// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/agent.h"
#include "scanner/scanned_host.h"

namespace suture {

/// This host as scanners are told of it, now. Reads the kernel's changelog, which takes a moment: for
/// commands, not for the daemon. Any user may who may read the state folder.
Result<ScannedHost> read_scanned_host(const Agent& agent, const Engine& engine);

}  // namespace suture
