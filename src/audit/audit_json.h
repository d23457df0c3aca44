// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "audit/audit.h"
#include "base/json_fwd.h"

namespace suture {

/// As docs/schemas/audit.schema.json has it.
Json to_json(const Audit& audit);

/// How many of the findings are so.
std::size_t count(const Audit& audit, Standing standing);

}  // namespace suture
