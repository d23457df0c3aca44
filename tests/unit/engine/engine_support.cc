// SPDX-License-Identifier: Apache-2.0
#include "engine/engine_support.h"

#include <gmock/gmock.h>

#include "host_tree.h"

namespace suture {
namespace {

using testing::HasSubstr;

EngineSupport klp_of(const HostTree& tree) {
  return find_engine_support(tree.paths()).at(0);
}
EngineSupport stop_of(const HostTree& tree) {
  return find_engine_support(tree.paths()).at(1);
}

TEST(EngineSupport, AStockHostCanUseBoth) {
  const HostTree tree;
  EXPECT_EQ(klp_of(tree).engine, "klp");
  EXPECT_TRUE(klp_of(tree).usable);
  EXPECT_EQ(stop_of(tree).engine, "stopmachine");
  EXPECT_TRUE(stop_of(tree).usable);
}

TEST(EngineSupport, TheReasonIsToldWhyNot) {
  const HostTree tree;
  tree.remove("sys/kernel/livepatch");
  tree.put("proc/sys/kernel/modules_disabled", "1\n");
  EXPECT_FALSE(klp_of(tree).usable);
  EXPECT_THAT(klp_of(tree).text, HasSubstr("CONFIG_LIVEPATCH"));
  EXPECT_FALSE(stop_of(tree).usable);
  EXPECT_THAT(stop_of(tree).text, HasSubstr("reboots"));
  tree.remove("proc/modules");
  EXPECT_THAT(stop_of(tree).text, HasSubstr("CONFIG_MODULES"));
}

TEST(EngineSupport, WhatTheyHoldIsTold) {
  const HostTree tree;
  tree.live_patch("kpatch_7", true, false);
  tree.live_patch("suture_2", true, false);
  EXPECT_EQ(klp_of(tree).text, "it holds suture_2");
  tree.put("sys/kernel/suture/abi", "1\n");
  tree.put("sys/kernel/suture/level", "0\n");
  tree.put("sys/kernel/suture/patch", "\n");
  EXPECT_THAT(stop_of(tree).text, HasSubstr("holds nothing"));
  tree.put("sys/kernel/suture/level", "3\n");
  tree.put("sys/kernel/suture/patch", "suture_stop_3\n");
  EXPECT_EQ(stop_of(tree).text, "it holds suture_stop_3");
  tree.put("sys/kernel/suture/last/action", "apply\n");
  tree.put("sys/kernel/suture/last/patch", "suture_stop_3\n");
  tree.put("sys/kernel/suture/last/attempts", "2\n");
  tree.put("sys/kernel/suture/last/pause_ns", "312001\n");
  EXPECT_THAT(stop_of(tree).text, HasSubstr("switched at attempt 2"));
  EXPECT_THAT(stop_of(tree).text, HasSubstr("at most 313 us"));
  tree.put("sys/kernel/suture/level", "x\n");
  EXPECT_FALSE(stop_of(tree).usable);
}

}  // namespace
}  // namespace suture
