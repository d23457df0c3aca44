// SPDX-License-Identifier: Apache-2.0
#include "image/shipped_module.h"

#include <gtest/gtest.h>

#include "../compiled.h"
#include "kernel_builder.h"

namespace suture {
namespace {

namespace fs = std::filesystem;
using test::Compression;

class FindModule : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(make_directories(folder() / "kernel/drivers/net")); }

  fs::path folder() const { return folder_->path(); }
  void ship(const std::string& name, const Bytes& file) const {
    ASSERT_TRUE(write_file(folder() / "kernel/drivers/net" / name, as_text(file)));
  }

 private:
  Result<TempDir> folder_ = TempDir::make("suture-test");
};

Bytes module_file() {
  const auto file = elf::serialize(compiled("int counter; int count(void) { return ++counter; }\n"));
  return file ? *file : Bytes{};
}

TEST_F(FindModule, WhateverItIsCompressedWith) {
  ship("plain_one.ko", module_file());
  ship("by-gzip.ko.gz", test::compress_only(module_file(), Compression::kGzip));
  ship("by-xz.ko.xz", test::compress_only(module_file(), Compression::kXz));
  ship("by-zstd.ko.zst", test::compress_only(module_file(), Compression::kZstd));
  for (const char* name : {"plain_one", "by_gzip", "by_xz", "by_zstd"}) {
    const auto module = ShippedModule::find_and_read(folder(), name);
    ASSERT_TRUE(module) << module.error().message();
    const auto found = module->find("count");
    ASSERT_EQ(found.size(), 1u) << name;
    EXPECT_TRUE(found[0].global);
    EXPECT_FALSE(found[0].weak);
  }
}

TEST_F(FindModule, RefusesWhatIsNone) {
  EXPECT_EQ(ShippedModule::find_and_read(folder(), "absent").error().code, "image.no-module");
  const Bytes packed = test::compress_only(module_file(), Compression::kXz);
  ship("cut.ko.xz", Bytes(packed.begin(), packed.begin() + 40));
  EXPECT_EQ(ShippedModule::find_and_read(folder(), "cut").error().code, "image.malformed");
  ship("odd.ko.lzo", Bytes(64, 'x'));
  EXPECT_EQ(ShippedModule::find_and_read(folder(), "odd").error().code, "image.compression-unsupported");
  ship("text.ko", Bytes(64, 'x'));
  EXPECT_EQ(ShippedModule::find_and_read(folder(), "text").error().code, "elf.malformed");
}

}  // namespace
}  // namespace suture
