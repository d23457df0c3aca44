// SPDX-License-Identifier: Apache-2.0
#include "build/makefile_text.h"

#include <gtest/gtest.h>

#include <optional>

#include "base/file.h"

namespace suture {
namespace {

class MakefileText : public testing::Test {
 protected:
  void SetUp() override {
    auto folder = TempDir::make("suture-test");
    ASSERT_TRUE(folder.has_value());
    folder_.emplace(std::move(*folder));
    makefile("net/Makefile",
             "obj-$(CONFIG_CAN)\t+= can/\nobj-y += core/ ipv4/\nobj-$(CONFIG_SET)+= set/deep/\n");
    makefile("net/can/Makefile",
             "obj-$(CONFIG_CAN_RAW) += can-raw.o # sockets\ncan-raw-y := raw.o \\\n\textra.o\n"
             "can-raw-$(CONFIG_PROC) += proc.o\n");
    makefile("net/ipv4/Makefile",
             "obj-y := raw.o route.o\nobj-$(CONFIG_TUNNEL) += tunnel4.o\n"
             "ifeq ($(CONFIG_ODD),y)\nobj-y += odd.o\nendif\nobj-y += behind.o\nobj-$(CONFIG_A)$(CONFIG_B) "
             "+= both.o\n");
    makefile("net/set/deep/Makefile", "obj-m += set-one.o\n");
  }

  void makefile(const std::string& path, std::string_view text) {
    ASSERT_TRUE(write_file(folder_->path() / path, text).has_value());
  }

  std::optional<std::string> object_of(const std::string& unit) {
    MakefileTexts texts(folder_->path(), [this](const std::string& option) {
      const auto found = options_.find(option);
      return found == options_.end() ? std::string() : found->second;
    });
    return texts.object_of(unit);
  }

  std::optional<TempDir> folder_;
  std::map<std::string, std::string> options_;
};

TEST_F(MakefileText, PlainListsTellWhatAUnitIsIn) {
  EXPECT_EQ(object_of("net/ipv4/raw.c"), "vmlinux");
  EXPECT_EQ(object_of("net/ipv4/behind.c"), "vmlinux");
  EXPECT_EQ(object_of("net/ipv4/tunnel4.c"), "");
  options_["CONFIG_TUNNEL"] = "m";
  EXPECT_EQ(object_of("net/ipv4/tunnel4.c"), "tunnel4");
}

TEST_F(MakefileText, UnitsOfAModuleAreInIt) {
  EXPECT_EQ(object_of("net/can/raw.c"), "");
  options_ = {{"CONFIG_CAN", "m"}, {"CONFIG_CAN_RAW", "m"}};
  EXPECT_EQ(object_of("net/can/raw.c"), "can_raw");
  EXPECT_EQ(object_of("net/can/extra.c"), "can_raw");
  EXPECT_EQ(object_of("net/can/proc.c"), "");
  options_["CONFIG_PROC"] = "y";
  EXPECT_EQ(object_of("net/can/proc.c"), "can_raw");
  // Nobody enters the folder.
  options_["CONFIG_CAN"] = "";
  EXPECT_EQ(object_of("net/can/raw.c"), "");
}

TEST_F(MakefileText, AFolderWithoutAMakefileIsEnteredFromAboveIt) {
  EXPECT_EQ(object_of("net/set/deep/set-one.c"), "");
  options_["CONFIG_SET"] = "y";
  EXPECT_EQ(object_of("net/set/deep/set-one.c"), "set_one");
}

TEST_F(MakefileText, WhatIsNotPlainIsNotTold) {
  EXPECT_EQ(object_of("net/ipv4/odd.c"), std::nullopt);
  EXPECT_EQ(object_of("net/ipv4/both.c"), std::nullopt);
  EXPECT_EQ(object_of("net/ipv4/not-listed.c"), std::nullopt);
  EXPECT_EQ(object_of("nowhere/at/all.c"), std::nullopt);
}

TEST_F(MakefileText, ListsInACircleEnd) {
  makefile("net/core/Makefile", "a-y := b.o\nb-y := a.o\n");
  EXPECT_EQ(object_of("net/core/a.c"), std::nullopt);
}

// Each way through them would be one of 3,000 to the power of eight.
TEST_F(MakefileText, ListsThatNameEachOtherOftenAreFollowedOnce) {
  std::string text = "obj-y += c.o\n";
  for (int i = 0; i < 3000; ++i) text += "b-y := a.o\nc-y := b.o\n";
  makefile("net/core/Makefile", text);
  EXPECT_EQ(object_of("net/core/a.c"), "vmlinux");
}

TEST_F(MakefileText, WhatIsNotInTheTreeIsNotTold) {
  for (const char* unit : {"/net/ipv4/raw.c", "/a.c", "net/../net/ipv4/raw.c", "../a.c", ""})
    EXPECT_EQ(object_of(unit), std::nullopt) << unit;
}

}  // namespace
}  // namespace suture
