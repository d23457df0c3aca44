// SPDX-License-Identifier: Apache-2.0
#include "base/metrics_text.h"

#include <fmt/format.h>

#include "base/utf8.h"

namespace suture {

std::string label_escaped(std::string_view text) {
  std::string escaped;
  for (const char c : as_utf8(text)) {
    if (c == '\n') {
      escaped += "\\n";
      continue;
    }
    if (c == '\\' || c == '"') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

void MetricsText::metric(std::string_view name, std::string_view help, Kind kind) {
  name_ = name;
  const char* type = kind == Kind::kGauge ? "gauge" : kind == Kind::kCounter ? "counter" : "histogram";
  text_ += fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n", name, help, type);
}

void MetricsText::sample(std::int64_t value, Labels labels) {
  line("", fmt::format("{}", value), labels);
}

void MetricsText::sample_seconds(double value, Labels labels) {
  line("", fmt::format("{}", value), labels);
}

void MetricsText::part(std::string_view suffix, std::int64_t value, Labels labels) {
  line(suffix, fmt::format("{}", value), labels);
}

void MetricsText::part_seconds(std::string_view suffix, double value, Labels labels) {
  line(suffix, fmt::format("{}", value), labels);
}

void MetricsText::line(std::string_view suffix, std::string_view value, Labels labels) {
  text_.append(name_).append(suffix);
  std::string_view before = "{";
  for (const auto& [name, text] : labels) {
    text_ += fmt::format("{}{}=\"{}\"", before, name, label_escaped(text));
    before = ",";
  }
  if (labels.size() > 0) text_ += '}';
  text_.append(" ").append(value).append("\n");
}

}  // namespace suture
