// SPDX-License-Identifier: Apache-2.0
#include "agent/reporting.h"

#include <algorithm>

#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"

namespace suture {
namespace {

constexpr std::size_t kLimit = 64u << 10;
/// One more than the highest that a signature may have (patchset/report_signature.h).
constexpr std::int64_t kEnd = 1'000'000'000'000'000'000;

std::filesystem::path file_in(const std::filesystem::path& state) {
  return state / "reporting.json";
}

Result<Reporting> parse(std::string_view text) {
  const Json json = TRY(parse_json(text, "reporting.json"));
  Reporting reporting;
  reporting.counter = TRY(json_integer(json, "counter"));
  reporting.key = TRY(json_string(json, "key"));
  if (const auto found = json.find("error"); found != json.end() && !found->is_null()) {
    reporting.error = ReportedError{TRY(json_string(*found, "code")), TRY(json_string(*found, "message"))};
  }
  // One at the end of all numbers would be the last.
  if (reporting.counter < 0 || reporting.counter >= kEnd / 2) reporting.counter = 0;
  if (!is_sha256_hex(reporting.key)) reporting.key.clear();  // which is as long
  return reporting;
}

}  // namespace

Reporting read_reporting(const std::filesystem::path& state) {
  const auto text = read_text_file(file_in(state), kLimit);
  return text ? parse(*text).value_or(Reporting()) : Reporting();
}

Result<void> write_reporting(const std::filesystem::path& state, const Reporting& reporting) {
  Json error = nullptr;
  if (reporting.error) error = {{"code", reporting.error->code}, {"message", reporting.error->message}};
  const Json json = {{"counter", reporting.counter}, {"key", reporting.key}, {"error", std::move(error)}};
  return write_file(file_in(state), json_text(json), 0644);
}

std::int64_t next_counter(std::int64_t last, std::chrono::system_clock::time_point now) {
  const auto clock = std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count();
  return std::max<std::int64_t>({last + 1, clock, 1});
}

}  // namespace suture
