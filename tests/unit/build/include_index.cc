// SPDX-License-Identifier: Apache-2.0
#include "build/include_index.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/file.h"
#include "base/hash.h"
#include "target/store.h"

namespace suture {
namespace {

namespace fs = std::filesystem;
using Units = std::vector<std::string>;

IncludeGraph small_graph() {
  IncludeGraph graph;
  graph.add("fs/ext4/inode.c", {.name = "ext4.h", .quoted = true});
  graph.add("fs/ext4/ext4.h", {.name = "linux/quotaops.h", .quoted = false});
  graph.add("lib/clz_tab.c");
  return graph;
}

TEST(IncludeIndex, GivesBackWhatWasWritten) {
  const IncludeGraph graph = small_graph();
  const auto read = read_include_index(include_index_text(graph, "12.5"), "12.5");
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->files(), graph.files());
  EXPECT_EQ(read->units_that_include({"include/linux/quotaops.h"}), Units{"fs/ext4/inode.c"});
  EXPECT_EQ(read->units(), 2u);
}

TEST(IncludeIndex, IsOfOneStateOfTheSource) {
  EXPECT_FALSE(read_include_index(include_index_text(small_graph(), "12.5"), "12.6").has_value());
}

TEST(IncludeIndex, IsOfOneVersion) {
  std::string text = include_index_text(small_graph(), "1");
  text.replace(text.find("suture-includes 2"), 17, "suture-includes 0");
  EXPECT_FALSE(read_include_index(text, "1").has_value());
}

TEST(IncludeIndex, TakesNothingFromBrokenBytes) {
  const std::string text = include_index_text(small_graph(), "1");
  EXPECT_FALSE(read_include_index("", "1").has_value());
  for (std::size_t size = 0; size < text.size(); ++size)
    EXPECT_FALSE(read_include_index(text.substr(0, size), "1").has_value()) << size;
  for (std::size_t at = 0; at < text.size(); ++at) {
    std::string bad = text;
    bad[at] = static_cast<char>(bad[at] ^ 1);
    EXPECT_FALSE(read_include_index(bad, "1").has_value()) << at;
  }
}

// A right checksum says who wrote it, not that it makes sense.
TEST(IncludeIndex, RefusesLinesOutOfPlace) {
  const auto with = [](const std::string& body) {
    return read_include_index("suture-includes 2 s " + sha256_hex(as_bytes(body)) + "\n" + body, "s");
  };
  EXPECT_TRUE(with("Fa.c\nqb.h\n").has_value());
  EXPECT_FALSE(with("qb.h\n").has_value()) << "of which file?";
  EXPECT_FALSE(with("Fa.c\nxb.h\n").has_value()) << "no such kind";
  EXPECT_FALSE(with("Fa.c\n\n").has_value()) << "an empty line";
  EXPECT_FALSE(with("Fa.c\nq\n").has_value()) << "a name of no bytes";
  EXPECT_FALSE(with("Fa.c").has_value()) << "no end of the line";
}

class IndexedSource : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(write_file(source_ / "a.c", "#include <x.h>\n").has_value());
    ASSERT_TRUE(write_file(source_ / "none.c", "int x;\n").has_value());
  }
  Units includers() const {
    const auto graph = indexed_includes(source_);
    EXPECT_TRUE(graph.has_value()) << graph.error().message();
    return graph->units_that_include({"include/x.h"});
  }
  TempDir folder_ = *TempDir::make("suture-test");
  fs::path source_ = folder_.path() / "linux";
  fs::path index_ = include_index_of(source_);
};

TEST_F(IndexedSource, IsReadOnce) {
  EXPECT_EQ(includers(), Units{"a.c"});
  EXPECT_EQ(index_, folder_.path() / "linux.includes");
  ASSERT_TRUE(fs::exists(index_));
  // What changes below the folder's first level is not looked at: nobody writes to a source in the store.
  { std::ofstream(source_ / "a.c") << "nothing\n"; }
  EXPECT_EQ(includers(), Units{"a.c"});
  EXPECT_EQ(indexed_includes(source_)->units(), 2u);
}

TEST_F(IndexedSource, IsReadAnewWhenTheIndexIsBroken) {
  EXPECT_EQ(includers(), Units{"a.c"});
  const std::string good = read_text_file(index_).value();
  ASSERT_TRUE(write_file(index_, good.substr(0, good.size() / 2)).has_value());
  EXPECT_EQ(includers(), Units{"a.c"});
  EXPECT_EQ(read_text_file(index_).value(), good) << "and mended";
}

TEST_F(IndexedSource, IsReadAnewWhenTheSourceIsAnother) {
  EXPECT_EQ(includers(), Units{"a.c"});
  fs::remove_all(source_);
  ASSERT_TRUE(write_file(source_ / "b.c", "#include <x.h>\n").has_value());
  fs::last_write_time(source_, fs::last_write_time(source_) + std::chrono::seconds(5));
  EXPECT_EQ(includers(), Units{"b.c"});
}

TEST_F(IndexedSource, IsDoneWithoutWhereItCannotBeKept) {
  fs::create_directory(index_);
  EXPECT_EQ(includers(), Units{"a.c"});
}

}  // namespace
}  // namespace suture
