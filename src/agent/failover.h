// SPDX-License-Identifier: Apache-2.0
//
// Several servers of one repository. What they say is verified alike, whoever says it: a signed repository is
// the same everywhere, so the first whose answer holds is as good as any. One that is away, slow, behind or
// lying costs its share of the time, and a line in the log.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "base/error.h"

namespace suture {

struct Server {
  std::string url{};
  std::chrono::steady_clock::time_point end{};  ///< what it has not given by then, another one is asked for
};

/// Goes through the servers until one does; hands back which. With one server its error is handed back as it
/// is; with several, "repository.no-server" names each and its reason. What is wrong on this host ends it: no
/// other server can mend that.
Result<std::string> try_servers(const std::vector<std::string>& urls, std::chrono::seconds time,
                                const std::function<Result<void>(const Server&)>& attempt);

/// Whether the error says that this host, rather than the server, is at fault.
bool is_of_this_host(const Error& error);

}  // namespace suture
