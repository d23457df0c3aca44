// SPDX-License-Identifier: Apache-2.0
//
// How a browser shows that it holds a session, and that it is our page which asks.
//
// The secret is in a cookie that no script reads and no other site has sent along. Since a browser sends it
// whoever made it ask, a request that changes something must also carry the session's token in a header,
// which only a page of ours can know, and must not say that it comes from elsewhere. API tokens are sent by
// nobody unasked, so none of this is for them.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "server/access/people.h"
#include "server/wire/http.h"

namespace suture::server {

/// The session's secret in a request; empty: none.
std::string_view session_secret(const Request& request, const LoginPolicy& policy);
/// For Set-Cookie. Browsers take the name "__Host-…" only from https, for this very host and all paths.
std::string session_cookie(std::string_view secret, std::chrono::seconds life, const LoginPolicy& policy);
/// For Set-Cookie: none any more.
std::string no_session_cookie(const LoginPolicy& policy);

/// As the session's, for the time that a browser is at the identity provider. It comes back from there, so
/// this cookie must be sent along then.
std::string_view sign_on_secret(const Request& request, const LoginPolicy& policy);
std::string sign_on_cookie(std::string_view secret, const LoginPolicy& policy);

/// Whether a method may change something (RFC 9110, 9.2.1).
bool changes_something(std::string_view method);
/// Whether Origin and Sec-Fetch-Site, where a browser sends them, say that the page is ours.
bool is_from_our_page(const Request& request, const LoginPolicy& policy);
/// Whether a password may travel this way: in TLS, or without leaving the machine.
bool may_carry_passwords(const Request& request, const LoginPolicy& policy);

}  // namespace suture::server
