// SPDX-License-Identifier: Apache-2.0
#include "fixture.h"

namespace suture {
namespace {

TEST(WholeReport, TellsOfTheKernelsModules) {
  Host host;
  host.config.host_root = host.folder.path() / "host";
  ASSERT_TRUE(make_directories(host.config.host_root / "proc"));
  ASSERT_TRUE(make_directories(host.config.host_root / "etc/modprobe.d"));
  ASSERT_TRUE(write_file(host.config.host_root / "proc/modules", "vsock 57344 0 - Live 0x0\n"));
  ASSERT_TRUE(write_file(host.config.host_root / "etc/modprobe.d/a.conf", "install dccp /bin/false\n"));
  ASSERT_TRUE(write_file(host.config.machine_id, std::string(32, 'a') + "\n"));
  Agent agent = host.agent();
  const auto report = agent.whole_report();
  ASSERT_TRUE(report.has_value()) << report.error().message();
  ASSERT_TRUE(report->modules.has_value());
  EXPECT_EQ(report->modules->loaded, (std::vector<std::string>{"vsock"}));
  EXPECT_EQ(report->modules->blocked, (std::vector<std::string>{"dccp"}));
  EXPECT_EQ(host_report_from_json(to_json(*report)).value(), *report);
  // Who asks on the host itself gets the short one.
  EXPECT_FALSE(agent.status().value().report.modules.has_value());
}

TEST(WholeReport, GoesOutWithoutModulesThatAreTooMany) {
  Host host;
  host.config.host_root = host.folder.path() / "host";
  ASSERT_TRUE(make_directories(host.config.host_root / "proc"));
  std::string list;
  for (int i = 0; i < 1000; ++i) list += "module_with_a_long_name_" + std::to_string(i) + " 1 0 - Live 0x0\n";
  ASSERT_TRUE(write_file(host.config.host_root / "proc/modules", list));
  const auto report = host.agent().whole_report();
  ASSERT_TRUE(report.has_value()) << report.error().message();
  EXPECT_FALSE(report->modules.has_value());
}

}  // namespace
}  // namespace suture
