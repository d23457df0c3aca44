// SPDX-License-Identifier: Apache-2.0
//
// The options of the command line that are about mails and webhooks.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "server/server.h"

namespace suture::server {

struct NotifyArguments {
  std::string mail_server;
  std::string mail_from;
  std::string mail_credentials;
  bool mail_without_tls = false;
  bool webhooks_without_tls = false;
  std::string ca;
  std::string fleet_name = "suture";
  unsigned settle_seconds = 20;

  void describe(CLI::App& app);
  /// Messages link to `public_url`; empty: nowhere.
  Result<NotifyOptions> options(const std::string& public_url) const;
};

}  // namespace suture::server
