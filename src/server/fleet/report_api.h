// SPDX-License-Identifier: Apache-2.0
//
// Hosts report: which reports are taken, and how a host proves that one is its own. docs/server-api.md has
// the rules.
#pragma once

#include "server/call.h"

namespace suture::server {

/// A report that was signed further off the server's clock is refused.
inline constexpr std::chrono::seconds kMostSkew = std::chrono::minutes(15);

Response take_report(const Call& call);

/// Whether a report says that it is of a host whose key is known. While the database cannot tell, it is not.
bool is_of_known_host(const Call& call);

}  // namespace suture::server
