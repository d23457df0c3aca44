// SPDX-License-Identifier: Apache-2.0
//
// What the repository offers, and how the fleet stands to it.
#pragma once

#include "server/call.h"
#include "server/fleet/kinds.h"
#include "server/fleet/knowledge_board.h"

namespace suture::server {

Response list_targets(const Call& call);
Response show_target(const Call& call);
Response list_patchsets(const Call& call);
/// The fleet's numbers over time.
Response show_history(const Call& call);

/// Never null.
KnowledgeBoard::Snapshot knowledge_of(const Call& call);
/// {"safe": …, "exposed": …, "unknown": …}
Json exposures_json(const ExposureCounts& counts);

}  // namespace suture::server
