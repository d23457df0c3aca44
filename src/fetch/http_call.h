// SPDX-License-Identifier: Apache-2.0
//
// One request to a web interface and its whole answer, whatever its status: where HttpFetcher reads files,
// this talks. No redirects: who is asked is who answers.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fetch/http_fetcher.h"

namespace suture {

struct HttpAnswer {
  int status = 0;
  std::string body{};
};

struct HttpForm {
  std::vector<std::pair<std::string, std::string>> fields{};
  std::string user{};  ///< HTTP Basic; empty: none
  std::string password{};
};

/// "http.unreachable" when no answer came, "http.too-large" for one of more than `limit` bytes.
Result<HttpAnswer> http_get(const std::string& url, const HttpOptions& options, std::size_t limit);
Result<HttpAnswer> http_post(const std::string& url, const HttpForm& form, const HttpOptions& options,
                             std::size_t limit);

/// "a b" → "a%20b": all but the unreserved characters of RFC 3986.
std::string url_encoded(std::string_view text);

}  // namespace suture
