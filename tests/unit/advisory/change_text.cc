// SPDX-License-Identifier: Apache-2.0
#include "advisory/change_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "advisory/changed_parts.h"
#include "advisory/tree_difference.h"
#include "base/file.h"
#include "base/process.h"

namespace suture {
namespace {

namespace fs = std::filesystem;

class ChangeText : public testing::Test {
 protected:
  void put(const std::string& path, const std::string& before, const std::string& after) {
    for (const auto& [side, text] : {std::pair("before", before), std::pair("after", after)}) {
      if (text.empty()) continue;
      ASSERT_TRUE(write_file(folder_.path() / side / path, std::string_view(text)).has_value());
    }
  }
  static std::string numbered(int from, int to) {
    std::string text;
    for (int i = from; i <= to; ++i) text += "line " + std::to_string(i) + "\n";
    return text;
  }
  fs::path before() const { return folder_.path() / "before"; }
  fs::path after() const { return folder_.path() / "after"; }

  CodeChange change() const {
    CodeChange change;
    const auto difference = read_tree_difference(before(), after()).value();
    for (const ChangedFile& file : difference) change.files.push_back(change_of_parts(file));
    return change;
  }
  int run_in(const fs::path& tree, const std::string& text) const {
    EXPECT_TRUE(write_file(folder_.path() / "diff", std::string_view(text)).has_value());
    const auto done = run({.argv = {"patch", "-s", "-p1", "--fuzz=0", "-d", tree.string(), "-i",
                                    (folder_.path() / "diff").string()}});
    EXPECT_TRUE(done.has_value());
    return done->status;
  }

  TempDir folder_ = TempDir::make("suture-text-test-").value();
};

TEST_F(ChangeText, PatchMakesTheOneTreeOfTheOther) {
  put("net/middle.c", numbered(1, 40),
      numbered(1, 9) + "new\n" + numbered(10, 13) + numbered(15, 30) + "other\nlines\n" + numbered(32, 40));
  put("net/ends.c", numbered(1, 12), "first\n" + numbered(2, 12) + "last\n");
  put("net/added.c", "", numbered(1, 3));
  put("net/gone.c", numbered(1, 3), "");
  const auto text = text_of_change(change(), before());
  ASSERT_TRUE(text.has_value()) << text.error().message();
  ASSERT_EQ(run_in(before(), *text), 0) << *text;
  for (const char* file : {"net/middle.c", "net/ends.c", "net/added.c"}) {
    EXPECT_EQ(read_text_file(before() / file).value(), read_text_file(after() / file).value()) << *text;
  }
  EXPECT_FALSE(fs::exists(before() / "net/gone.c"));
}

TEST_F(ChangeText, SomePartsOfAFileAreADiffOfTheirOwn) {
  put("net/x.c", numbered(1, 40), numbered(1, 9) + numbered(11, 20) + "new\n" + numbered(21, 40));
  const auto difference = read_tree_difference(before(), after()).value();
  CodeChange change;
  change.files.push_back(change_of_parts(difference.at(0), {1}));
  const auto text = text_of_change(change, before());
  ASSERT_TRUE(text.has_value()) << text.error().message();
  EXPECT_EQ(*text,
            "--- a/net/x.c\n+++ b/net/x.c\n@@ -18,6 +18,7 @@\n line 18\n line 19\n line 20\n+new\n"
            " line 21\n line 22\n line 23\n");
}

TEST_F(ChangeText, AnotherSourceIsRefused) {
  put("net/x.c", numbered(1, 20), numbered(1, 9) + numbered(11, 20));
  const CodeChange read = change();
  put("net/x.c", numbered(2, 20), "");
  const auto text = text_of_change(read, before());
  ASSERT_FALSE(text.has_value());
  EXPECT_EQ(text.error().code, "advisory.other-source");
  put("net/x.c", numbered(1, 3), "");
  EXPECT_FALSE(text_of_change(read, before()).has_value());
}

}  // namespace
}  // namespace suture
