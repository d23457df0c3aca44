// SPDX-License-Identifier: Apache-2.0
//
// suture.ko, as it is built for a real kernel.
#include "build/engine_module.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <string>

#include "base/file.h"
#include "elf/object.h"
#include "real_target.h"

namespace suture {
namespace {

using testing::HasSubstr;

class EngineOnRealKernel : public test::OnRealTarget {
 protected:
  Bytes build(const BuildCache& cache) const {
    auto built = build_engine_module(target_, cache, std::nullopt);
    EXPECT_TRUE(built.has_value()) << built.error().message();
    return built ? std::move(built->module) : Bytes{};
  }

  Result<Bytes> compile(std::string_view text) const {
    const Kbuild kbuild = TRY(Kbuild::prepare(target_));
    const std::array files{EngineFile{"Kbuild", "obj-m := suture.o\nsuture-y := start.o\n"},
                           EngineFile{"start.c", text}};
    return compile_engine(kbuild, files);
  }
};

TEST_F(EngineOnRealKernel, IsAModuleOfThatKernelWithTheSameBytesEachTime) {
  const BuildCache cache(folder_->path());
  const Bytes module = build(cache);
  const auto object = elf::parse_object(module, "suture.ko");
  ASSERT_TRUE(object.has_value()) << object.error().message();
  const elf::Section* info = object->find_section(".modinfo");
  ASSERT_NE(info, nullptr);
  EXPECT_THAT(std::string(as_text(info->data)), HasSubstr("vermagic=" + target_.id.release + " "));
  EXPECT_THAT(std::string(as_text(info->data)), HasSubstr("name=suture"));
  EXPECT_NE(object->find_section(".gnu.linkonce.this_module"), nullptr);
  EXPECT_EQ(build({}), module);
  // What is kept is not compiled again: without scripts/ nothing could be.
  target_.kbuild = "/nonexistent";
  EXPECT_EQ(build(cache), module);
}

TEST_F(EngineOnRealKernel, TellsWhichSymbolTheKernelKeepsToItself) {
  const auto built = compile(
      "#include <linux/module.h>\n"
      "#include <linux/kallsyms.h>\n"
      "static int __init start(void) { return !kallsyms_lookup_name(\"jiffies\"); }\n"
      "static void __exit stop(void) {}\n"
      "module_init(start);\n"
      "module_exit(stop);\n"
      "MODULE_LICENSE(\"GPL\");\n");
  ASSERT_FALSE(built.has_value());
  EXPECT_EQ(built.error().code, "build.engine-symbol");
  EXPECT_THAT(built.error().message(), HasSubstr("export kallsyms_lookup_name"));
}

TEST_F(EngineOnRealKernel, TellsWhatTheCompilerSays) {
  const auto built = compile("#error \"not for this kernel\"\n");
  ASSERT_FALSE(built.has_value());
  EXPECT_EQ(built.error().code, "build.does-not-compile");
  EXPECT_THAT(built.error().message(), HasSubstr("not for this kernel"));
}

TEST_F(EngineOnRealKernel, IsRefusedForAKernelThatCannotRunIt) {
  auto config = read_text_file(target_.config);
  ASSERT_TRUE(config.has_value());
  const std::string option = "CONFIG_KPROBES=y\n";
  const std::size_t at = config->find(option);
  ASSERT_NE(at, std::string::npos);
  config->erase(at, option.size());
  target_.config = folder_->path() / "config";
  ASSERT_TRUE(write_file(target_.config, *config).has_value());
  const auto built = build_engine_module(target_, {}, std::nullopt);
  ASSERT_FALSE(built.has_value());
  EXPECT_EQ(built.error().code, "build.engine-unsupported");
  EXPECT_THAT(built.error().message(), HasSubstr("CONFIG_KPROBES"));
}

}  // namespace
}  // namespace suture
