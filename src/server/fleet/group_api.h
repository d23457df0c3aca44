// SPDX-License-Identifier: Apache-2.0
//
// Tags and groups (groups.h), and hosts that are gone for good.
#pragma once

#include "server/call.h"

namespace suture::server {

Response list_groups(const Call& call);
Response show_group(const Call& call);
Response put_group(const Call& call);
Response remove_group(const Call& call);
Response put_tags(const Call& call);
/// Forgets a host with all that was known of it, its key included.
Response remove_host(const Call& call);

}  // namespace suture::server
