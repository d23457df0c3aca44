// SPDX-License-Identifier: Apache-2.0
#include "target/store.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "base/file.h"
#include "base/json.h"

namespace suture {
namespace {
namespace fs = std::filesystem;

class StoreTest : public testing::Test {
 protected:
  /// A record and the files that it speaks of.
  Target put(const std::string& release, const std::string& version, const std::string& build_id) {
    const fs::path root = store_.folder() / "targets" / ("debian-" + release + "-" + build_id.substr(0, 12));
    Target target;
    target.id = {"debian", release, version, "x86_64", build_id};
    target.image = root / "image";
    target.modules = target.headers = target.common_headers = target.kbuild = root;
    target.config = root / "config";
    target.source = store_.folder() / "sources/debian" / version;
    target.compiler = "gcc-12";
    EXPECT_TRUE(write_file(target.image, "image"));
    EXPECT_TRUE(write_file(target.config, "config"));
    EXPECT_TRUE(write_file(target.source / "Makefile", "all:"));
    EXPECT_TRUE(write_file(root / kTargetRecord, json_text(to_json(target, store_.folder()))));
    return target;
  }
  std::string code_of(std::string_view key) const {
    const auto found = store_.find(key);
    return found ? "" : found.error().code;
  }

  TempDir folder_ = *TempDir::make("suture-test");
  TargetStore store_{folder_.path() / "store"};
};

const std::string kOne(40, '1');
const std::string kTwo = "12345678" + std::string(32, '2');

TEST(TargetName, PartsAreTold) {
  const auto name = *parse_target_name("debian:6.1.0-47-cloud-amd64=6.1.170-3");
  EXPECT_EQ(name.distribution, "debian");
  EXPECT_EQ(name.release, "6.1.0-47-cloud-amd64");
  EXPECT_EQ(name.version, "6.1.170-3");
  EXPECT_EQ(parse_target_name("6.1.0-47")->distribution, "");
  EXPECT_EQ(parse_target_name("debian:x=1:2")->version, "1:2");
}

TEST(TargetName, NamesThatWouldLeaveTheStoreAreRefused) {
  for (const char* text : {"", "debian:", "debian:../x", "debian:.x", "../x", "debian:a/b", "debian:a b",
                           "debian:a\n", "=1", "debian:=1", "debian:x=/etc", "dé:x"}) {
    const auto name = parse_target_name(text);
    ASSERT_FALSE(name) << text;
    EXPECT_EQ(name.error().code, "target.malformed-name");
  }
}

TEST_F(StoreTest, AnEmptyStoreHasNoTargets) {
  EXPECT_TRUE(store_.list()->empty());
  EXPECT_EQ(code_of("6.1.0"), "target.not-in-store");
  EXPECT_FALSE(fs::exists(store_.folder())) << "looking made the store";
}

TEST_F(StoreTest, TargetsAreFoundByAllTheirNames) {
  const Target target = put("6.1.0-47-amd64", "6.1.170-3", kTwo);
  put("6.1.0-48-amd64", "6.1.171-1", kOne);
  for (const auto& key : std::vector<std::string>{"6.1.0-47-amd64", "debian:6.1.0-47-amd64",
                                                  "6.1.0-47-amd64=6.1.170-3", kTwo, kTwo.substr(0, 8)}) {
    EXPECT_EQ(*store_.find(key), target) << key;
  }
  for (const char* key : {"6.1.0-47", "ubuntu:6.1.0-47-amd64", "6.1.0-47-amd64=1", "1234567"}) {
    EXPECT_EQ(code_of(key), "target.not-in-store") << key;
  }
}

TEST_F(StoreTest, AnAmbiguousNameListsWhatMatches) {
  put("6.1.0-47-amd64", "6.1.170-3", kOne);
  put("6.1.0-47-amd64", "6.1.170-4", kTwo);
  const auto found = store_.find("6.1.0-47-amd64");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, "target.ambiguous");
  EXPECT_TRUE(found.error().why.contains(kOne) && found.error().why.contains(kTwo));
  EXPECT_EQ(store_.find("6.1.0-47-amd64=6.1.170-4")->id.build_id, kTwo);
}

TEST_F(StoreTest, PatternsFindSeveral) {
  put("6.1.0-47-cloud-amd64", "6.1.170-3", kOne);
  put("6.1.0-47-amd64", "6.1.170-3", kTwo);
  const auto found = [&](const std::string& pattern) {
    const auto targets = store_.matching(pattern);
    return targets ? std::to_string(targets->size()) : targets.error().code;
  };
  for (const char* pattern : {"debian:*", "*", "6.1.0-47-*", "debian:*=6.1.170-3"})
    EXPECT_EQ(found(pattern), "2");
  for (const char* pattern : {"debian:*-cloud-amd64", "*-47-amd64", "6.1.0-47-amd64"})
    EXPECT_EQ(found(pattern), "1") << pattern;
  for (const char* pattern : {"ubuntu:*", "5.10.*", ""}) EXPECT_EQ(found(pattern), "target.not-in-store");
}

TEST_F(StoreTest, ASharedSourceStaysUntilTheLastTargetGoes) {
  const Target cloud = put("6.1.0-47-cloud-amd64", "6.1.170-3", kOne);
  const Target generic = put("6.1.0-47-amd64", "6.1.170-3", kTwo);
  ASSERT_TRUE(store_.remove(cloud));
  EXPECT_FALSE(fs::exists(cloud.image));
  EXPECT_TRUE(fs::exists(cloud.source / "Makefile"));
  ASSERT_TRUE(store_.remove(generic));
  EXPECT_FALSE(fs::exists(generic.source));
  EXPECT_TRUE(store_.list()->empty());
  EXPECT_FALSE(store_.remove(generic)) << "it is gone already";
}

TEST_F(StoreTest, ADamagedTargetSaysWhatToDo) {
  const Target target = put("6.1.0-47-amd64", "6.1.170-3", kOne);
  fs::remove(target.image);
  const auto listed = store_.list();
  ASSERT_FALSE(listed);
  EXPECT_EQ(listed.error().code, "target.damaged");
  EXPECT_TRUE(listed.error().hint.contains("Delete the folder"));
}

TEST_F(StoreTest, ABrokenRecordIsNamed) {
  const Target target = put("6.1.0-47-amd64", "6.1.170-3", kOne);
  const fs::path record = target.image.parent_path() / kTargetRecord;
  ASSERT_TRUE(write_file(record, "{"));
  const auto listed = store_.list();
  ASSERT_FALSE(listed);
  EXPECT_TRUE(listed.error().what.contains(record.string())) << listed.error().what;
}

TEST_F(StoreTest, AnUnfinishedTargetIsNotThere) {
  ASSERT_TRUE(write_file(store_.folder() / "tmp/target/root/boot/vmlinuz", "half"));
  ASSERT_TRUE(make_directories(store_.folder() / "targets/debian-x-1"));
  EXPECT_TRUE(store_.list()->empty());
}

TEST(Distribution, UnknownOnesListTheKnown) {
  const auto found = find_distribution("plan9", "lists");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, "target.unknown-distribution");
  EXPECT_TRUE(found.error().why.contains("debian"));
}

}  // namespace
}  // namespace suture
