// SPDX-License-Identifier: Apache-2.0
#include "delta/debug_entries.h"

#include <dwarf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "delta/debug_info.h"
#include "source_pair.h"

namespace suture {
namespace {

using testing::HasSubstr;

const std::string kSource = R"(
enum kind { SMALL = 3, LARGE = 200, LESS = -1 };
struct item { int a : 3; unsigned b : 7; struct { short x, y; } in; unsigned char bytes[200]; long open[]; };
typedef struct item item_t;
extern int outside(item_t *);
enum kind last;
int f(item_t *p) { last = p->a; return outside(p) + p->in.y; }
)";

const DebugEntry* named(const std::vector<DebugEntry>& entries, std::string_view name) {
  for (const DebugEntry& entry : entries)
    if (entry.name == name && !entry.declaration) return &entry;
  return nullptr;
}

// The same whatever form the compiler writes.
TEST(DebugEntries, AreReadFromEachVersionAndForm) {
  for (const std::vector<std::string>& flags : {std::vector<std::string>{"-g"},
                                                {"-g", "-gdwarf-4"},
                                                {"-g", "-gdwarf-3", "-gstrict-dwarf"},
                                                {"-g", "-gz"},
                                                {"-g3"}}) {
    SCOPED_TRACE(flags.back());
    SourcePair pair;
    pair.flags = flags;
    const auto path = pair.compile("unit", kSource);
    ASSERT_TRUE(path.has_value()) << path.error().message();
    const auto debug = DebugInfo::read(*path);
    ASSERT_TRUE(debug.has_value()) << debug.error().message();
    EXPECT_TRUE(debug->entries().empty()) << "nobody asked yet";
    const auto loaded = debug->load();
    ASSERT_TRUE(loaded.has_value()) << loaded.error().message();
    const auto& entries = debug->entries();
    for (const char* name : {"b", "item", "LARGE", "LESS", "bytes", "open"})
      ASSERT_NE(named(entries, name), nullptr) << name;
    const DebugEntry* b = named(entries, "b");
    EXPECT_EQ(b->tag, DW_TAG_member);
    EXPECT_EQ(b->value, 3);
    EXPECT_EQ(b->bit_size, 7);
    EXPECT_EQ(named(entries, "item")->size, 208u);
    EXPECT_EQ(named(entries, "LARGE")->value, 200);
    EXPECT_EQ(static_cast<std::int32_t>(named(entries, "LESS")->value), -1);
    const DebugEntry* bytes = named(entries, "bytes");
    EXPECT_EQ(entries.at(bytes->type + 1).value, 200);
    const DebugEntry* open = named(entries, "open");
    EXPECT_EQ(entries.at(open->type + 1).value, -1);
    const EntryId function = debug->function_at(".text.f", 4);
    ASSERT_NE(function, kNoEntry);
    EXPECT_EQ(entries[function].name, "f");
    EXPECT_EQ(debug->line_at(".text.f", 4)->line, 7);
  }
}

// Types in sections of their own, which no kernel is built with: to see some types only would be worse than
// none.
TEST(DebugEntries, AreRefusedWhereTypesAreElsewhere) {
  for (const char* version : {"-gdwarf-4", "-gdwarf-5"}) {
    SourcePair pair;
    pair.flags = {"-g", version, "-fdebug-types-section"};
    const auto path = pair.compile("unit", kSource);
    ASSERT_TRUE(path.has_value()) << path.error().message();
    const auto debug = DebugInfo::read(*path);
    ASSERT_TRUE(debug.has_value()) << debug.error().message();
    const auto loaded = debug->load();
    ASSERT_FALSE(loaded.has_value()) << version;
    EXPECT_EQ(loaded.error().code, "delta.debug-info");
  }
}

TEST(DebugEntries, MayBeNone) {
  const auto read = read_debug_entries({});
  ASSERT_TRUE(read.has_value());
  EXPECT_TRUE(read->entries.empty());
}

/// A unit of version 4 with one abbreviation: a base type with name, size, and something below it.
struct Small {
  std::vector<std::uint8_t> abbreviations{
      1, DW_TAG_base_type, 1, DW_AT_name, DW_FORM_string, DW_AT_byte_size, DW_FORM_data1, 0, 0, 0};
  std::vector<std::uint8_t> info{0, 0,   0, 0, 4, 0,   0, 0, 0, 0,
                                 8,  // length, version, abbreviations, address size
                                 1, 'i', 0, 4, 1, 'j', 0, 8, 0, 0};

  Result<DebugEntries> read() {
    info[0] = static_cast<std::uint8_t>(info.size() - 4);
    return read_debug_entries(
        {.info = info, .abbreviations = abbreviations, .strings = {}, .line_strings = {}});
  }
};

TEST(DebugEntries, AreATree) {
  Small small;
  const auto read = small.read();
  ASSERT_TRUE(read.has_value()) << read.error().message();
  ASSERT_EQ(read->entries.size(), 2u);
  EXPECT_EQ(read->entries[0].end, 2u);
  EXPECT_EQ(read->entries[1].parent, 0u);
  EXPECT_EQ(read->entries[1].name, "j");
  EXPECT_EQ(read->entries[1].size, 8u);
}

// A wrong idea of types would let a patch through that breaks data in use.
TEST(DebugEntries, AreRefusedWhenBroken) {
  const auto refused = [](const char* what, auto&& damage) {
    Small small;
    damage(small);
    const auto read = small.read();
    ASSERT_FALSE(read.has_value()) << what;
    EXPECT_EQ(read.error().code, "delta.debug-info") << what;
    EXPECT_THAT(read.error().message(), HasSubstr("near byte 0")) << what;
  };
  refused("no end of children", [](Small& s) { s.info.pop_back(); });
  refused("a string without an end", [](Small& s) { s.info.resize(13); });
  refused("an unknown abbreviation", [](Small& s) { s.info[11] = 2; });
  refused("an unknown version", [](Small& s) { s.info[4] = 6; });
  refused("an odd address size", [](Small& s) { s.info[10] = 3; });
  refused("abbreviations elsewhere", [](Small& s) { s.info[6] = 200; });
  refused("an unknown form", [](Small& s) { s.abbreviations[4] = 0x7f; });
  refused("a string elsewhere", [](Small& s) { s.abbreviations[4] = DW_FORM_strp; });
  refused("abbreviations without an end", [](Small& s) { s.abbreviations.pop_back(); });
  refused("a huge number of an abbreviation", [](Small& s) {
    s.abbreviations.insert(s.abbreviations.begin(), {0xff, 0xff, 0xff, 0x7f});
  });
}

}  // namespace
}  // namespace suture
