// SPDX-License-Identifier: Apache-2.0
//
// Reads reports from foreign hands. A server reads thousands in a second, so nothing is built of them but
// what is kept.
#include <algorithm>
#include <utility>

#include "base/json.h"
#include "base/json_view.h"
#include "patchset/report.h"

namespace suture {
namespace {

constexpr std::size_t kMostCves = 2048;

std::unexpected<Error> wrong(std::string_view key, const std::string& why) {
  return fail("json.schema", "read the field \"" + std::string(key) + "\"", why);
}

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

/// An object's members, each there once.
class Fields {
 public:
  static Result<Fields> of(JsonView object) {
    if (!object.is_object()) return fail("json.schema", "read the document", "it is not an object");
    Fields fields(object.members());
    std::ranges::sort(fields.members_, {}, &Member::first);
    const auto twice = std::ranges::adjacent_find(fields.members_, {}, &Member::first);
    if (twice != fields.members_.end()) return wrong(twice->first, "it stands there twice");
    return fields;
  }
  /// Nothing when it is absent.
  JsonView find(std::string_view key) const {
    const auto found = std::ranges::lower_bound(members_, key, {}, &Member::first);
    return found != members_.end() && found->first == key ? found->second : JsonView();
  }

  Result<std::string_view> string(const char* key) const {
    const auto text = find(key).string();
    if (!text) return wrong(key, find(key) ? "it is not a string" : "it is missing");
    return *text;
  }
  Result<std::vector<JsonView>> array(const char* key, std::size_t most) const {
    const JsonView list = find(key);
    if (!list.is_array()) return wrong(key, list ? "it is not an array" : "it is missing");
    auto elements = list.elements();
    if (elements.size() > most) return wrong(key, "it has more entries than any host");
    return elements;
  }
  /// Text for people and dashboards: bounded, and without control characters.
  Result<std::string> text(const char* key, std::size_t most, bool lines = false) const {
    const std::string_view text = TRY(string(key));
    if (text.size() > most) return wrong(key, "it is longer than " + std::to_string(most) + " bytes");
    const auto control = [lines](unsigned char c) {
      return c == 0x7f || (c < ' ' && !(lines && (c == '\n' || c == '\t')));
    };
    if (std::ranges::any_of(text, control)) return wrong(key, "it holds control characters");
    return std::string(text);
  }
  Result<std::string> hex(const char* key, std::size_t least, std::size_t most) const {
    const std::string_view text = TRY(string(key));
    if (text.size() < least || text.size() > most || !std::ranges::all_of(text, is_hex)) {
      return wrong(key, "it is not lower-case hexadecimal of the right length");
    }
    return std::string(text);
  }
  /// 8-4-4-4-12 hexadecimal digits.
  Result<std::string> uuid(const char* key) const {
    const std::string_view text = TRY(string(key));
    bool good = text.size() == 36;
    for (std::size_t i = 0; good && i < text.size(); ++i) {
      const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
      good = dash ? text[i] == '-' : is_hex(text[i]);
    }
    if (!good) return wrong(key, "it is not a lower-case UUID");
    return std::string(text);
  }
  /// "2026-11-24T10:00:00Z", or empty for never. A shape only: the server sorts by it as text.
  Result<std::string> time(const char* key) const {
    constexpr std::string_view kShape = "0000-00-00T00:00:00Z";
    const std::string_view text = TRY(string(key));
    bool good = text.empty() || text.size() == kShape.size();
    for (std::size_t i = 0; good && i < text.size(); ++i) {
      good = kShape[i] == '0' ? (text[i] >= '0' && text[i] <= '9') : text[i] == kShape[i];
    }
    if (!good) return wrong(key, "it is not a time such as 2026-11-24T10:00:00Z");
    return std::string(text);
  }
  Result<std::uint64_t> count(const char* key, std::uint64_t most) const {
    const auto value = find(key).integer();
    if (!value) return wrong(key, find(key) ? "it is not an integer" : "it is missing");
    if (*value < 0 || static_cast<std::uint64_t>(*value) > most) return wrong(key, "it is out of range");
    return static_cast<std::uint64_t>(*value);
  }
  /// False when it is absent.
  Result<bool> flag(const char* key) const {
    const JsonView value = find(key);
    if (!value) return false;
    if (const auto flag = value.flag()) return *flag;
    return wrong(key, "it is not true or false");
  }
  /// Names that `plain` accepts.
  Result<std::vector<std::string>> names(const char* key, std::size_t most,
                                         bool (*plain)(std::string_view)) const {
    std::vector<std::string> names;
    for (const JsonView& item : TRY(array(key, most))) {
      const auto name = item.string();
      if (!name) return wrong(key, "an entry is not a string");
      if (!plain(*name)) return wrong(key, "an entry is not a plain name");
      names.emplace_back(*name);
    }
    return names;
  }

