// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "repository/fetcher.h"

namespace suture {

/// Reads a repository from a URL with http, https or file. Keeps its connection between files. Not for two
/// threads at a time.
class HttpFetcher : public Fetcher {
 public:
  struct Limits {
    std::chrono::seconds connect{20};
    std::chrono::seconds whole{600};  ///< one file
    /// A peer that sends less than 100 bytes a second for this long is given up.
    std::chrono::seconds stalled{30};
  };
  static Result<HttpFetcher> open(std::string base_url, Limits limits);
  static Result<HttpFetcher> open(std::string base_url) { return open(std::move(base_url), Limits()); }
  Result<Bytes> fetch(const std::string& path, std::size_t max_length) override;

 private:
  HttpFetcher(std::string base_url, Limits limits, std::shared_ptr<void> curl)
      : base_url_(std::move(base_url)), limits_(limits), curl_(std::move(curl)) {}
  std::string base_url_;
  Limits limits_;
  std::shared_ptr<void> curl_;
};

}  // namespace suture
