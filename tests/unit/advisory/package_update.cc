// SPDX-License-Identifier: Apache-2.0
#include "advisory/package_update.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"

namespace suture {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr const char* kChangelog = R"(linux (1.1-1) sid; urgency=medium

  * New upstream release:
    - foo: check the length in foo_check() (CVE-2026-1001)
    - bar: lock the list in bar_add() (CVE-2026-1002)
    - bar: lock the list in bar_del(), too (CVE-2026-1002)
    - nowhere: what no file shows (CVE-2026-1003)

 -- A Person <a@example.org>  Mon, 16 Nov 2026 11:17:40 +0100

linux (1.0-1) sid; urgency=medium

  * Begin

 -- A Person <a@example.org>  Mon, 09 Nov 2026 11:17:40 +0100
)";

std::string function(const std::string& name, const std::string& line) {
  return "int " + name + "(struct list *list)\n{\n" + line + "\treturn 0;\n}\n\n";
}

class PackageUpdateTest : public testing::Test {
 protected:
  void put(const std::string& path, const std::string& before, const std::string& after) {
    ASSERT_TRUE(write_file(folder_.path() / "before" / path, std::string_view(before)).has_value());
    ASSERT_TRUE(write_file(folder_.path() / "after" / path, std::string_view(after)).has_value());
  }
  Result<PackageUpdate> read(std::string_view changelog, const PackageUpdate::Known& known) const {
    return PackageUpdate::read({.before = folder_.path() / "before",
                                .before_version = "1.0-1",
                                .after = folder_.path() / "after",
                                .changelog = changelog},
                               known);
  }
  static Result<std::optional<Advisory>> nothing(const std::string&) { return std::nullopt; }

  TempDir folder_ = TempDir::make("suture-update-test-").value();
};

TEST_F(PackageUpdateTest, GivesAVulnerabilityAllThatItsItemsChange) {
  put("foo/foo.c", function("foo_check", ""), function("foo_check", "\tcheck(list->length);\n"));
  put("bar/bar.c", function("bar_add", "") + function("bar_del", ""),
      function("bar_add", "\tlock(list);\n") + function("bar_del", "\tlock(list);\n"));
  const auto update = read(kChangelog, nothing);
  ASSERT_TRUE(update.has_value()) << update.error().message();
  const CodeChange* foo = update->change_of("CVE-2026-1001");
  ASSERT_NE(foo, nullptr);
  ASSERT_EQ(foo->files.size(), 1U);
  EXPECT_EQ(foo->files[0].path, "foo/foo.c");
  EXPECT_EQ(foo->files[0].items.at(0).name, "foo_check");
  EXPECT_THAT(foo->origin, HasSubstr("1.0-1"));

  const CodeChange* bar = update->change_of("CVE-2026-1002");
  ASSERT_NE(bar, nullptr);
  ASSERT_EQ(bar->files.size(), 1U);
  EXPECT_EQ(bar->files[0].items.size(), 2U);
  EXPECT_EQ(bar->files[0].lines.size(), 2U);

  EXPECT_EQ(update->change_of("CVE-2026-1003"), nullptr);
  EXPECT_EQ(update->change_of("CVE-2026-1004"), nullptr);
}

TEST_F(PackageUpdateTest, FilesThatARecordNamesComeBeforeWords) {
  put("foo/foo.c", function("foo_check", ""), function("foo_check", "\tcheck(list->length);\n"));
  put("lib/other.c", function("other", ""), function("other", "\tcheck(list->length);\n"));
  const auto update = read(kChangelog, [](const std::string& cve) -> Result<std::optional<Advisory>> {
    if (cve != "CVE-2026-1001") return std::nullopt;
    Advisory advisory{.cve = cve, .voices = {}};
    advisory.voices.push_back({.source = "records", .voice = {.cve = cve, .files = {"lib/other.c"}}});
    return advisory;
  });
  ASSERT_TRUE(update.has_value()) << update.error().message();
  const CodeChange* change = update->change_of("CVE-2026-1001");
  ASSERT_NE(change, nullptr);
  ASSERT_EQ(change->files.size(), 1U);
  EXPECT_EQ(change->files[0].path, "lib/other.c");
}

TEST_F(PackageUpdateTest, RefusesAChangelogOfSomethingElse) {
  put("foo/foo.c", "", "");
  const auto update = read("bash (5.2-1) sid\n\n  * Begin\n", nothing);
  ASSERT_FALSE(update.has_value());
  EXPECT_EQ(update.error().code, "advisory.changelog");
}

}  // namespace
}  // namespace suture
