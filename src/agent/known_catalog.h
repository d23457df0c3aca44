// SPDX-License-Identifier: Apache-2.0
//
// What the channel had for this kernel when the agent last looked: for questions that need no network and no
// rights.
#pragma once

#include <string>

#include "agent/config.h"
#include "repository/catalog.h"

namespace suture {

/// Without levels when the agent has never found any for it. It was verified when it was kept; its folder is
/// root's.
Result<Catalog> read_known_catalog(const AgentConfig& config, const std::string& build_id);

}  // namespace suture
