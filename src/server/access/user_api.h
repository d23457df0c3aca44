// SPDX-License-Identifier: Apache-2.0
//
// The part of the API by which admins look after the people who may log in.
#pragma once

#include "server/call.h"

namespace suture::server {

Response list_users(const Call& call);
Response add_user(const Call& call);
Response change_user(const Call& call);
Response remove_user(const Call& call);
Response end_sessions_of_user(const Call& call);

}  // namespace suture::server
