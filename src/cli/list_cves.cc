// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "base/json.h"
#include "base/terminal.h"
#include "cli/agent_request.h"

namespace suture::cli {
namespace {

constexpr const char* kExamples = R"(
Examples:
  suture list-cves                          CVEs that the applied patchset closes on this host
  suture list-cves --json
)";

void print_cves(const Json& cves, std::int64_t level) {
  std::vector<std::vector<std::string>> rows;
  for (const Json& cve : cves) {
    rows.push_back({cve.is_string() ? cve.get<std::string>() : "?", std::to_string(level)});
  }
  if (rows.empty()) {
    fmt::print("no CVE is closed by a live patch on this host\n");
  } else {
    fmt::print("{}", table({"CVE", "CLOSED BY LEVEL"}, rows));
  }
}

}  // namespace

void add_list_cves_command(CLI::App& app, Invocation& invocation) {
  CLI::App& command = *app.add_subcommand("list-cves", "On a server: CVEs that the applied patchset closes");
  command.footer(kExamples);
  const auto options = add_agent_options(command);
  command.callback([&invocation, options] {
    invocation.action = [&invocation, options]() -> Result<int> {
      const Json status = TRY(request_status(*options));
      const auto level = TRY(json_integer(status, "level"));
      const Json cves = *TRY(json_array(status, "cves"));
      if (invocation.json) {
        fmt::print("{}", json_text({{"level", level}, {"cves", cves}}));
      } else {
        print_cves(cves, level);
      }
      return kOk;
    };
  });
}

}  // namespace suture::cli
