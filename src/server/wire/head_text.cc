// SPDX-License-Identifier: Apache-2.0
#include "server/wire/head_text.h"

#include <fmt/chrono.h>

#include <boost/beast/http/status.hpp>
#include <ctime>

namespace suture::server {
namespace {

/// Of this second (RFC 9110, 5.6.7).
const std::string& date_now() {
  thread_local std::time_t written = 0;
  thread_local std::string text;
  if (const std::time_t now = std::time(nullptr); now != written) {
    written = now;
    text = fmt::format("{:%a, %d %b %Y %H:%M:%S GMT}", fmt::gmtime(now));
  }
  return text;
}

}  // namespace

std::string head_text(const Response& response, std::uint64_t length, bool keep_alive) {
  namespace http = boost::beast::http;
  const auto reason = http::obsolete_reason(static_cast<http::status>(response.status));
  std::string text;
  text.reserve(768);
  text.append("HTTP/1.1 ").append(std::to_string(response.status)).append(" ").append(reason);
  text.append("\r\nServer: suture-server\r\nDate: ").append(date_now()).append("\r\n");
  for (const auto& [name, value] : response.headers) {
    text.append(name).append(": ").append(value).append("\r\n");
  }
  if (response.status != 304 && response.status != 204) {
    text.append("Content-Length: ").append(std::to_string(length)).append("\r\n");
  }
  if (!keep_alive) text.append("Connection: close\r\n");
  return text.append("\r\n");
}

}  // namespace suture::server
