// SPDX-License-Identifier: Apache-2.0
#include "build/patched_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

namespace suture {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class PatchedTreeTest : public testing::Test {
 protected:
  void SetUp() override {
    auto folder = TempDir::make("suture-test");
    ASSERT_TRUE(folder.has_value());
    folder_.emplace(std::move(*folder));
    put("Makefile", "all:\n");
    put("net/core/sock.c", "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\nten\n");
    put("net/core/dev.c", "dev\n");
    put("net/core/local.h", "local\n");
    put("net/Makefile", "obj-y += core/\n");
    put("fs/read.c", "read\n");
  }

  fs::path pristine() const { return folder_->path() / "linux"; }
  void put(const std::string& name, std::string_view text) {
    ASSERT_TRUE(write_file(pristine() / name, text).has_value());
  }
  static std::string text(const fs::path& path) { return read_text_file(path).value_or("(no file)"); }

  static Fix fix(const std::string& name, const std::string& diff) {
    auto fix = parse_fix(diff, name);
    EXPECT_TRUE(fix.has_value()) << fix.error().message();
    return fix ? std::move(*fix) : Fix{};
  }
  /// Changes the first line of the file.
  static Fix change(const std::string& name, const std::string& path, const std::string& from,
                    const std::string& to) {
    return fix(name, "--- a/" + path + "\n+++ b/" + path + "\n@@ -1 +1 @@\n-" + from + "\n+" + to + "\n");
  }
  PatchedTree made(const std::vector<Fix>& fixes) const {
    auto tree = PatchedTree::make(pristine(), fixes);
    if (!tree) throw std::runtime_error(tree.error().message());
    return std::move(*tree);
  }
  Error refused(const std::vector<Fix>& fixes) const {
    const auto tree = PatchedTree::make(pristine(), fixes);
    EXPECT_FALSE(tree.has_value());
    return tree ? Error{} : tree.error();
  }

