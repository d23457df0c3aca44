// SPDX-License-Identifier: Apache-2.0
//
// The text format 0.0.4 of Prometheus: what an endpoint answers to a scrape, and what node_exporter's
// textfile collector reads.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace suture {

inline constexpr const char* kMetricsType = "text/plain; version=0.0.4; charset=utf-8";

/// A label's value, without the quotes around it: \, " and line breaks escaped, broken UTF-8 replaced.
std::string label_escaped(std::string_view text);

/// All samples of one metric stand together, behind what it means.
class MetricsText {
 public:
  enum class Kind { kGauge, kCounter, kHistogram };
  using Label = std::pair<std::string_view, std::string_view>;
  using Labels = std::initializer_list<Label>;

  /// Samples that follow are of this metric. A counter's name ends in "_total".
  void metric(std::string_view name, std::string_view help, Kind kind = Kind::kGauge);
  void sample(std::int64_t value, Labels labels = {});
  void sample_seconds(double value, Labels labels = {});
  /// Of a histogram: `suffix` is "_bucket", "_sum" or "_count".
  void part(std::string_view suffix, std::int64_t value, Labels labels = {});
  void part_seconds(std::string_view suffix, double value, Labels labels = {});
  /// A metric that has just one sample.
  void one(std::string_view name, std::string_view help, std::int64_t value, Labels labels = {}) {
    metric(name, help);
    sample(value, labels);
  }
  void counter(std::string_view name, std::string_view help, std::int64_t value) {
    metric(name, help, Kind::kCounter);
    sample(value);
  }
  std::string take() { return std::move(text_); }

 private:
  void line(std::string_view suffix, std::string_view value, Labels labels);

  std::string text_;
  std::string name_;
};

}  // namespace suture
