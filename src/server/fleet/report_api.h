// SPDX-License-Identifier: Apache-2.0
//
// Hosts report: which reports are taken, and how a host proves that one is its own. docs/server-api.md has
// the rules.
#pragma once

#include <variant>

#include "server/call.h"

namespace suture::server {

/// A report that was signed further off the server's clock is refused.
inline constexpr std::chrono::seconds kMostSkew = std::chrono::minutes(15);

/// What a request tells by itself: a report to be taken, or why there is none.
using ReadReport = std::variant<Incoming, Response>;
/// Asks no database, so that many can be read at a time.
ReadReport read_report(const Services& services, const Request& request, Store::Time now);
/// Once the store has said what it made of it.
Response answer_report(const Call& call, const Incoming& incoming, const Result<Admission>& admission);

/// Both, one report at a time. A server takes them together (report_desk.h).
Response take_report(const Call& call);

/// Whether a report says that it is of a host whose key is known. While the database cannot tell, it is not.
bool is_of_known_host(const Services& services, const Request& request);

}  // namespace suture::server
