// SPDX-License-Identifier: Apache-2.0
#include "build/places.h"

#include <gtest/gtest.h>

namespace suture {
namespace {

TEST(Places, TheSameTextFromTwoPlacesIsEqual) {
  Places here;
  here.add("/store/a/source", "source");
  here.add("/tmp/tree-1", "tree");
  Places there;
  there.add("/srv/b", "source");
  there.add("/var/tmp/x", "tree");
  EXPECT_EQ(here.hide("# 1 \"/store/a/source/fs/exec.c\"\n-I/tmp/tree-1/include"),
            there.hide("# 1 \"/srv/b/fs/exec.c\"\n-I/var/tmp/x/include"));
  EXPECT_NE(here.hide("/store/a/source/fs/exec.c"), here.hide("/tmp/tree-1/fs/exec.c"));
}

TEST(Places, WhatIsHiddenCanBeShownElsewhere) {
  Places here;
  here.add("/store/a", "source");
  Places there;
  there.add("/srv/b", "source");
  const std::string text = "gcc -I/store/a/include -I/usr/include a/b.c \x01 and /";
  EXPECT_EQ(here.show(here.hide(text)), text);
  EXPECT_EQ(there.show(here.hide(text)), "gcc -I/srv/b/include -I/usr/include a/b.c \x01 and /");
}

TEST(Places, TheLongerPathIsMeant) {
  Places places;
  places.add("/store", "store");
  places.add("/store/source", "source");
  places.add("", "nothing");
  EXPECT_EQ(places.show(places.hide("/store/source/x /store/y")), "/store/source/x /store/y");
  Places other;
  other.add("/elsewhere", "store");
  other.add("/far", "source");
  EXPECT_EQ(other.show(places.hide("/store/source/x /store/y")), "/far/x /elsewhere/y");
}

}  // namespace
}  // namespace suture
