// SPDX-License-Identifier: Apache-2.0
#include "advisory/epss.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "advisory/record.h"
#include "base/cve_id.h"
#include "base/debian_changelog.h"
#include "base/lines.h"

namespace suture {
namespace {

constexpr std::size_t kLongestLine = 1024;

/// The columns in the order of their first three: the table is written by a program, without quotes.
std::array<std::string_view, 3> columns(std::string_view line) {
  std::array<std::string_view, 3> fields;
  for (std::string_view& field : fields) {
    field = line.substr(0, line.find(','));
    line.remove_prefix(std::min(line.size(), field.size() + 1));
  }
  return fields;
}

std::optional<double> share(std::string_view text) {
  double value = -1;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = problem == std::errc{} && end == text.data() + text.size();
  return whole && value >= 0 && value <= 1 ? std::optional(value) : std::nullopt;
}

/// "#model_version:v2025.03.14,score_date:2026-11-26T12:55:00Z"
std::string date_of(std::string_view comment) {
  constexpr std::string_view kKey = "score_date:";
  const std::size_t at = comment.find(kKey);
  if (at == std::string_view::npos) return {};
  comment.remove_prefix(at + kKey.size());
  return exact_name(comment.substr(0, comment.find(','))).value_or("");
}

ReadRecord read_line(const std::array<std::string_view, 3>& fields, const std::string& name,
                     const std::string& date) {
  const auto probability = share(fields[1]);
  const auto percentile = share(fields[2]);
  if (!probability || !percentile) return bad_record(name, "it is not a CVE id and two numbers from 0 to 1");
  Voice voice{.cve = name, .record = name, .modified = date};
  voice.epss = Epss{.probability = *probability, .percentile = *percentile};
  return std::vector{std::move(voice)};
}

}  // namespace

Result<void> read_epss(std::string_view name, std::string_view text, const Sink& sink) {
  std::string date;
  bool names_seen = false;
  std::size_t number = 0;
  while (!text.empty()) {
    std::string_view line = take_line(text);
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    if (line.starts_with('#')) {
      date = date_of(line.substr(0, kLongestLine));
      continue;
    }
    const auto fields = columns(line.substr(0, kLongestLine));
    if (!names_seen) {
      if (fields != std::array<std::string_view, 3>{"cve", "epss", "percentile"}) break;
      names_seen = true;
      continue;
    }
    const std::string record =
        is_cve_id(fields[0]) ? std::string(fields[0]) : "line " + std::to_string(number);
    if (is_cve_id(record)) {
      TRY(sink(record, read_line(fields, record, date)));
    } else {
      TRY(sink(record, bad_record(record, "it does not begin with a CVE id")));
    }
  }
  if (names_seen) return {};
  return fail("advisory.document", "read " + std::string(name), "it has no columns cve, epss and percentile");
}

}  // namespace suture
