// SPDX-License-Identifier: Apache-2.0
//
// Requests and responses as plain values: what the handlers know of HTTP. The wire is connection.cc's.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/json_fwd.h"
#include "patchset/report_signature.h"

namespace suture::server {

struct Route;

struct Request {
  std::string method;
  std::string target;  ///< as in the request line, still percent-encoded
  std::string body{};
  std::string content_type{};
  std::string content_encoding{};
  std::string authorization{};
  std::string accept_encoding{};
  std::string range{};
  std::string if_range{};
  std::string if_none_match{};
  std::string client{};  ///< address of the other end, or what a trusted proxy says it is
  std::string host{};    ///< as the client knows this server
  std::string cookie{};
  std::string csrf_token{};   ///< X-CSRF-Token
  std::string origin{};       ///< of the page that asks, as a browser says
  std::string fetch_site{};   ///< Sec-Fetch-Site
  ReportHeaders signature{};  ///< of a report
};

struct Response {
  int status = 200;
  std::map<std::string, std::string> headers{};
  std::string body{};
  std::string code{};            ///< of an error: its reason, to be counted
  const Route* route = nullptr;  ///< that answered, to be counted; null: none
};

/// A request's target, taken apart and percent-decoded.
struct Target {
  std::string path;  ///< starts with a slash; holds no NUL
  std::map<std::string, std::string> query;
};

/// "request.target" for a broken escape, a NUL, a key given twice, or anything that is not a path.
Result<Target> parse_target(std::string_view text);

/// The media type without parameters, in lower case: "application/json".
std::string media_type(std::string_view content_type);

Response json_response(int status, const Json& document);
/// {"error":{"code":…,"message":…}}
Response error_response(int status, std::string_view code, std::string_view message);

/// Whether an Authorization header carries this bearer token. Takes as long for every wrong one.
bool carries_token(std::string_view authorization, std::string_view token);

/// First and last byte, both included.
struct ByteRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  bool operator==(const ByteRange&) const = default;
};

enum class RangeKind { kWhole, kPart, kUnsatisfiable };
struct RangeChoice {
  RangeKind kind = RangeKind::kWhole;
  ByteRange range{};
};

/// What to send of `size` bytes for a Range header (RFC 9110, 14.2). Several ranges, other units and
/// malformed ones are answered with the whole, as the RFC allows.
RangeChoice choose_range(std::string_view header, std::uint64_t size);

/// Whether an If-None-Match header names `etag`, by weak comparison (RFC 9110, 13.1.2).
bool etag_listed(std::string_view header, std::string_view etag);

}  // namespace suture::server
