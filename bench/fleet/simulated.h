// SPDX-License-Identifier: Apache-2.0
//
// Hosts that are not there: each has an id, an Ed25519 key and a kernel, all made from its number, so that
// any run knows the hosts of an earlier one. What they send is byte for byte what an agent sends.
#pragma once

#include <cstdint>
#include <string>

#include "base/ed25519.h"
#include "base/time.h"
#include "patchset/report.h"

namespace suture::bench {

std::string host_id(std::uint64_t number);
Result<Ed25519Private> host_key(std::uint64_t number);
/// Of a virtual server: some 12 CVEs closed, 60 modules loaded. `round` moves what moves between two checks
/// of a host to which nothing happened: uptime and the time of the check.
HostReport host_report(std::uint64_t number, std::uint64_t round);

/// The whole request: a report, signed with the host's key. `counter` must rise from report to report.
Result<std::string> report_request(std::uint64_t number, std::uint64_t round, Time created,
                                   std::int64_t counter, const std::string& authority);
/// How an agent looks whether the repository has changed. Without an `etag`, as it does for the first time.
std::string get_request(const std::string& path, const std::string& etag, const std::string& authority);

}  // namespace suture::bench
