// SPDX-License-Identifier: Apache-2.0
#include "patchset/report.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/json.h"

namespace suture {
namespace {

constexpr int kFormat = 1;
constexpr std::size_t kMostCves = 2048;

constexpr std::array<std::pair<HostState, std::string_view>, 5> kStates = {{
    {HostState::kUnpatched, "unpatched"},
    {HostState::kApplied, "applied"},
    {HostState::kReverted, "reverted"},
    {HostState::kFailed, "failed"},
    {HostState::kUnsupported, "unsupported"},
}};

std::unexpected<Error> wrong(const char* key, const std::string& why) {
  return fail("json.schema", std::string("read the field \"") + key + "\"", why);
}

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

/// Text for people and dashboards: bounded, and without control characters.
Result<std::string> text_field(const Json& json, const char* key, std::size_t most, bool lines = false) {
  std::string text = TRY(json_string(json, key));
  if (text.size() > most) return wrong(key, "it is longer than " + std::to_string(most) + " bytes");
  const auto control = [lines](unsigned char c) {
    return c == 0x7f || (c < ' ' && !(lines && (c == '\n' || c == '\t')));
  };
  if (std::ranges::any_of(text, control)) return wrong(key, "it holds control characters");
  return text;
}

Result<std::string> hex_field(const Json& json, const char* key, std::size_t least, std::size_t most) {
  std::string text = TRY(json_string(json, key));
  if (text.size() < least || text.size() > most || !std::ranges::all_of(text, is_hex)) {
    return wrong(key, "it is not lower-case hexadecimal of the right length");
  }
  return text;
}

/// 8-4-4-4-12 hexadecimal digits.
Result<std::string> uuid_field(const Json& json, const char* key) {
  std::string text = TRY(json_string(json, key));
  bool good = text.size() == 36;
  for (std::size_t i = 0; good && i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    good = dash ? text[i] == '-' : is_hex(text[i]);
  }
  if (!good) return wrong(key, "it is not a lower-case UUID");
  return text;
}

/// "2026-11-24T10:00:00Z", or empty for never. A shape only: the server sorts by it as text.
Result<std::string> time_field(const Json& json, const char* key) {
  constexpr std::string_view kShape = "0000-00-00T00:00:00Z";
  std::string text = TRY(json_string(json, key));
  bool good = text.empty() || text.size() == kShape.size();
  for (std::size_t i = 0; good && i < text.size(); ++i) {
    good = kShape[i] == '0' ? (text[i] >= '0' && text[i] <= '9') : text[i] == kShape[i];
  }
  if (!good) return wrong(key, "it is not a time such as 2026-11-24T10:00:00Z");
  return text;
}

Result<std::uint64_t> count_field(const Json& json, const char* key, std::uint64_t most) {
  const std::int64_t value = TRY(json_integer(json, key));
  if (value < 0 || static_cast<std::uint64_t>(value) > most) return wrong(key, "it is out of range");
  return static_cast<std::uint64_t>(value);
}

Result<std::vector<std::string>> cves_field(const Json& json) {
  const Json& list = *TRY(json_array(json, "cves"));
  if (list.size() > kMostCves) return wrong("cves", "it has more entries than any patchset");
  std::vector<std::string> cves;
  for (const Json& item : list) {
    if (!item.is_string()) return wrong("cves", "an entry is not a string");
    std::string cve = item.get<std::string>();
    const bool plain = std::ranges::all_of(cve, [](unsigned char c) { return c > ' ' && c < 0x7f; });
    if (cve.empty() || cve.size() > 64 || !plain) return wrong("cves", "an entry is not a plain name");
    cves.push_back(std::move(cve));
  }
  return cves;
}

Result<std::optional<ReportedError>> error_field(const Json& json) {
  const auto found = json.find("error");
  if (found == json.end()) return wrong("error", "it is absent");
  if (found->is_null()) return std::nullopt;
  if (!found->is_object()) return wrong("error", "it is neither null nor an object");
  ReportedError error;
  error.code = TRY(text_field(*found, "code", 128));
  error.message = TRY(text_field(*found, "message", 4096, true));
  return error;
}

Result<HostReport> read_report(const Json& json) {
  if (!json.is_object()) return fail("json.schema", "read the document", "it is not an object");
  if (TRY(json_integer(json, "format")) != kFormat) {
    return fail("json.schema", "read the field \"format\"", "this version of suture reads format 1",
                "Install a newer suture-server.");
  }
  HostReport report;
  report.host_id = TRY(hex_field(json, "host_id", 32, 32));
  report.hostname = TRY(text_field(json, "hostname", 255));
  report.agent = TRY(text_field(json, "agent", 128));
  report.boot_id = TRY(uuid_field(json, "boot_id"));
  report.uptime_seconds = TRY(count_field(json, "uptime_seconds", INT64_MAX));
  report.release = TRY(text_field(json, "release", 255));
  report.architecture = TRY(text_field(json, "architecture", 64));
  report.build_id = TRY(hex_field(json, "build_id", 0, 128));
  report.state = TRY(host_state_from_name(TRY(json_string(json, "state"))));
  report.level = static_cast<std::uint32_t>(TRY(count_field(json, "level", UINT32_MAX)));
  if (json.contains("engine")) report.engine = TRY(text_field(json, "engine", 32));
  report.channel = TRY(text_field(json, "channel", 128));
  report.cves = TRY(cves_field(json));
  report.changed_at = TRY(time_field(json, "changed_at"));
  report.checked_at = TRY(time_field(json, "checked_at"));
  report.error = TRY(error_field(json));
  if (const auto modules = json.find("modules"); modules != json.end() && !modules->is_null())
    report.modules = TRY_IN("read the field \"modules\"", host_modules_from_json(*modules));
  return report;
}

}  // namespace

std::string_view name_of(HostState state) {
  for (const auto& [value, name] : kStates) {
    if (value == state) return name;
  }
  return "failed";
}

Result<HostState> host_state_from_name(std::string_view name) {
  for (const auto& [value, known] : kStates) {
    if (known == name) return value;
  }
  return wrong("state", "it is none of unpatched, applied, reverted, failed, unsupported");
}

Json to_json(const HostReport& report) {
  Json error = nullptr;
  if (report.error) error = {{"code", report.error->code}, {"message", report.error->message}};
  Json json{{"format", kFormat},
            {"host_id", report.host_id},
            {"hostname", report.hostname},
            {"agent", report.agent},
            {"boot_id", report.boot_id},
            {"uptime_seconds", report.uptime_seconds},
            {"release", report.release},
            {"architecture", report.architecture},
            {"build_id", report.build_id},
            {"state", name_of(report.state)},
            {"level", report.level},
            {"engine", report.engine},
            {"channel", report.channel},
            {"cves", report.cves},
            {"changed_at", report.changed_at},
            {"checked_at", report.checked_at},
            {"error", std::move(error)}};
  if (report.modules) json["modules"] = to_json(*report.modules);
  return json;
}

Result<HostReport> host_report_from_json(const Json& json) {
  auto report = read_report(json);
  if (report) return report;
  Error error = std::move(report).error().in("read a host's report");
  error.code = "report.schema";
  return std::unexpected(std::move(error));
}

Result<HostReport> parse_host_report(std::string_view text) {
  return host_report_from_json(TRY(parse_json(text, "a host's report", {.bytes = kReportLimit, .depth = 8})));
}

}  // namespace suture
