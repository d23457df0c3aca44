// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/call.h"

namespace suture::server {

/// The description of all of this, for programs.
Response show_openapi(const Call& call);

}  // namespace suture::server
