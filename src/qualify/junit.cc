// SPDX-License-Identifier: Apache-2.0
#include "qualify/junit.h"

#include <fmt/format.h>

#include <algorithm>

#include "qualify/report.h"

namespace suture {
std::string junit_report(const VmResult& result, const std::string& suite) {
  const bool machine_failed = result.outcome == VmOutcome::kKernelFault || result.outcome == VmOutcome::kHang;
  const auto failed =
      std::ranges::count(result.checks, false, &CheckResult::passed) + (machine_failed ? 1 : 0);
  std::string xml = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" "
      "time=\"{:.2f}\">\n",
      escaped(suite), result.checks.size() + 1, failed, result.seconds);
  for (const CheckResult& check : result.checks) {
    xml += fmt::format("  <testcase classname=\"{}\" name=\"{}\" time=\"{:.2f}\">",
                       escaped(check.step.empty() ? suite : check.step), escaped(check.name), check.seconds);
    const char* element = check.passed ? "system-out" : "failure";
    if (!check.passed || !check.output.empty()) {
      xml += fmt::format("<{}>{}</{}>", element, escaped(check.output), element);
    }
    xml += "</testcase>\n";
  }
  xml += fmt::format("  <testcase classname=\"{}\" name=\"the kernel stayed well\">", escaped(suite));
  if (machine_failed)
    xml +=
        fmt::format("<failure message=\"{}\">{}</failure>", escaped(result.reason), escaped(result.console));
  return xml + "</testcase>\n</testsuite>\n";
}

}  // namespace suture
