// SPDX-License-Identifier: Apache-2.0
//
// What became of each kernel of a fleet: a table and what is to be said of single ones, or a document.
#pragma once

#include <string>
#include <vector>

#include "base/json_fwd.h"
#include "build/fleet.h"

namespace suture::cli {

std::string fleet_text(const std::vector<FleetResult>& results);
Json fleet_json(const std::vector<FleetResult>& results);

}  // namespace suture::cli
