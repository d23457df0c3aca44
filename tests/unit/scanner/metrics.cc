// SPDX-License-Identifier: Apache-2.0
#include "scanner/metrics.h"
#include "base/json.h"

#include <gtest/gtest.h>

namespace suture {
namespace {

HostMetrics patched() {
  HostMetrics metrics;
  metrics.report.state = HostState::kApplied;
  metrics.report.level = 2;
  metrics.report.engine = "stopmachine";
  metrics.report.release = "6.1.0-47-cloud-amd64";
  metrics.report.architecture = "x86_64";
  metrics.report.build_id = "20f0";
  metrics.report.channel = "stable";
  metrics.report.cves = {"CVE-2026-1001", "CVE-2026-1002"};
  metrics.report.checked_at = "2026-11-24T10:00:00Z";
  metrics.newest = 3;
  metrics.quarantined = 1;
  metrics.version = "0.1.0";
  return metrics;
}

bool has_line(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

TEST(Metrics, TellWhatTheHostIsIn) {
  const std::string text = metrics_text(patched());
  for (const char* line :
       {"suture_build_info{version=\"0.1.0\"} 1", "suture_level 2", "suture_newest_level 3",
        "suture_state{state=\"applied\"} 1", "suture_state{state=\"failed\"} 0", "suture_transition 0",
        "suture_engine{engine=\"stopmachine\"} 1", "suture_engine{engine=\"klp\"} 0", "suture_cves_closed 2",
        "suture_quarantined_levels 1", "suture_last_check_timestamp_seconds 1795514400",
        "suture_last_change_timestamp_seconds 0",
        "suture_kernel_info{release=\"6.1.0-47-cloud-amd64\",architecture=\"x86_64\",build_id=\"20f0\","
        "channel=\"stable\"} 1",
        "# TYPE suture_error gauge"}) {
    EXPECT_TRUE(has_line(text, line)) << line << "\n" << text;
  }
  EXPECT_EQ(text.find("suture_error{"), std::string::npos);
}

TEST(Metrics, AFailureIsCountedByItsReason) {
  HostMetrics metrics = patched();
  metrics.report.error = ReportedError{"engine.transition-stalled", "long words"};
  metrics.transition = true;
  const std::string text = metrics_text(metrics);
  EXPECT_TRUE(has_line(text, "suture_error{code=\"engine.transition-stalled\"} 1"));
  EXPECT_TRUE(has_line(text, "suture_transition 1"));
}

TEST(Metrics, APlanIsThereWhereARolloutSteersTheHost) {
  HostMetrics metrics = patched();
  EXPECT_EQ(metrics_text(metrics).find("suture_plan_level"), std::string::npos);
  EXPECT_TRUE(to_json(metrics).at("plan_level").is_null());
  metrics.plan = 0;
  EXPECT_TRUE(has_line(metrics_text(metrics), "suture_plan_level 0"));
  EXPECT_EQ(to_json(metrics).at("plan_level").get<int>(), 0);
}

TEST(Metrics, LabelsAreEscaped) {
  HostMetrics metrics = patched();
  metrics.report.channel = "x\"} 1\nsuture_level 99\n# ";
  EXPECT_FALSE(has_line(metrics_text(metrics), "suture_level 99"));
  EXPECT_TRUE(has_line(metrics_text(metrics), "suture_level 2"));
}

TEST(Metrics, TimesAreSeconds) {
  EXPECT_EQ(unix_seconds("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(unix_seconds("2000-02-29T23:59:59Z"), 951868799);
  for (const char* wrong :
       {"", "2026-02-30T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-01 00:00:00Z", "2026-01-01T24:00:00Z",
        "2026-01-01T00:00:00z", "2026-01-01T00:00:00+01", "+026-01-01T00:00:00Z", "-026-01-01T00:00:00Z"}) {
    EXPECT_EQ(unix_seconds(wrong), 0) << wrong;
  }
}

}  // namespace
}  // namespace suture
