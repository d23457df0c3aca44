// SPDX-License-Identifier: Apache-2.0
#include "target/target.h"
#include "base/json.h"

#include <gtest/gtest.h>

namespace suture {
namespace {

Target sample(const std::filesystem::path& store) {
  Target target;
  target.id = {"debian", "6.1.0-47-cloud-amd64", "6.1.170-3", "x86_64", std::string(40, 'b')};
  target.image = store / "targets/x/root/boot/vmlinuz";
  target.modules = store / "targets/x/root/lib/modules/r";
  target.source = store / "sources/debian/linux";
  target.headers = store / "targets/x/root/usr/src/h";
  target.common_headers = store / "targets/x/root/usr/src/c";
  target.kbuild = store / "targets/x/root/usr/lib/k";
  target.config = store / "targets/x/root/usr/src/h/.config";
  target.build_root = store / "roots/debian/gcc-12";
  target.changelog = store / "targets/one/root/usr/share/doc/linux/changelog.gz";
  target.compiler = "gcc-12";
  target.compiler_version = "gcc-12 (Debian 12.2.0-14) 12.2.0";
  target.banner = "Linux version …";
  target.symbols = 5;
  target.size = 6;
  target.packages = {{"linux-image", "1"}};
  return target;
}

TEST(Target, TheRecordCanBeReadInAnotherPlace) {
  const Json record = to_json(sample("/one/store"), "/one/store");
  EXPECT_EQ(*target_from_json(record, "/one/store"), sample("/one/store"));
  EXPECT_EQ(*target_from_json(record, "/moved"), sample("/moved"));
}

TEST(Target, NoPathLeadsOutOfTheStore) {
  for (const char* field : {"image", "modules", "source", "headers", "common_headers", "kbuild", "config"}) {
    for (const char* path : {"/etc/passwd", "../x", "a/../../x", "..", ""}) {
      Json record = to_json(sample("/s"), "/s");
      record["paths"][field] = path;
      const auto target = target_from_json(record, "/s");
      ASSERT_FALSE(target) << field << " = " << path;
      EXPECT_EQ(target.error().code, "target.schema");
      EXPECT_TRUE(target.error().what.contains(field)) << target.error().what;
    }
  }
}

TEST(Target, EachFieldIsChecked) {
  for (const auto& [at, value] : std::vector<std::pair<const char*, Json>>{{"/format", 2},
                                                                           {"/format", "1"},
                                                                           {"/target", nullptr},
                                                                           {"/target/build_id", "no"},
                                                                           {"/paths", Json::array()},
                                                                           {"/paths/image", 1},
                                                                           {"/compiler", "/bin/sh"},
                                                                           {"/compiler", "-x"},
                                                                           {"/compiler", ""},
                                                                           {"/compiler", "gcc -x"},
                                                                           {"/symbols", -1},
                                                                           {"/size", "big"},
                                                                           {"/banner", 1},
                                                                           {"/packages", Json::array()},
                                                                           {"/packages/linux-image", 1}}) {
    Json record = to_json(sample("/s"), "/s");
    record[Json::json_pointer(at)] = value;
    const auto target = target_from_json(record, "/s");
    ASSERT_FALSE(target) << at << " = " << value;
    EXPECT_EQ(target.error().code, "target.schema") << at;
  }
}

TEST(Target, TheCompilerIsFoundInTheConfig) {
  EXPECT_EQ(*compiler_version_of_config("# x\nCONFIG_CC_VERSION_TEXT=\"gcc-12 (Debian) 12.2\"\nCONFIG_X=y\n"),
            "gcc-12 (Debian) 12.2");
  for (const char* config :
       {"", "CONFIG_CC_IS_GCC=y\n", "\nCONFIG_CC_VERSION_TEXT=\"gcc", "\nCONFIG_CC_VERSION_TEXT=\"\"\n",
        "\nCONFIG_CC_VERSION_TEXT=\"/bin/sh -c\"\n", "\n# CONFIG_CC_VERSION_TEXT=\"gcc\"\n",
        "\nCONFIG_CC_VERSION_TEXT=\"gcc\n\"\n"}) {
    EXPECT_EQ(compiler_version_of_config(config).error().code, "target.no-compiler") << config;
  }
}

}  // namespace
}  // namespace suture
