// SPDX-License-Identifier: Apache-2.0
//
// How a patchset of a channel is shown to programs, by who publishes and by who asks what there is.
#pragma once

#include "base/json_fwd.h"
#include "repository/catalog.h"

namespace suture::cli {

Json to_json(const AvailablePatchset& patchset);

}  // namespace suture::cli
