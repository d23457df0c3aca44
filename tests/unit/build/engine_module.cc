// SPDX-License-Identifier: Apache-2.0
#include "build/engine_module.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "build/engine_files.h"

namespace suture {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kGood =
    "CONFIG_MODULES=y\nCONFIG_SYSFS=y\nCONFIG_KALLSYMS=y\nCONFIG_KALLSYMS_ALL=y\nCONFIG_KPROBES=y\n"
    "CONFIG_STACKTRACE=y\nCONFIG_UNWINDER_ORC=y\nCONFIG_HAVE_RELIABLE_STACKTRACE=y\n";

TEST(EngineModule, WantsNeitherLivepatchNorManyProcessors) {
  EXPECT_TRUE(check_engine_can_run(kGood).has_value());
}

TEST(EngineModule, NamesAllThatAKernelLacks) {
  std::string config(kGood);
  const auto spoil = [&](const std::string& option, const std::string& by) {
    config.replace(config.find(option), option.size(), by);
  };
  spoil("CONFIG_KALLSYMS_ALL=y", "# CONFIG_KALLSYMS_ALL is not set");
  spoil("CONFIG_UNWINDER_ORC=y", "CONFIG_UNWINDER_FRAME_POINTER=y");
  const auto fits = check_engine_can_run(config);
  ASSERT_FALSE(fits.has_value());
  EXPECT_EQ(fits.error().code, "build.engine-unsupported");
  EXPECT_THAT(fits.error().message(), HasSubstr("CONFIG_KALLSYMS_ALL (it looks"));
  EXPECT_THAT(fits.error().message(), HasSubstr("CONFIG_UNWINDER_ORC (it can"));
  EXPECT_THAT(fits.error().message(), Not(HasSubstr("CONFIG_KALLSYMS (")));
}

TEST(EngineModule, TellsAnOptionFromOneWithALongerName) {
  std::string config(kGood);
  config.replace(config.find("CONFIG_KPROBES=y"), 16, "MY_CONFIG_KPROBES=y\nCONFIG_KPROBES=yes");
  EXPECT_FALSE(check_engine_can_run(config).has_value());
}

TEST(EngineFiles, HoldWhatKbuildLists) {
  const auto has = [](std::string_view name) {
    return std::ranges::any_of(kEngineFiles, [&](const EngineFile& file) { return file.name == name; });
  };
  EXPECT_TRUE(has("Kbuild"));
  EXPECT_TRUE(has("suture_patch.h"));
  EXPECT_GE(kEngineAbi, 1u);
  for (const EngineFile& file : kEngineFiles) {
    EXPECT_THAT(std::string(file.text), HasSubstr("SPDX-License-Identifier: GPL-2.0-only")) << file.name;
  }
}

}  // namespace
}  // namespace suture
