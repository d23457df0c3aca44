// SPDX-License-Identifier: Apache-2.0
#include "agent/metrics_answer.h"

#include <fmt/format.h>

#include "base/metrics_text.h"

namespace suture {
namespace {

constexpr const char* kText = "text/plain; charset=utf-8";

std::string answer(std::string_view status, std::string_view type, std::string_view body,
                   bool with_body = true, std::string_view headers = {}) {
  return fmt::format(
      "HTTP/1.1 {}\r\nContent-Type: {}\r\nContent-Length: {}\r\nCache-Control: no-store\r\n{}Connection: "
      "close\r\n\r\n{}",
      status, type, body.size(), headers, with_body ? body : "");
}

}  // namespace

bool is_request_complete(std::string_view received) {
  return received.find("\r\n\r\n") != std::string_view::npos ||
         received.find("\n\n") != std::string_view::npos || received.size() > kMostRequest;
}

std::string metrics_answer(std::string_view request, const std::function<Result<std::string>()>& metrics) {
  if (request.size() > kMostRequest) {
    return answer("431 Request Header Fields Too Large", kText, "the request is too long\n");
  }
  std::string_view line = request.substr(0, request.find('\n'));
  if (line.ends_with('\r')) line.remove_suffix(1);
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || first == last || !line.substr(last + 1).starts_with("HTTP/1.")) {
    return answer("400 Bad Request", kText, "this is no request of HTTP/1.1\n");
  }
  const std::string_view method = line.substr(0, first);
  const std::string_view target = line.substr(first + 1, last - first - 1);
  const bool head = method == "HEAD";
  if (!head && method != "GET") {
    return answer("405 Method Not Allowed", kText, "only GET and HEAD\n", true, "Allow: GET, HEAD\r\n");
  }
  if (target.substr(0, target.find('?')) != "/metrics") {
    return answer("404 Not Found", kText, "there is only /metrics\n", !head);
  }
  const auto text = metrics();
  if (!text) return answer("503 Service Unavailable", kText, text.error().message() + "\n", !head);
  return answer("200 OK", kMetricsType, *text, !head);
}

}  // namespace suture
