// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace suture::server {

/// docs/openapi.json, as it was when this was built.
extern const std::string_view kOpenApi;

}  // namespace suture::server
