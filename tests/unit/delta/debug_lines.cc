// SPDX-License-Identifier: Apache-2.0
#include "delta/debug_lines.h"

#include <elfutils/libdw.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <set>

#include "delta/debug_info.h"
#include "source_pair.h"

namespace suture {
namespace {

const std::string kHeader = R"(
extern int outside(int);
static inline __attribute__((always_inline)) int twice(int a) {
  return outside(a) + outside(a + 1);
}
int in_header(int a) { return outside(a) * 3; }
)";

const std::string kSource = R"(#include "below/part.h"
int f(int a)
{
  int sum = 0;
  for (int i = 0; i < a; ++i) {
    sum += outside(i);
    if (sum > 100)
      return outside(sum) - 1;
  }
  return sum;
}
int g(int a) {
  outside(a);

  return twice(a);
}
)";

class Lines : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    pair_.flags = {"-g", GetParam()};
    // The folder is there once something was compiled in it.
    const auto first = pair_.compile("unit", "int nothing;\n");
    ASSERT_TRUE(first.has_value()) << first.error().message();
    ASSERT_TRUE(write_file(first->parent_path() / "below/part.h", kHeader).has_value());
    const auto path = pair_.compile("unit", kSource);
    ASSERT_TRUE(path.has_value()) << path.error().message();
    path_ = *path;
    auto debug = DebugInfo::read(path_);
    ASSERT_TRUE(debug.has_value() && debug->load().has_value());
    debug_.emplace(std::move(*debug));
  }

  /// "part.h:5"
  std::string ours(const std::string& section, std::uint64_t offset) const {
    const auto line = debug_->line_at(section, offset);
    if (!line) return "?";
    return std::filesystem::path(line->file).filename().string() + ":" + std::to_string(line->line);
  }

  SourcePair pair_;
  std::filesystem::path path_;
  std::optional<DebugInfo> debug_;
};

/// What elfutils tells of a linked program, which needs no relocation.
class Linked {
 public:
  explicit Linked(const std::string& path) : file_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    dwarf_ = dwarf_begin(file_, DWARF_C_READ);
  }
  ~Linked() {
    dwarf_end(dwarf_);
    close(file_);
  }
  Linked(const Linked&) = delete;
  Linked& operator=(const Linked&) = delete;

  /// "part.h:5"
  std::string line_at(std::uint64_t address) const {
    Dwarf_Off next = 0;
    std::size_t header = 0;
    Dwarf_Die unit;
    if (dwarf_nextcu(dwarf_, 0, &next, &header, nullptr, nullptr, nullptr) != 0 ||
        dwarf_offdie(dwarf_, header, &unit) == nullptr)
      return "";
    Dwarf_Line* line = dwarf_getsrc_die(&unit, address);
    int number = 0;
    if (line == nullptr || dwarf_lineno(line, &number) != 0) return "";
    const std::filesystem::path file = dwarf_linesrc(line, nullptr, nullptr);
    return fmt::format("{}:{}", file.filename().string(), number);
  }

 private:
  int file_;
  Dwarf* dwarf_ = nullptr;
};

TEST_P(Lines, AreThoseThatElfutilsTells) {
  const std::string path = path_.string() + ".linked";
  ASSERT_TRUE(
      run_ok({.argv = {"ld", "--unresolved-symbols=ignore-all", "-e", "f", "-o", path, path_.string()}})
          .has_value());
  const Linked linked(path);
  const auto symbols = run_ok({.argv = {"nm", path}});
  const auto object = elf::read_object(path_);
  ASSERT_TRUE(symbols.has_value() && object.has_value());
  for (const std::string function : {"f", "in_header"}) {
    const auto code = std::ranges::find(object->sections, ".text." + function, &elf::Section::name);
    const std::size_t symbol = symbols->out.find(" T " + function + "\n");
    ASSERT_TRUE(code != object->sections.end() && symbol != std::string::npos);
    const std::uint64_t begin = std::stoull(symbols->out.substr(symbol - 16, 16), nullptr, 16);
    for (std::uint64_t offset = 0; offset < code->size; ++offset)
      EXPECT_EQ(ours(code->name, offset), linked.line_at(begin + offset)) << function << "+" << offset;
    EXPECT_EQ(ours(code->name, code->size), "?");
  }
}

TEST_P(Lines, OfInlinedCodeAreThoseOfTheCall) {
  const auto object = elf::read_object(path_);
  ASSERT_TRUE(object.has_value());
  const auto code = std::ranges::find(object->sections, ".text.g", &elf::Section::name);
  ASSERT_NE(code, object->sections.end());
  std::set<std::string> seen;
  for (std::uint64_t offset = 0; offset < code->size; ++offset) seen.insert(ours(".text.g", offset));
  EXPECT_TRUE(seen.contains("unit.c:13"));
  EXPECT_TRUE(seen.contains("unit.c:15")) << "the call";
  for (const std::string& place : seen) EXPECT_FALSE(place.starts_with("part.h")) << place;
}

TEST_P(Lines, HaveFilesAsTheCompilerWasToldThem) {
  const auto line = debug_->line_at(".text.in_header", 0);
  ASSERT_TRUE(line.has_value());
  EXPECT_TRUE(line->file.ends_with("below/part.h")) << line->file;
}

INSTANTIATE_TEST_SUITE_P(Dwarf, Lines, testing::Values("-gdwarf-2", "-gdwarf-3", "-gdwarf-4", "-gdwarf-5"),
                         [](const auto& version) { return "Version" + std::string(1, version.param[8]); });

TEST(DebugLines, AreNoneInABrokenTable) {
  // Version 4, one operation for a step, lines from -3 on, fourteen to choose from; opcodes from 2 on; one
  // file. Then: address 0x10, line 2, on by 1 byte and 1 line; the end behind 2 more.
  const Bytes whole{44, 0, 0, 0, 4, 0, 18, 0,  0, 0, 1, 1, 1, 253, 14, 4, 0, 1, 1,  0, 'a', '.', 'c', 0,
                    0,  0, 0, 0, 0, 9, 2,  16, 0, 0, 0, 0, 0, 0,   0,  3, 1, 1, 22, 2, 2,   0,   1,   1};
  const DebugLines lines(whole, 0, {});
  ASSERT_TRUE(lines.at(0x10).has_value());
  EXPECT_EQ(lines.at(0x10)->line, 2);
  EXPECT_EQ(lines.file(lines.at(0x10)->file, "/build"), "/build/a.c");
  EXPECT_FALSE(lines.at(0xf).has_value());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const DebugLines cut(ByteView(whole).first(size), 0, {});
    EXPECT_FALSE(cut.at(0x10).has_value()) << size;
  }
  EXPECT_FALSE(DebugLines(whole, 7, {}).at(0x10).has_value());
  EXPECT_FALSE(DebugLines(whole, ~std::uint64_t{0}, {}).at(0x10).has_value());
}

}  // namespace
}  // namespace suture
