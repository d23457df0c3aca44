// SPDX-License-Identifier: Apache-2.0
//
// Where bytes come from: a repository, or what announces vulnerabilities. What they are worth is the business
// of who asks. The reason codes begin with "repository." for all of them.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/file.h"

namespace suture {

class Fetcher {
 public:
  virtual ~Fetcher() = default;
  /// The file at `path` below the repository. "repository.absent" when there is no such file,
  /// "repository.too-large" as soon as more than `max_length` bytes come.
  virtual Result<Bytes> fetch(const std::string& path, std::size_t max_length) = 0;

  /// The same, or nothing when it has not changed since the answer that `validator` came with (an entity tag
  /// or a time, RFC 9110, 8.8; empty: none came yet). Replaces the validator.
  virtual Result<std::optional<Bytes>> fetch_if_changed(const std::string& path, std::size_t max_length,
                                                        std::string& validator) {
    validator.clear();
    return TRY(fetch(path, max_length));
  }

  /// A large file of `length` bytes into `file`, whose bytes so far are taken for its beginning: what an
  /// earlier try left. Errors leave there what came.
  virtual Result<void> fetch_file(const std::string& path, std::uint64_t length,
                                  const std::filesystem::path& file) {
    return write_file(file, TRY(fetch(path, length)));
  }
};

/// A repository in a folder of this machine.
class FolderFetcher : public Fetcher {
 public:
  explicit FolderFetcher(std::filesystem::path folder) : folder_(std::move(folder)) {}
  Result<Bytes> fetch(const std::string& path, std::size_t max_length) override;

 private:
  std::filesystem::path folder_;
};

}  // namespace suture
