// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "server/wire/http.h"

namespace suture::server {

/// Status line and headers of a response whose body has so many bytes, the blank line included.
std::string head_text(const Response& response, std::uint64_t length, bool keep_alive);

}  // namespace suture::server
