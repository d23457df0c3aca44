// SPDX-License-Identifier: Apache-2.0
//
// As much of HTTP/1.1 as a scrape needs: one GET or HEAD of /metrics a connection.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace suture {

inline constexpr std::size_t kMostRequest = 8u << 10;

/// A request's head has come to its end, or is longer than one may be: it can be answered.
bool is_request_complete(std::string_view received);

/// The whole answer. `metrics` is called only for a request that asks for them; its error makes a 503.
std::string metrics_answer(std::string_view request, const std::function<Result<std::string>()>& metrics);

}  // namespace suture
