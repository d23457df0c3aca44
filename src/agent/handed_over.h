// SPDX-License-Identifier: Apache-2.0
//
// How the repository's bytes reach the privileged process. The process without privileges downloads and
// checks first, but it may be in the hands of whoever fed it: nothing that it says decides what is loaded
// into the kernel. So it leaves every file that it fetched in a folder, and the privileged process goes
// through the same verification (repository/client.h), from its own state and with that folder for a server.
// What it parses there before a signature is known to be good is JSON of bounded size and depth, and no more.
#pragma once

#include <filesystem>

#include "fetch/fetcher.h"

namespace suture {

/// Keeps a copy of each small file that passes. Payloads, which fetch_file() fetches, it does not keep.
class KeepingFetcher : public Fetcher {
 public:
  KeepingFetcher(Fetcher& inner, std::filesystem::path folder) : inner_(inner), folder_(std::move(folder)) {}
  Result<Bytes> fetch(const std::string& path, std::size_t max_length) override;
  Result<std::optional<Bytes>> fetch_if_changed(const std::string& path, std::size_t max_length,
                                                std::string& validator) override;
  Result<void> fetch_file(const std::string& path, std::uint64_t length,
                          const std::filesystem::path& file) override {
    return inner_.fetch_file(path, length, file);
  }

 private:
  Fetcher& inner_;
  std::filesystem::path folder_;
};

/// Reads such copies. What is not among them has not changed, or is not there. "agent.hand-over" for anything
/// but a plain file.
class HandedOverFetcher : public Fetcher {
 public:
  explicit HandedOverFetcher(std::filesystem::path folder) : folder_(std::move(folder)) {}
  Result<Bytes> fetch(const std::string& path, std::size_t max_length) override;
  Result<std::optional<Bytes>> fetch_if_changed(const std::string& path, std::size_t max_length,
                                                std::string& validator) override;

 private:
  std::filesystem::path folder_;
};

}  // namespace suture
