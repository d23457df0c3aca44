// SPDX-License-Identifier: Apache-2.0
//
// Vulnerabilities: of the whole fleet, of one by itself, and of one host.
#pragma once

#include "server/call.h"

namespace suture::server {

Response list_cves(const Call& call);
/// "Where are we still open?"
Response show_cve(const Call& call);
/// Of one host.
Response list_advisories(const Call& call);

}  // namespace suture::server
