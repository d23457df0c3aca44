// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "fetch/fetcher.h"

namespace suture {

/// How to reach a server. What is empty is as libcurl has it: proxies from the environment (http_proxy,
/// https_proxy, no_proxy), the system's certificates.
struct HttpOptions {
  std::chrono::seconds connect{20};
  std::chrono::seconds whole{600};  ///< one request
  /// A peer that sends less than 100 bytes a second for this long is given up.
  std::chrono::seconds stalled{30};
  /// When the last request must have ended; nothing: each has `whole`.
  std::optional<std::chrono::steady_clock::time_point> end{};
  unsigned redirects = 3;     ///< that are followed; 0: a server that sends us elsewhere is one that fails
  std::uint64_t rate = 0;     ///< most bytes a second; 0: as fast as it goes
  std::string proxy{};        ///< URL
  std::string ca{};           ///< file with the certificates that servers are checked by, PEM
  std::string certificate{};  ///< the client's, PEM
  std::string certificate_key{};  ///< its private key, PEM
};

/// Proxy and certificates, onto a handle of libcurl's.
void set_way(void* curl, const HttpOptions& options);

/// Reads a repository from a URL with http, https or file. Keeps its connection between files. Not for two
/// threads at a time.
class HttpFetcher : public Fetcher {
 public:
  static Result<HttpFetcher> open(std::string base_url, HttpOptions options);
  static Result<HttpFetcher> open(std::string base_url) { return open(std::move(base_url), HttpOptions()); }
  Result<Bytes> fetch(const std::string& path, std::size_t max_length) override;
  Result<std::optional<Bytes>> fetch_if_changed(const std::string& path, std::size_t max_length,
                                                std::string& validator) override;
  /// Goes on where the connection broke, as long as each try brings something. A peer that is too slow is
  /// given up; the next call goes on from there.
  Result<void> fetch_file(const std::string& path, std::uint64_t length,
                          const std::filesystem::path& file) override;

  /// What the base URL itself answers to this query.
  Result<Bytes> ask(const std::vector<std::pair<std::string, std::string>>& query, std::size_t max_length);

  /// What went over the wire so far, headers included.
  struct Traffic {
    std::uint64_t requests = 0;
    std::uint64_t bytes = 0;
  };
  const Traffic& traffic() const { return traffic_; }

 private:
  struct Exchange;
  HttpFetcher(std::string base_url, HttpOptions options, std::shared_ptr<void> curl)
      : base_url_(std::move(base_url)), options_(std::move(options)), curl_(std::move(curl)) {}
  std::string url_of(const std::string& path) const;
  Result<void> perform(const std::string& url, Exchange& exchange);
  Result<void> resume(const std::string& path, std::uint64_t length, const std::filesystem::path& file,
                      bool& slow);

  std::string base_url_;
  HttpOptions options_;
  std::shared_ptr<void> curl_;
  Traffic traffic_;
};

}  // namespace suture
