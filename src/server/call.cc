// SPDX-License-Identifier: Apache-2.0
#include "server/call.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <utility>

#include "base/json.h"

namespace suture::server {
namespace {

/// What the client did wrong is 400 where nothing else says it better.
int status_of(std::string_view code) {
  constexpr std::pair<std::string_view, int> kStatus[] = {
      {"group.too-many", 409},      {"user.last-admin", 409},      {"user.last", 409},
      {"rollout.state", 409},       {"rollout.approvals", 409},    {"rollout.approved-twice", 409},
      {"rollout.nothing-new", 409}, {"rollout.too-many", 409},     {"rollout.no-repository", 409},
      {"rollout.approver", 403},    {"rollout.own-approval", 403}, {"rollout.repository", 503},
      {"policy.unknown", 404},      {"json.too-large", 413},       {"user.hash", 503},
  };
  if (code.ends_with(".exists")) return 409;
  const auto* found = std::ranges::find(kStatus, code, &std::pair<std::string_view, int>::first);
  return found == std::end(kStatus) ? 400 : found->second;
}

/// One line a second: a fleet that finds the database away must not fill the disk with it.
bool worth_a_line() {
  static std::atomic<std::int64_t> last{-1};
  const std::int64_t now = std::chrono::steady_clock::now().time_since_epoch() / std::chrono::seconds(1);
  return last.exchange(now) != now;
}

}  // namespace

Response answer(const Result<Json>& json) {
  return json ? json_response(200, *json) : response_for(json.error());
}

Response response_for(const Error& error) {
  if (error.code.starts_with("store.") && error.code != "store.text") {
    if (worth_a_line()) spdlog::error("{}", error.message());
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
