// SPDX-License-Identifier: Apache-2.0
//
// Where a repository's bytes come from. What they are worth is the verifier's business.
#pragma once

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
};

}  // namespace suture
