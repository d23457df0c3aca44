// SPDX-License-Identifier: Apache-2.0
//
// A request as the API and the file handler get it: method, target, headers and body from foreign hands,
// one a line, the body last.
#include <spdlog/spdlog.h>

#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "base/json.h"
#include "server/api.h"
#include "server/wire/static_files.h"

namespace {

using namespace suture::server;

Request request_of(const std::string& input) {
  std::istringstream lines(input);
  Request request;
  for (std::string* field :
       {&request.method, &request.target, &request.content_type, &request.content_encoding,
        &request.authorization, &request.range, &request.if_range, &request.if_none_match,
        &request.signature.host_id, &request.signature.content_digest, &request.signature.signature_input,
        &request.signature.signature}) {
    std::getline(lines, *field);
  }
  request.body.assign(std::istreambuf_iterator<char>(lines), {});
  return request;
}

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Store store = [] {
    spdlog::set_level(spdlog::level::off);
    return *Store::open(":memory:", {.reports_per_host = 2, .database_pages = 4096});
  }();
  // Open, with the files' tokens, and closed, with somebody who may do all.
  static AccessStore none = *AccessStore::open(":memory:");
  static AccessStore some = *AccessStore::open(":memory:", {.database_pages = 4096});
  static const std::string admin =
      "Bearer " +
      some.add({.name = "fuzz", .role = Role::kAdmin}, "fuzz", std::chrono::system_clock::now())->secret;
  static Access open(none, {});
  static Access filed(none, {.report = "0123456789abcdef", .wake = "0123456789abcdef"});
  static Access closed(some, {});
  static const Api api{{.store = store, .access = open}};
  static const Api guarded{{.store = store, .access = filed}};
  static const Api tokens{{.store = store, .access = closed}};
  static const StaticFiles files = *StaticFiles::open(std::filesystem::current_path());

  Request request = request_of({reinterpret_cast<const char*>(data), size});
  if (request.authorization == "admin") request.authorization = admin;
  for (const Api* each : {&api, &guarded, &tokens}) {
    const Response response = each->handle(request);
    require(response.status >= 200 && response.status < 600 && response.status != 500);
    require(suture::parse_json(response.body, "a response").has_value());
  }
  if (const auto target = parse_target(request.target)) {
    const FileResponse answer = files.handle(request, target->path.substr(1));
    require(!answer.file ||
            (answer.range.first <= answer.range.last && answer.range.last < answer.file->size()));
  }
  const auto choice = choose_range(request.range, request.body.size());
  require(choice.kind != RangeKind::kPart || choice.range.last < request.body.size());
  return 0;
}
