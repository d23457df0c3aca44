// SPDX-License-Identifier: Apache-2.0
//
// What is known of hosts, for those who may read it.
#pragma once

#include "server/call.h"

namespace suture::server {

Response list_hosts(const Call& call);
Response show_host(const Call& call);
Response list_reports(const Call& call);
Response show_summary(const Call& call);

/// 32 lower-case hexadecimal digits.
bool is_host_id(std::string_view text);
/// 404: no such host.
Response no_host();

}  // namespace suture::server
