// SPDX-License-Identifier: Apache-2.0
//
// What `suture repo` and `suture publish` have in common: keys, expiries, and how a patchset is shown.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "base/json.h"
#include "repository/publisher.h"

namespace suture::cli {

struct PublisherOptions {
  std::string repository;
  std::string keys;
  std::vector<std::string> expiries;  ///< "timestamp=2d"
};

/// --keys and --expires; each command names the repository in its own way.
void add_publisher_options(CLI::App& command, PublisherOptions& options);

/// "publish.malformed-expiry" for an --expires that cannot be read.
Result<PublisherContext> publisher_context(const PublisherOptions& options);

Json to_json(const AvailablePatchset& patchset);

}  // namespace suture::cli
