// SPDX-License-Identifier: Apache-2.0
//
// The part of the API by which people log in and out and look after their own account.
#pragma once

#include "server/access/login.h"
#include "server/call.h"

namespace suture::server {

Response log_in(const Call& call);
Response show_login_ways(const Call& call);
Response show_session(const Call& call);
Response log_out(const Call& call);
Response change_own_password(const Call& call);

/// The answer to a login, or a password that was asked for once more, which was not the right one.
Response refuse_login(const Call& call, const std::string& name, LoginRefusal why);
/// A session for somebody who has shown who they are: with its cookie, and in the audit log. An earlier one
/// of this browser ends.
Response begin_session(const Call& call, const User& user, std::string_view way, Response response);

}  // namespace suture::server