 private:
  using Member = std::pair<std::string_view, JsonView>;
  explicit Fields(std::vector<Member> members) : members_(std::move(members)) {}
  std::vector<Member> members_;
};

bool is_plain_cve(std::string_view cve) {
  const bool plain = std::ranges::all_of(cve, [](unsigned char c) { return c > ' ' && c < 0x7f; });
  return !cve.empty() && cve.size() <= 64 && plain;
}

Result<std::optional<ReportedError>> read_error(JsonView value) {
  if (!value) return wrong("error", "it is absent");
  if (value.is_null()) return std::nullopt;
  const Fields fields = TRY_IN("read the field \"error\"", Fields::of(value));
  ReportedError error;
  error.code = TRY(fields.text("code", 128));
  error.message = TRY(fields.text("message", 4096, true));
  return error;
}

Result<std::vector<std::string>> read_modules_list(const Fields& fields, const char* key) {
  auto names = TRY(fields.names(key, kMostModules, is_plain_module));
  std::ranges::sort(names);
  names.erase(std::ranges::unique(names).begin(), names.end());
  return names;
}

Result<std::optional<HostModules>> read_modules(JsonView value) {
  if (!value || value.is_null()) return std::nullopt;
  const Fields fields = TRY(Fields::of(value));
  HostModules modules;
  modules.loaded = TRY(read_modules_list(fields, "loaded"));
  modules.blocked = TRY(read_modules_list(fields, "blocked"));
  modules.blacklisted = TRY(read_modules_list(fields, "blacklisted"));
  modules.loading = TRY(fields.flag("loading"));
  modules.user_namespaces = TRY(fields.flag("user_namespaces"));
  return modules;
}

Result<std::vector<std::uint32_t>> read_quarantined(const Fields& fields) {
  std::vector<std::uint32_t> levels;
  if (!fields.find("quarantined")) return levels;
  for (const JsonView& item : TRY(fields.array("quarantined", kMostQuarantined))) {
    const auto level = item.integer();
    if (!level || *level < 1 || *level > UINT32_MAX) return wrong("quarantined", "an entry is no level");
    levels.push_back(static_cast<std::uint32_t>(*level));
  }
  return levels;
}

Result<HostReport> read_report(JsonView document) {
  const Fields fields = TRY(Fields::of(document));
  if (TRY(fields.count("format", INT64_MAX)) != kReportFormat) {
    return fail("json.schema", "read the field \"format\"", "this version of suture reads format 1",
                "Install a newer suture-server.");
  }
  HostReport report;
  report.host_id = TRY(fields.hex("host_id", 32, 32));
  report.hostname = TRY(fields.text("hostname", 255));
  report.agent = TRY(fields.text("agent", 128));
  report.boot_id = TRY(fields.uuid("boot_id"));
  report.uptime_seconds = TRY(fields.count("uptime_seconds", INT64_MAX));
  report.release = TRY(fields.text("release", 255));
  report.architecture = TRY(fields.text("architecture", 64));
  report.build_id = TRY(fields.hex("build_id", 0, 128));
  report.state = TRY(host_state_from_name(TRY(fields.string("state"))));
  report.level = static_cast<std::uint32_t>(TRY(fields.count("level", UINT32_MAX)));
  if (fields.find("engine")) report.engine = TRY(fields.text("engine", 32));
  // Earlier agents do not write these three.
  report.transition = TRY(fields.flag("transition"));
  report.quarantined = TRY(read_quarantined(fields));
  report.rollouts = TRY(fields.flag("rollouts"));
  report.channel = TRY(fields.text("channel", 128));
  report.cves = TRY(fields.names("cves", kMostCves, is_plain_cve));
  report.changed_at = TRY(fields.time("changed_at"));
  report.checked_at = TRY(fields.time("checked_at"));
  report.error = TRY(read_error(fields.find("error")));
  report.modules = TRY_IN("read the field \"modules\"", read_modules(fields.find("modules")));
  return report;
}

}  // namespace

Result<HostReport> parse_host_report(std::string_view text) {
  // It keeps its memory, which is a few times as much as the longest report.
  thread_local JsonParser parser(kReportLimit);
  const JsonView document = TRY_IN("read a host's report", parser.parse(text));
  auto report = read_report(document);
  if (report) return report;
  Error error = std::move(report).error().in("read a host's report");
  error.code = "report.schema";
  return std::unexpected(std::move(error));
}

Result<HostReport> host_report_from_json(const Json& json) {
  return parse_host_report(json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace suture
