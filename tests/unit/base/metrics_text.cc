// SPDX-License-Identifier: Apache-2.0
#include "base/metrics_text.h"

#include <gtest/gtest.h>

namespace suture {
namespace {

TEST(MetricsText, LabelsAreEscaped) {
  EXPECT_EQ(label_escaped("a\"b\\c\nd"), "a\\\"b\\\\c\\nd");
  EXPECT_EQ(label_escaped("\xff"), "\xEF\xBF\xBD");
  MetricsText text;
  text.one("a", "A number.", 1, {{"x", "1\"} 2\na 3"}});
  EXPECT_EQ(text.take(), "# HELP a A number.\n# TYPE a gauge\na{x=\"1\\\"} 2\\na 3\"} 1\n");
}

TEST(MetricsText, SamplesStandBehindTheirMetric) {
  MetricsText text;
  text.counter("c_total", "Counted.", 7);
  text.metric("h_seconds", "Times.", MetricsText::Kind::kHistogram);
  text.part("_bucket", 1, {{"route", "/"}, {"le", "+Inf"}});
  text.part_seconds("_sum", 0.25, {{"route", "/"}});
  EXPECT_EQ(text.take(),
            "# HELP c_total Counted.\n# TYPE c_total counter\nc_total 7\n"
            "# HELP h_seconds Times.\n# TYPE h_seconds histogram\n"
            "h_seconds_bucket{route=\"/\",le=\"+Inf\"} 1\nh_seconds_sum{route=\"/\"} 0.25\n");
}

}  // namespace
}  // namespace suture
