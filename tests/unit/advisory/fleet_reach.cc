// SPDX-License-Identifier: Apache-2.0
#include "advisory/fleet_reach.h"

#include <gtest/gtest.h>

namespace suture {
namespace {

std::shared_ptr<const ModuleReach> modules() {
  return std::make_shared<ModuleReach>(std::vector<ModuleFacts>{{.name = "sch_netem"},
                                                                {.name = "vsock", .aliases = {"net-pf-40"}},
                                                                {.name = "xfs", .aliases = {"fs-xfs"}}});
}

TEST(FleetReach, WithoutHostsTheTargetTells) {
  const FleetReach fleet(modules());
  EXPECT_EQ(fleet.of("vsock").reach, Reach::kAnybody);
  EXPECT_EQ(fleet.of("vsock").hosts, 0U);
  EXPECT_TRUE(fleet.of("vsock").on_hosts.empty());
  EXPECT_EQ(fleet.of("vmlinux").reach, Reach::kAlways);
}

TEST(FleetReach, OneHostTellsWhy) {
  const FleetReach fleet(modules(), {{.loaded = {"sch_netem"}, .blocked = {"vsock"}}});
  EXPECT_EQ(fleet.of("sch_netem").on_hosts, "the host has it loaded");
  EXPECT_EQ(fleet.of("sch_netem").loaded, 1U);
  EXPECT_EQ(fleet.of("vsock").on_hosts, "the host has not loaded it: modprobe's configuration blocks it");
  EXPECT_EQ(fleet.of("vsock").blocked, 1U);
  // What the target tells stays.
  EXPECT_EQ(fleet.of("vsock").reach, Reach::kAnybody);
  EXPECT_EQ(fleet.of("xfs").on_hosts,
            "the host has not loaded it: only root can have it loaded: mounting its file system (fs-xfs)");
  EXPECT_EQ(fleet.of("vmlinux").loaded, 1U);
}

TEST(FleetReach, ManyHostsAreCounted) {
  const FleetReach fleet(modules(), {{.loaded = {"sch_netem"}},
                                     {},
                                     {.user_namespaces = false},
                                     {.blocked = {"sch_netem"}},
                                     {.loading = false}});
  const ObjectReach& netem = fleet.of("sch_netem");
  EXPECT_EQ(netem.hosts, 5U);
  EXPECT_EQ(netem.loaded, 1U);
  EXPECT_EQ(netem.unprivileged, 1U);
  EXPECT_EQ(netem.blocked, 2U);
  EXPECT_EQ(netem.on_hosts,
            "loaded on 1 of 5 hosts, on 1 more users without privileges can have it loaded, blocked on 2");
}

TEST(AddReach, AsksForTheObjectsOfPlacesOrElseOfFiles) {
  const FleetReach fleet(modules());
  TargetFacts facts;
  facts.objects_of = [](const std::string& file) -> Result<std::vector<std::string>> {
    if (file == "fs/xfs/xfs_super.c") return std::vector<std::string>{"xfs"};
    return fail("test.unknown", "ask", "no such file");
  };
  Finding finding{.standing = Standing::kAffected};
  finding.evidence = {{.file = "fs/xfs/xfs_super.c"},
                      {.file = "elsewhere.c"},
                      {.text = "somebody names a file", .file = "net/said.c", .by = "kernel-cna"}};
  add_reach(finding, facts, fleet);
  ASSERT_EQ(finding.reach.size(), 1U);
  EXPECT_EQ(finding.reach[0].object, "xfs");
  finding.places = {
      {.object = "vsock", .function = "a"}, {.object = "vsock", .function = "b"}, {.object = "vmlinux"}};
  add_reach(finding, facts, fleet);
  ASSERT_EQ(finding.reach.size(), 2U);
  EXPECT_EQ(finding.reach[0].object, "vmlinux");
  EXPECT_EQ(finding.reach[1].object, "vsock");
  // Nobody asks for what is not open and was not found in any function.
  Finding fixed{.standing = Standing::kFixed, .evidence = {{.file = "fs/xfs/xfs_super.c"}}};
  add_reach(fixed, facts, fleet);
  EXPECT_TRUE(fixed.reach.empty());
}

}  // namespace
}  // namespace suture
