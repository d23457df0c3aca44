// SPDX-License-Identifier: Apache-2.0
#include "build/fix.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "base/hash.h"

namespace suture {
namespace {

using namespace std::string_literals;
using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kSmall =
    "--- a/net/core/sock.c\n"
    "+++ b/net/core/sock.c\n"
    "@@ -1,2 +1,2 @@\n"
    "-one\n"
    "+ONE\n"
    " two\n";

Fix parsed(const std::string& text, const std::string& name = "test") {
  auto fix = parse_fix(text, name);
  EXPECT_TRUE(fix.has_value()) << fix.error().message();
  return fix ? std::move(*fix) : Fix{};
}

Error refused(const std::string& text) {
  const auto fix = parse_fix(text, "test");
  EXPECT_FALSE(fix.has_value()) << "it was read: " << text;
  return fix ? Error{} : fix.error();
}

Error units_refused(const std::string& path, const std::string& before = {}) {
  const auto fix =
      parsed("--- " + (before.empty() ? "a/" + path : before) + "\n+++ b/" + path + "\n@@ -" +
             (before.empty() ? "1" : "0,0") + " +1 @@\n" + (before.empty() ? "-a\n" : "") + "+b\n");
  const auto units = files_touched_by({fix});
  EXPECT_FALSE(units.has_value());
  return units ? Error{} : units.error();
}

class RealFix : public testing::TestWithParam<std::pair<const char*, std::vector<std::string>>> {};

TEST_P(RealFix, IsRead) {
  const auto& [name, units] = GetParam();
  const auto path = std::filesystem::path(SUTURE_TEST_DATA) / "fixes" / (std::string(name) + ".patch");
  const auto fix = read_fix(path);
  ASSERT_TRUE(fix.has_value()) << fix.error().message();
  EXPECT_EQ(fix->record.name, name);
  EXPECT_EQ(fix->record.sha256, sha256_hex_of_file(path).value());
  EXPECT_THAT(fix->record.cves, ElementsAre(name));
  EXPECT_THAT(files_touched_by({*fix}).value().units, ElementsAreArray(units));
}

INSTANTIATE_TEST_SUITE_P(
    Fixes, RealFix,
    testing::Values(std::pair{"CVE-2026-53249", std::vector<std::string>{"net/ipv4/ip_options.c"}},
                    std::pair{"CVE-2026-53236", std::vector<std::string>{"net/core/sock.c"}},
                    std::pair{"CVE-2026-46234", std::vector<std::string>{"net/vmw_vsock/af_vsock.c"}}));

TEST(Fix, SaysWhichFilesAndHowManyHunks) {
  const Fix fix = parsed(std::string(kSmall) + "@@ -9 +9 @@\n-x\n+y\n" +
                         "--- /dev/null\n+++ b/fs/new.c\n@@ -0,0 +1 @@\n+a\n"
                         "--- a/fs/old.c\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n");
  ASSERT_EQ(fix.files.size(), 3u);
  EXPECT_EQ(fix.files[0].path, "net/core/sock.c");
  EXPECT_EQ(fix.files[0].hunks.size(), 2u);
  EXPECT_EQ(fix.files[0].change, FileChange::kChanged);
  EXPECT_EQ(fix.files[1].path, "fs/new.c");
  EXPECT_EQ(fix.files[1].change, FileChange::kAdded);
  EXPECT_EQ(fix.files[2].path, "fs/old.c");
  EXPECT_EQ(fix.files[2].change, FileChange::kRemoved);
}

TEST(Fix, TakesCvesFromItsNameAndItsWords) {
  const std::string words =
      "Subject: mend it\n\nFixes CVE-2026-12345, CVE-2026-1, CVE-26-1234 and CVE-2025-0001.\n";
  EXPECT_THAT(parsed(words + kSmall, "CVE-2026-99999-backport").record.cves,
              ElementsAre("CVE-2025-0001", "CVE-2026-12345", "CVE-2026-99999"));
}

// A comment in the source is not a claim that the fix closes what it names.
TEST(Fix, TakesNoCveFromSource) {
  const std::string diff =
      "--- a/a.c\n+++ b/a.c\n@@ -1,2 +1,2 @@\n /* see CVE-2020-11111 */\n-a\n+b\n"
      "--- a/b.c\n+++ b/b.c\n@@ -1 +1 @@\n-a\n+b\n";
  EXPECT_THAT(parsed(diff).record.cves, IsEmpty());
  EXPECT_THAT(parsed("words\n" + diff).record.cves, IsEmpty());
}

TEST(Fix, TakesNoEndlessCve) {
  EXPECT_THAT(parsed("CVE-2026-" + std::string(100'000, '1') + "\n" + kSmall).record.cves, IsEmpty());
}

// "--- " and "+++ " can be removed and added lines of source as well.
TEST(Fix, CountsLinesInsteadOfGuessing) {
  const Fix fix = parsed("--- a/a.c\n+++ b/a.c\n@@ -1,2 +1,2 @@\n--- x\n+++ y\n two\n");
  ASSERT_EQ(fix.files.size(), 1u);
  EXPECT_EQ(fix.files[0].hunks.size(), 1u);
}

TEST(Fix, AcceptsALastLineWithoutItsEnd) {
  const std::string diff =
      "--- a/a.c\n+++ b/a.c\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n\\ No newline at end of "
      "file\n";
  EXPECT_THAT(parsed(diff).files[0].diff, testing::EndsWith("+b\n\\ No newline at end of file\n"));
}

// patch(1) must see what was understood here and nothing else.
TEST(Fix, HandsOnOnlyWhatItUnderstood) {
  const Fix fix = parsed(std::string("Index: net/other.c\nPrereq: 1.2\n") + kSmall +
                         "1c1\n< one\n---\n> EVIL\n" + "Index: net/other.c\n1a\nevil\n.\nw\n");
  ASSERT_EQ(fix.files.size(), 1u);
  EXPECT_EQ(fix.files[0].diff,
            "--- a/net/core/sock.c\t\n+++ b/net/core/sock.c\t\n@@ -1,2 +1,2 @@\n-one\n+ONE\n two\n");
}

TEST(Fix, RefusesPathsOutOfTheTree) {
  for (const char* path :
       {"/etc/passwd", "b/../../etc/passwd", "b/net/../../x.c", "b/./x.c", "b", "b/", "", "b/net/"}) {
    const Error error = refused("--- a/x.c\n+++ " + std::string(path) + "\n@@ -1 +1 @@\n-a\n+b\n");
    EXPECT_EQ(error.code, "build.fix-path") << path << ": " << error.message();
  }
  EXPECT_EQ(refused("--- a/../x.c\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n").code, "build.fix-path");
  EXPECT_EQ(refused("--- a/x.c\n+++ b/x\0.c\n@@ -1 +1 @@\n-a\n+b\n"s).code, "build.fix-path");
}

TEST(Fix, RefusesWhatHoldsNoChange) {
  for (const char* text : {"", "\n", "only words\n", "\xff\xfe\x00"}) {
    EXPECT_EQ(refused(text).code, "build.fix-empty");
  }
}

TEST(Fix, RefusesBrokenDiffsAndNamesTheLine) {
  const std::pair<const char*, const char*> cases[] = {
      {"--- a/x.c\n", "line 1"},
      {"--- a/x.c\n@@ -1 +1 @@\n-a\n+b\n", "line 2"},
      {"@@ -1 +1 @@\n-a\n+b\n", "line 1"},
      {"--- a/x.c\n+++ b/x.c\n", "has no hunk"},
      {"--- a/x.c\n+++ b/x.c\n@@ nonsense @@\n", "line 3"},
      {"--- a/x.c\n+++ b/x.c\n@@ -1, +1 @@\n-a\n+b\n", "line 3"},
      {"--- a/x.c\n+++ b/x.c\n@@ -1 @@\n-a\n+b\n", "line 3"},
      {"--- a/x.c\n+++ b/x.c\n@@ -1,3 +1 @@\n-a\n+b\n", "ends too early"},
      {"--- a/x.c\n+++ b/x.c\n@@ -1 +1 @@\n-a\n-b\n", "line 5"},
      {"--- a/x.c\n+++ b/x.c\n@@ -1 +1 @@\n-a\nb\n", "line 5"},
      {"--- a/x.c\n+++ b/x.c\n@@ -1,99999999999999999999 +1 @@\n-a\n+b\n", "line 3"},
      {"--- a/x.c\n+++ b/x.c\n@@ -1,18446744073709551615 +1 @@\n-a\n+b\n", "ends too early"},
  };
  for (const auto& [text, words] : cases) {
    const Error error = refused(text);
    EXPECT_EQ(error.code, "build.fix-malformed") << text;
    EXPECT_THAT(error.message(), HasSubstr(words)) << text;
  }
}

TEST(Fix, RefusesWhatItCannotCarryOut) {
  const std::string git = "diff --git a/x.c b/x.c\n";
  const std::string link = "--- /dev/null\n+++ b/x.c\n@@ -0,0 +1 @@\n+/etc/hostname\n";
  for (const std::string& text :
       {git + "GIT binary patch\n", git + "Binary files a/x.c and b/x.c differ\n",
        git + "rename from a.c\nrename to x.c\n", git + "copy from a.c\n",
        git + "new file mode 120000\n" + link, git + "new file mode 160000\n" + link,
        git + "old mode 100644\nnew mode 100755\n" + git + kSmall,
        std::string(kSmall) + git + "new file mode 100644\nindex 0000000..e69de29\n",
        std::string("--- a/x.c\n+++ b/y.c\n@@ -1 +1 @@\n-a\n+b\n")}) {
    EXPECT_EQ(refused(text).code, "build.fix-unsupported") << text;
  }
}

TEST(Fix, ReportsAFileThatIsNotThere) {
  const auto fix = read_fix("/nonexistent/CVE-2026-1234.patch");
  ASSERT_FALSE(fix.has_value());
  EXPECT_THAT(fix.error().message(), HasSubstr("/nonexistent/CVE-2026-1234.patch"));
}

TEST(UnitsOfFixes, AreTheirSourcesEachOnce) {
  const Fix one = parsed(kSmall);
  const Fix two = parsed(std::string(kSmall) + "--- a/fs/a.c\n+++ b/fs/a.c\n@@ -1 +1 @@\n-a\n+b\n" +
                         "--- a/Documentation/x.rst\n+++ b/Documentation/x.rst\n@@ -1 +1 @@\n-a\n+b\n" +
                         "--- a/tools/testing/t.c\n+++ b/tools/testing/t.c\n@@ -1 +1 @@\n-a\n+b\n");
  EXPECT_THAT(files_touched_by({one, two}).value().units, ElementsAre("fs/a.c", "net/core/sock.c"));
}

TEST(UnitsOfFixes, NameWhatCannotBeBuilt) {
  for (const char* path : {"arch/x86/entry/vdso/vclock_gettime.c", "arch/x86/boot/main.c"}) {
    const Error error = units_refused(path);
    EXPECT_EQ(error.code, "build.not-kernel-code");
    EXPECT_THAT(error.message(), HasSubstr(path));
  }
  for (const char* path : {"arch/x86/entry/entry_64.S", "net/Makefile", "net/Kconfig"}) {
    const Error error = units_refused(path);
    EXPECT_EQ(error.code, "build.file-unsupported");
    EXPECT_THAT(error.message(), HasSubstr(path));
  }
  EXPECT_EQ(units_refused("net/new.c", "/dev/null").code, "build.unit-added");
}

}  // namespace
}  // namespace suture