  std::optional<TempDir> folder_;
};

TEST_F(PatchedTreeTest, CopiesOnlyWhatIsPatched) {
  const PatchedTree tree = made({change("f", "net/core/dev.c", "dev", "DEV")});
  EXPECT_EQ(text(tree.root() / "net/core/dev.c"), "DEV\n");
  EXPECT_EQ(text(pristine() / "net/core/dev.c"), "dev\n");
  EXPECT_FALSE(fs::is_symlink(tree.root() / "net"));
  EXPECT_FALSE(fs::is_symlink(tree.root() / "net/core"));
  for (const char* link : {"Makefile", "fs", "net/Makefile", "net/core/sock.c", "net/core/local.h"}) {
    EXPECT_TRUE(fs::is_symlink(tree.root() / link)) << link;
    EXPECT_TRUE(fs::equivalent(tree.root() / link, pristine() / link)) << link;
  }
}

TEST_F(PatchedTreeTest, GoesAwayWithItsOwner) {
  fs::path root;
  {
    const PatchedTree tree = made({change("f", "fs/read.c", "read", "READ")});
    root = tree.root();
    EXPECT_TRUE(fs::exists(root));
  }
  EXPECT_FALSE(fs::exists(root));
  EXPECT_EQ(text(pristine() / "net/core/dev.c"), "dev\n") << "the tree was emptied through a link";
}

TEST_F(PatchedTreeTest, PutsFixesOnTopOfEachOther) {
  const PatchedTree tree =
      made({change("one", "fs/read.c", "read", "reread"), change("two", "fs/read.c", "reread", "done")});
  EXPECT_EQ(text(tree.root() / "fs/read.c"), "done\n");
  EXPECT_EQ(
      refused({change("two", "fs/read.c", "reread", "done"), change("one", "fs/read.c", "read", "reread")})
          .code,
      "build.fix-does-not-apply");
}

TEST_F(PatchedTreeTest, PatchesReadOnlySources) {
  fs::permissions(pristine() / "fs/read.c", fs::perms::owner_read);
  EXPECT_EQ(text(made({change("f", "fs/read.c", "read", "READ")}).root() / "fs/read.c"), "READ\n");
}

TEST_F(PatchedTreeTest, NamesFixFileAndHunk) {
  const Error error = refused({fix("stale",
                                   "--- a/net/core/sock.c\n+++ b/net/core/sock.c\n"
                                   "@@ -1,2 +1,2 @@\n-one\n+ONE\n two\n"
                                   "@@ -7,3 +7,3 @@\n seven\n-acht\n+ACHT\n nine\n")});
  EXPECT_EQ(error.code, "build.fix-does-not-apply");
  EXPECT_THAT(error.message(), HasSubstr("stale"));
  EXPECT_THAT(error.message(), HasSubstr("net/core/sock.c: hunk 2 does not match near line 7"));
}

// Context that differs may mean that the code around does something else now.
TEST_F(PatchedTreeTest, TakesNoFuzz) {
  const std::string diff =
      "--- a/net/core/sock.c\n+++ b/net/core/sock.c\n@@ -2,5 +2,5 @@\n zwei\n three\n-four\n+FOUR\n five\n "
      "six\n";
  EXPECT_EQ(refused({fix("f", diff)}).code, "build.fix-does-not-apply");
}

TEST_F(PatchedTreeTest, FollowsCodeThatMoved) {
  const PatchedTree tree = made({fix(
      "f",
      "--- a/net/core/sock.c\n+++ b/net/core/sock.c\n@@ -4,3 +4,3 @@\n seven\n-eight\n+EIGHT\n nine\n")});
  EXPECT_THAT(text(tree.root() / "net/core/sock.c"), HasSubstr("seven\nEIGHT\nnine\n"));
}

TEST_F(PatchedTreeTest, TellsWhatMoved) {
  const PatchedTree tree = made(
      {fix("f",
           "--- a/net/core/sock.c\n+++ b/net/core/sock.c\n@@ -4,3 +4,3 @@\n seven\n-eight\n+EIGHT\n nine\n"),
       change("g", "fs/read.c", "read", "READ")});
  ASSERT_EQ(tree.fits().size(), 2u);
  EXPECT_THAT(tree.fits()[0].drift, testing::ElementsAre("net/core/sock.c: hunk 1, 3 lines further down"));
  EXPECT_THAT(tree.fits()[1].drift, testing::IsEmpty());
}

TEST_F(PatchedTreeTest, SeesThatAFixIsThereAlready) {
  const PatchedTree tree =
      made({change("old", "fs/read.c", "unread", "read"), change("new", "net/core/dev.c", "dev", "DEV")});
  EXPECT_THAT(tree.fits()[0].not_affected, HasSubstr("has the fix already"));
  EXPECT_TRUE(tree.fits()[0].already_fixed);
  EXPECT_EQ(text(tree.root() / "fs/read.c"), "read\n");
  EXPECT_EQ(tree.fits()[1].not_affected, "");
  EXPECT_EQ(text(tree.root() / "net/core/dev.c"), "DEV\n");
}

// One file has the change, the other does not: neither applied nor needless.
TEST_F(PatchedTreeTest, RefusesWhatIsThereInPart) {
  const Error error = refused({fix("half",
                                   "--- a/fs/read.c\n+++ b/fs/read.c\n@@ -1 +1 @@\n-unread\n+read\n"
                                   "--- a/net/core/dev.c\n+++ b/net/core/dev.c\n@@ -1 +1 @@\n-dev\n+DEV\n")});
  EXPECT_EQ(error.code, "build.fix-does-not-apply");
  EXPECT_THAT(error.message(), HasSubstr("fs/read.c: a part of the change is there already"));
}

// Where the removed line was, any code without it looks the same.
TEST_F(PatchedTreeTest, TakesNoRemovalForDone) {
  const std::string diff =
      "--- a/net/core/sock.c\n+++ b/net/core/sock.c\n@@ -2,3 +2,2 @@\n two\n-two and a half\n three\n";
  EXPECT_EQ(refused({fix("f", diff)}).code, "build.fix-does-not-apply");
}

Fix fix_of_gone_file(const std::string& function) {
  return *parse_fix("--- a/net/gone.c\n+++ b/net/gone.c\n@@ -7 +7 @@ static int " + function +
                        "(struct sock *sk)\n-a\n+b\n",
                    "gone");
}

TEST_F(PatchedTreeTest, SeesThatCodeIsAbsent) {
  const PatchedTree tree = made({fix_of_gone_file("gone_receive"), change("g", "fs/read.c", "read", "READ")});
  EXPECT_THAT(tree.fits()[0].not_affected,
              HasSubstr("has no net/gone.c, and nothing of it is called gone_receive"));
  EXPECT_EQ(text(tree.root() / "fs/read.c"), "READ\n");
}

TEST_F(PatchedTreeTest, LooksForCodeThatWentElsewhere) {
  put("net/moved/here.c", "int gone_receive(struct sock *sk)\n");
  const Error error = refused({fix_of_gone_file("gone_receive")});
  EXPECT_EQ(error.code, "build.fix-does-not-apply");
  EXPECT_THAT(error.message(), HasSubstr("net/moved/here.c speaks of gone_receive"));
}

TEST_F(PatchedTreeTest, AcceptsMailedLineEnds) {
  const PatchedTree tree =
      made({fix("f", "--- a/fs/read.c\r\n+++ b/fs/read.c\r\n@@ -1 +1 @@\r\n-read\r\n+READ\r\n")});
  EXPECT_EQ(text(tree.root() / "fs/read.c"), "READ\n");
}

TEST_F(PatchedTreeTest, AddsAndRemovesFiles) {
  const PatchedTree tree = made({fix("f",
                                     "--- /dev/null\n+++ b/net/added.c\n@@ -0,0 +1 @@\n+added\n"
                                     "--- a/fs/read.c\n+++ /dev/null\n@@ -1 +0,0 @@\n-read\n")});
  EXPECT_EQ(text(tree.root() / "net/added.c"), "added\n");
  EXPECT_FALSE(fs::exists(fs::symlink_status(tree.root() / "fs/read.c")));
  EXPECT_TRUE(fs::exists(pristine() / "fs/read.c"));
  EXPECT_FALSE(fs::exists(pristine() / "net/added.c"));
}

TEST_F(PatchedTreeTest, RefusesToAddWhatIsThere) {
  EXPECT_EQ(refused({fix("f", "--- /dev/null\n+++ b/fs/read.c\n@@ -0,0 +1 @@\n+other\n")}).code,
            "build.fix-does-not-apply");
}

TEST_F(PatchedTreeTest, RefusesAFileThatIsNotThere) {
  const Error error = refused({change("f", "net/gone.c", "a", "b")});
  EXPECT_EQ(error.code, "build.fix-does-not-apply");
  EXPECT_THAT(error.message(), HasSubstr("net/gone.c"));
  EXPECT_EQ(refused({change("f", "net/core", "a", "b")}).code, "build.fix-does-not-apply");
}

// patch(1) knows more formats than the reader; a part that was not read must not be carried out.
TEST_F(PatchedTreeTest, DoesNothingThatWasNotRead) {
  const PatchedTree tree = made({fix("f",
                                     "--- a/fs/read.c\n+++ b/fs/read.c\n@@ -1 +1 @@\n-read\n+READ\n"
                                     "Index: net/core/dev.c\n1c1\n< dev\n---\n> EVIL\n"
                                     "*** a/net/core/sock.c\t\n")});
  EXPECT_EQ(text(tree.root() / "net/core/dev.c"), "dev\n");
  EXPECT_EQ(text(tree.root() / "fs/read.c"), "READ\n");
}

TEST_F(PatchedTreeTest, NoticesThatTheUnpatchedFileWasRead) {
  const PatchedTree tree = made({change("f", "net/core/local.h", "local", "LOCAL")});
  EXPECT_TRUE(tree.check_files_read(
                      {tree.root() / "net/core/local.h", tree.root() / "fs/read.c", pristine() / "fs/read.c"})
                  .has_value());
  // fs is a link, so ".." leads into the unpatched tree.
  for (const fs::path& escape : {pristine() / "net/core/local.h", tree.root() / "fs/../net/core/local.h"}) {
    const auto checked = tree.check_files_read({escape});
    ASSERT_FALSE(checked.has_value()) << escape;
    EXPECT_EQ(checked.error().code, "build.overlay-escape");
    EXPECT_THAT(checked.error().message(), HasSubstr("net/core/local.h"));
  }
}

}  // namespace
}  // namespace suture
