// SPDX-License-Identifier: Apache-2.0
//
// What `suture repo` and `suture publish` have in common: keys, expiries, signatures that are made elsewhere.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "base/json_fwd.h"
#include "cli/available_json.h"
#include "repository/owned.h"

namespace suture::cli {

struct PublisherOptions {
  std::string repository;
  std::string keys;
  std::string passphrase_file;
  bool encrypt = false;  ///< new keys
  std::string request;
  std::vector<std::string> expiries;  ///< "timestamp=2d"
};

/// --keys, --passphrase-file, --request and --expires; each command names the repository in its own way.
void add_publisher_options(CLI::App& command, PublisherOptions& options);
/// --encrypt, for commands that make keys.
void add_encrypt_option(CLI::App& command, PublisherOptions& options);

/// "publish.malformed-expiry" for an --expires that cannot be read.
Result<PublisherContext> publisher_context(const PublisherOptions& options);
/// From a file, or typed on the terminal. For commands with keys and no repository.
Passphrase passphrase_of(const PublisherOptions& options);

/// "12h", "30d", or a number of days.
Result<std::chrono::seconds> parse_span(std::string_view text);

/// Says what became of a change: published, or whose signatures it waits for. The exit status.
int tell_committed(const Committed& committed, const PublisherOptions& options);
Json to_json(const Committed& committed, const PublisherOptions& options);

}  // namespace suture::cli
