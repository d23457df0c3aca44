// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace suture::server {

/// How a message leaves the server.
enum class Way { kMail, kWebhook };

inline std::string_view name_of(Way way) {
  return way == Way::kMail ? "mail" : "webhook";
}

}  // namespace suture::server
