// SPDX-License-Identifier: Apache-2.0
#include "agent/failover.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "agent/log.h"

namespace suture {

bool is_of_this_host(const Error& error) {
  constexpr std::array<std::string_view, 3> kHere = {"repository.no-root", "repository.bad-channel",
                                                     "repository.bad-distribution"};
  return error.code.starts_with("file.") || error.code.starts_with("agent.") ||
         std::ranges::find(kHere, error.code) != kHere.end();
}

Result<std::string> try_servers(const std::vector<std::string>& urls, std::chrono::seconds time,
                                const std::function<Result<void>(const Server&)>& attempt) {
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + time;
  std::string reasons;
  Error last;
  for (std::size_t i = 0; i < urls.size(); i++) {
    const auto share = std::max(end - Clock::now(), Clock::duration::zero()) / (urls.size() - i);
    const auto done = attempt({urls[i], Clock::now() + share});
    if (done) return urls[i];
    last = done.error();
    if (urls.size() == 1 || is_of_this_host(last)) return std::unexpected(last);
    log_warning("server " + urls[i] + ": " + last.message());
    reasons += (reasons.empty() ? "" : "; ") + urls[i] + ": " + last.why + " [" + last.code + "]";
  }
  return fail("repository.no-server", "ask the repository's " + std::to_string(urls.size()) + " servers",
              reasons, last.hint);
}

}  // namespace suture
