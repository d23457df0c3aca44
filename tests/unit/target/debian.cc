// SPDX-License-Identifier: Apache-2.0
#include "target/debian.h"

#include <gtest/gtest.h>

namespace suture {
namespace {

TEST(DebianDepends, AlternativesAndRelationsAreRead) {
  const auto depends = parse_debian_depends("a (>= 1:2-3), b:any | c [amd64], d (=4) , ,e (");
  ASSERT_EQ(depends.size(), 5u);
  EXPECT_EQ(depends[0].name + depends[0].relation + depends[0].version, "a>=1:2-3");
  EXPECT_EQ(depends[1].name, "b");
  EXPECT_EQ(depends[2].name, "c");
  EXPECT_EQ(depends[3].relation + depends[3].version, "=4");
  EXPECT_EQ(depends[4].name, "e");
}

TEST(DebianReleases, OnlyRealKernelsOldestFirst) {
  EXPECT_EQ(debian_releases({"linux-image-6.1.0-47-cloud-amd64", "linux-image-6.1.0-9-amd64-unsigned",
                             "linux-image-6.1.0-9-amd64", "linux-image-6.1.0-9-amd64-dbg",
                             "linux-image-amd64", "linux-image-6.1.0-9-amd64-template",
                             "linux-image-6.12-amd64", "linux-headers-6.1.0-1"}),
            (std::vector<std::string>{"6.1.0-9-amd64", "6.1.0-47-cloud-amd64"}));
}

TEST(AptPackages, BrokenAndLocalEntriesAreLeftOut) {
  const auto packages = parse_apt_packages(
      "Package: a\nVersion: 1\nSize: 12\nInstalled-Size: 3\nFilename: pool/a\nDepends: b (= 1)\n\n"
      "Package: local\nVersion: 1\nStatus: installed\n\n"
      "Package: noversion\nFilename: x\n\nVersion: 2\nFilename: y\n\n:::\n\n"
      "Package: z\nVersion: 1\nSize: many\nFilename: z");
  ASSERT_EQ(packages.size(), 2u);
  EXPECT_EQ(packages[0].size, 12u);
  EXPECT_EQ(packages[0].installed_size, 3072u);
  EXPECT_EQ(packages[0].depends, "b (= 1)");
  EXPECT_EQ(packages[1].size, 0u);
}

/// An archive as `apt-cache show` would tell it.
class Archive {
 public:
  void add(const std::string& name, const std::string& version, const std::string& depends = {}) {
    packages_[name].push_back({.name = name, .version = version, .depends = depends});
  }
  Result<DebianPackages> choose(const std::string& release, const std::string& version = {}) const {
    return choose_debian_packages(
        release, version, [this](const std::string& name) -> Result<std::vector<AptPackage>> {
          const auto found = packages_.find(name);
          return found == packages_.end() ? std::vector<AptPackage>{} : found->second;
        });
  }

 private:
  std::map<std::string, std::vector<AptPackage>> packages_;
};

Archive archive_with(const std::string& image) {
  Archive archive;
  archive.add(image, "6.1.170-3");
  archive.add("linux-headers-6.1.0-47-amd64", "6.1.170-3",
              "linux-headers-6.1.0-47-common (= 6.1.170-3), linux-kbuild-6.1 (>= 6.1.170-3), "
              "linux-compiler-gcc-12-x86");
  archive.add("linux-headers-6.1.0-47-common", "6.1.170-3");
  archive.add("linux-kbuild-6.1", "6.1.176-1");
  archive.add("linux-source-6.1", "6.1.170-3");
  return archive;
}

TEST(DebianPackages, ThePartsOfAKernelBelongTogether) {
  for (const char* image : {"linux-image-6.1.0-47-amd64", "linux-image-6.1.0-47-amd64-unsigned"}) {
    const auto chosen = archive_with(image).choose("6.1.0-47-amd64");
    ASSERT_TRUE(chosen) << chosen.error().message();
    EXPECT_EQ(chosen->image.name, image);
    EXPECT_EQ(chosen->kbuild.version, "6.1.176-1") << "a newer one does the same work";
    EXPECT_EQ(chosen->source.version, "6.1.170-3");
  }
}

TEST(DebianPackages, WhatIsMissingIsNamed) {
  const auto unknown = archive_with("linux-image-6.1.0-47-amd64").choose("6.1.0-99-amd64");
  EXPECT_EQ(unknown.error().code, "target.unknown");
  const auto version = archive_with("linux-image-6.1.0-47-amd64").choose("6.1.0-47-amd64", "6.1.1-1");
  EXPECT_EQ(version.error().code, "target.version-gone");
  EXPECT_TRUE(version.error().why.contains("6.1.170-3"));
  Archive gone;
  gone.add("linux-image-6.1.0-47-amd64", "6.1.170-3");
  const auto headers = gone.choose("6.1.0-47-amd64");
  EXPECT_EQ(headers.error().code, "target.version-gone");
  EXPECT_TRUE(headers.error().what.contains("linux-headers-6.1.0-47-amd64"));
  gone.add("linux-headers-6.1.0-47-amd64", "6.1.170-3", "something-else");
  EXPECT_EQ(gone.choose("6.1.0-47-amd64").error().code, "target.unknown-layout");
}

TEST(DebianFailures, AptsWordsAreUnderstood) {
  const auto code = [](const char* words) {
    return explain_failure({"process.failed", "run apt-get", words, ""}).code;
  };
  EXPECT_EQ(code("E: Failed to fetch x  Temporary failure resolving 'x'"), "target.no-network");
  EXPECT_EQ(code("tar: x: Cannot write: No space left on device"), "target.disk-full");
  EXPECT_EQ(code("E: You don't have enough free space in /x"), "target.disk-full");
  EXPECT_EQ(code("E: something else"), "target.download-failed");
}

}  // namespace
}  // namespace suture
