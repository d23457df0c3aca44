// SPDX-License-Identifier: Apache-2.0
#include "server/call.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>

#include "base/json.h"

namespace suture::server {

namespace {

int status_of(std::string_view code) {
  constexpr std::array<std::string_view, 3> kConflicts{"group.too-many", "user.last-admin", "user.last"};
  if (code == "json.too-large") return 413;
  if (code == "user.hash") return 503;
  const bool conflict = code.ends_with(".exists") || std::ranges::find(kConflicts, code) != kConflicts.end();
  return conflict ? 409 : 400;
}

}  // namespace

Response answer(const Result<Json>& json) {
  return json ? json_response(200, *json) : response_for(json.error());
}

Response response_for(const Error& error) {
  if (error.code.starts_with("store.") && error.code != "store.text") {
    spdlog::error("{}", error.message());
    Response response = error_response(503, error.code, "the server cannot use its database now; try later");
    response.headers["Retry-After"] = "60";
    return response;
  }
  return error_response(status_of(error.code), error.code, error.what + ": " + error.why);
}

Response no_path() {
  return error_response(404, "request.path", "there is nothing at this path");
}

std::optional<Response> refuse_media_type(const Request& request, std::string_view what) {
  if (media_type(request.content_type) == "application/json" && request.content_encoding.empty()) {
    return std::nullopt;
  }
  return error_response(415, "request.media-type",
                        std::string(what) + " is application/json, without an encoding");
}

}  // namespace suture::server
