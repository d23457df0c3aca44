// SPDX-License-Identifier: Apache-2.0
#include "build/built_units.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"

namespace suture {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// A source with a unit of which Makefiles do not tell, and a header of it.
class BuiltUnitsTest : public testing::Test {
 protected:
  void SetUp() override {
    put("net/box/box.c",
        "#include \"box.h\"\nint box_open(void) { return 0; }\nint box_close(void) { return 1; }\n");
    put("net/box/box.h", "int box_open(void);\n");
    put("net/plain/plain.c", "int plain(void) { return 0; }\n");
    put("net/Makefile", "obj-y += plain/\n");
    put("net/plain/Makefile", "obj-y += plain.o\n");
  }

  void put(const std::string& name, const std::string& text) {
    ASSERT_TRUE(write_file(folder_.path() / "source" / name, text).has_value());
  }

  BuiltUnits units(std::string object, const std::string& build_id = "aa") {
    Target target;
    target.id = {.distribution = "debian",
                 .release = "6.1",
                 .version = "1",
                 .architecture = "x86_64",
                 .build_id = build_id};
    target.source = folder_.path() / "source";
    return {target, BuildCache(folder_.path() / "cache"),
            [this, object = std::move(object)](const std::string&) {
              ++asked_;
              return object.empty() ? std::vector<std::string>{} : std::vector{object};
            }};
  }

  template <typename Change>
  void each_kept(const Change& change) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_.path() / "cache")) {
      if (entry.is_regular_file()) change(entry.path());
    }
  }

  TempDir folder_ = TempDir::make("suture-built-units-test-").value();
  int asked_ = 0;  ///< for symbols
};

TEST_F(BuiltUnitsTest, AnAnswerOutlivesTheProcess) {
  for (const char* file : {"net/box/box.c", "net/box/box.h"}) {
    EXPECT_THAT(units("box").objects_of(file).value(), ElementsAre("box")) << file;
    asked_ = 0;
    EXPECT_THAT(units("other").objects_of(file).value(), ElementsAre("box")) << file;
    EXPECT_EQ(asked_, 0) << file;
  }
}

TEST_F(BuiltUnitsTest, SoDoesThatItIsNotBuilt) {
  EXPECT_THAT(units("").objects_of("net/box/box.c").value(), IsEmpty());
  EXPECT_THAT(units("box").objects_of("net/box/box.c").value(), IsEmpty());
}

TEST_F(BuiltUnitsTest, AnotherKernelIsAskedItself) {
  EXPECT_THAT(units("box").objects_of("net/box/box.c").value(), ElementsAre("box"));
  EXPECT_THAT(units("vmlinux", "bb").objects_of("net/box/box.c").value(), ElementsAre("vmlinux"));
  // One that is nobody is never remembered.
  EXPECT_THAT(units("vmlinux", "").objects_of("net/box/box.c").value(), ElementsAre("vmlinux"));
  EXPECT_THAT(units("third", "").objects_of("net/box/box.c").value(), ElementsAre("third"));
}

TEST_F(BuiltUnitsTest, ADamagedAnswerIsNone) {
  const std::string file = "net/box/box.c";
  ASSERT_TRUE(units("box").objects_of(file).has_value());
  each_kept([](const auto& path) { std::filesystem::resize_file(path, 70); });
  EXPECT_THAT(units("second").objects_of(file).value(), ElementsAre("second"));
  // Whole, but not what is kept here: the right sum of the wrong words.
  const BuildCache cache(folder_.path() / "cache");
  for (const char* wrong : {"[1]", "{}", "[\"box\"", "", "null"}) {
    cache.keep(BuildCache::key_of({"built units", "aa", "1", file}), as_bytes(wrong));
    EXPECT_THAT(units("third").objects_of(file).value(), ElementsAre("third")) << wrong;
  }
}

TEST_F(BuiltUnitsTest, WhatMakefilesTellIsNotKept) {
  EXPECT_THAT(units("box").objects_of("net/plain/plain.c").value(), ElementsAre("vmlinux"));
  EXPECT_EQ(asked_, 0);
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "cache"));
}

// Names that other files use as well do not tell, and there is no kbuild here: tomorrow there may be.
TEST_F(BuiltUnitsTest, ThatNobodyCanTellIsAskedAgain) {
  put("net/box/one.c", "/* no function at all */\n");
  const auto unknown = units("box").objects_of("net/box/one.c");
  ASSERT_FALSE(unknown.has_value());
  EXPECT_EQ(unknown.error().code, "build.object-unknown");
  put("net/box/one.c", "int one(void) { return 0; }\n");
  EXPECT_THAT(units("box").objects_of("net/box/one.c").value(), ElementsAre("box"));
}

}  // namespace
}  // namespace suture
