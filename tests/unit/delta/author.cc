// SPDX-License-Identifier: Apache-2.0
//
// What authors of fixes declare and add: callbacks, data to update in place.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../compiled.h"
#include "delta/delta.h"
#include "source_pair.h"

namespace suture {
namespace {

using testing::HasSubstr;

const std::string kCallback = R"(
#define CALLBACK(type, kind, fn) \
  static type (*suture_##kind##_##fn)(void) __attribute__((used, section(".suture." #kind))) = (fn);
)";

Result<Delta> delta_of(const std::string& before, const std::string& after,
                       const DeltaOptions& options = {}) {
  return SourcePair().delta(before, after, options);
}

DeltaOptions updating(const std::string& name) {
  DeltaOptions options;
  options.updated_data.insert(name);
  return options;
}

void expect_refused(const Result<Delta>& delta, const std::string& code, const std::string& words) {
  ASSERT_FALSE(delta.has_value()) << code;
  EXPECT_EQ(delta.error().code, code) << delta.error().message();
  EXPECT_THAT(delta.error().message(), HasSubstr(words));
}

const std::string kUnit = R"(
extern int outside(int);
int f(int x) { return outside(x) + 1; }
)";

TEST(Callbacks, AreShippedAndNamed) {
  const auto delta = delta_of(kUnit, kUnit + kCallback + R"(
static int helper;
static int begin(void) { return outside(helper); }
static void end(void) { helper = 0; }
CALLBACK(int, pre_patch, begin)
CALLBACK(void, post_unpatch, end)
)");
  ASSERT_TRUE(delta.has_value()) << delta.error().message();
  EXPECT_FALSE(delta->empty());
  EXPECT_TRUE(delta->functions.empty());
  ASSERT_EQ(delta->callbacks.size(), 2u);
  for (const DeltaCallback& callback : delta->callbacks) {
    const elf::Symbol& symbol = delta->object.symbols.at(callback.symbol);
    EXPECT_EQ(symbol.name, callback.name);
    EXPECT_TRUE(symbol.defined_in_section());
    EXPECT_EQ(callback.name, callback.kind == CallbackKind::kPrePatch ? "begin" : "end");
  }
  EXPECT_THAT(delta->added, testing::Contains("helper"));
  for (const elf::Section& section : delta->object.sections)
    EXPECT_FALSE(section.name.starts_with(".suture")) << "it is the builder's, no kernel knows it";
}

TEST(Callbacks, MustComeWithTheFix) {
  expect_refused(delta_of(kUnit, kUnit + kCallback + "CALLBACK(int, pre_patch, f)"),
                 "delta.callback-not-added", "f is no function that the fix adds");
}

TEST(Callbacks, OfAnUnknownKindAreRefused) {
  expect_refused(delta_of(kUnit, kUnit + kCallback + "static void g(void) {}\nCALLBACK(void, at_noon, g)"),
                 "delta.callback-unknown", ".suture.at_noon");
}

TEST(Callbacks, ThatCannotBePairedAreRefused) {
  const std::string three = R"(
static int a(void) { return outside(1); }
static int b(void) { return outside(2); }
static void c(void) { outside(3); }
CALLBACK(int, pre_patch, a)
CALLBACK(int, pre_patch, b)
CALLBACK(void, post_unpatch, c)
)";
  expect_refused(delta_of(kUnit, kUnit + kCallback + three), "delta.callbacks-unpaired", "2 PRE_PATCH and 1");
}

// As in kernel tables: two words of numbers, then pointers.
std::string table(const std::string& entry) {
  return "extern int one(int), two(int), outside(int);\nint f(int x) { return outside(x); }\n"
         "int g(int x) { return outside(x + 1); }\n"
         "struct entry { unsigned char a, b; unsigned short c; int d; int (*h)(int); const char *s; };\n"
         "static struct entry t[2] = { { 1, 2, 3, 4, one, \"s\" }, " +
         entry + " };\nint use(int x) { return t[x].h(x) + t[x].d; }\n";
}

TEST(DataUpdate, IsRefusedUndeclaredWithAHint) {
  const auto in_use = [](std::string source) {
    source.erase(source.find("static struct entry"), 7);
    return source;
  };
  const auto delta = delta_of(in_use(table("{ 5, 6, 7, 8, f }")), in_use(table("{ 5, 6, 7, 9, f }")));
  expect_refused(delta, "delta.data-changed", "Suture-Update-Data: t");
}

/// The struct suture_update of the only update.
const elf::Section& entry_of(const Delta& delta) {
  return delta.object.sections.at(delta.object.symbols.at(delta.updates.at(0).symbol).section);
}

const elf::Relocation* relocation_at(const elf::Section& section, std::uint64_t offset) {
  const auto found = std::ranges::find(section.relocations, offset, &elf::Relocation::offset);
  return found == section.relocations.end() ? nullptr : &*found;
}

TEST(DataUpdate, IsTheSmallestWordAroundTheValuesThatDiffer) {
  const struct {
    const char* after;
    std::uint64_t offset, width;
    std::uint8_t old_byte, new_byte;
  } kCases[] = {{"{ 5, 9, 7, 8, f }", 25, 1, 6, 9}, {"{ 5, 6, 9, 8, f }", 26, 2, 7, 9},
                {"{ 9, 9, 7, 8, f }", 24, 2, 5, 9}, {"{ 5, 9, 9, 8, f }", 24, 4, 5, 5},
                {"{ 5, 6, 7, 9, f }", 28, 4, 8, 9}, {"{ 5, 6, 9, 9, f }", 24, 8, 5, 5}};
  for (const auto& wanted : kCases) {
    const auto delta = delta_of(table("{ 5, 6, 7, 8, f }"), table(wanted.after), updating("t"));
    ASSERT_TRUE(delta.has_value()) << delta.error().message();
    ASSERT_EQ(delta->updates.size(), 1u);
    EXPECT_EQ(delta->updates[0].offset, wanted.offset) << wanted.after;
    EXPECT_EQ(delta->updates[0].width, wanted.width) << wanted.after;
    const elf::Section& entry = entry_of(*delta);
    EXPECT_EQ(entry.data.at(8), wanted.old_byte) << wanted.after;
    EXPECT_EQ(entry.data.at(16), wanted.new_byte) << wanted.after;
    EXPECT_EQ(entry.data.at(24), wanted.width) << wanted.after;
    ASSERT_NE(relocation_at(entry, 0), nullptr);
    EXPECT_EQ(relocation_at(entry, 0)->addend, static_cast<std::int64_t>(wanted.offset));
    EXPECT_EQ(delta->object.symbols[relocation_at(entry, 0)->symbol].name, "t");
    EXPECT_TRUE(delta->functions.empty()) << "who reads the table reads the running one";
  }
}

// What the kernel holds is compared as a whole: other bytes of a number than those that differ may have
// changed since boot.
TEST(DataUpdate, CutsThroughNoValue) {
  const struct {
    const char *type, *before, *after;
    std::uint64_t offset, width;
  } kCases[] = {{"long v", "0", "7", 0, 8},
                {"enum { A, B } v[3]", "{ A, A, A }", "{ A, A, B }", 8, 4},
                {"struct { char pad[4]; struct { short a, b[3]; } in[2]; } v",
                 "{ {}, { {}, { 1, { 2, 3, 4 } } } }", "{ {}, { {}, { 1, { 2, 3, 5 } } } }", 18, 2},
                {"union { char c; long l; } v[2]", "{ { 0 }, { 0 } }", "{ { 0 }, { 1 } }", 8, 8},
                {"struct { unsigned a : 3, b : 9, c : 2; int d; } v[2]", "{ {}, { 1, 2, 3, 4 } }",
                 "{ {}, { 1, 3, 3, 4 } }", 8, 2},
                {"struct { int *p; int q; char r; } v", "{ 0, 256, 1 }", "{ 0, 257, 1 }", 8, 4}};
  for (const auto& wanted : kCases) {
    const auto unit = [&](const char* value) {
      return fmt::format("{} = {};\nvoid use(void *);\nvoid f(void) {{ use(&v); }}\n", wanted.type, value);
    };
    const auto delta = delta_of(unit(wanted.before), unit(wanted.after), updating("v"));
    ASSERT_TRUE(delta.has_value()) << wanted.type << ": " << delta.error().message();
    EXPECT_EQ(delta->updates.at(0).offset, wanted.offset) << wanted.type;
    EXPECT_EQ(delta->updates.at(0).width, wanted.width) << wanted.type;
  }
}

// Two functions have a variable of that name; which is meant is not in its name.
TEST(DataUpdate, ObeysEachVariableOfTheName) {
  const auto unit = [](const char* value) {
    return fmt::format(
        "void use(void *);\nvoid f(void) {{ static short v[4] = {{ {} }}; use(v); }}\n"
        "void g(void) {{ static long v[1] = {{ 1 }}; use(v); }}\n",
        value);
  };
  const auto delta = delta_of(unit("1, 1, 1, 1"), unit("1, 1, 2, 1"), updating("v"));
  ASSERT_TRUE(delta.has_value()) << delta.error().message();
  EXPECT_EQ(delta->updates.at(0).width, 8u);
}

TEST(DataUpdate, WithoutDebugInformationIsOfWholeVariablesOnly) {
  const auto stripped = [](const char* before, const char* after) {
    return make_delta(compiled(before), compiled(after), "unit.c", updating("v"));
  };
  const auto delta = stripped("long v = 1;", "long v = 2;");
  ASSERT_TRUE(delta.has_value()) << delta.error().message();
  EXPECT_EQ(delta->updates.at(0).width, 8u);
  expect_refused(stripped("int v[3] = { 1, 1, 1 };", "int v[3] = { 1, 1, 2 };"), "delta.update-unknown-type",
                 "compile both with -g");
}

TEST(DataUpdate, MayBeAPointerToWhatTheKernelHas) {
  const struct {
    const char *before, *after, *old_name, *new_name;
  } kCases[] = {{"{ 5, 6, 7, 8, f }", "{ 5, 6, 7, 8, g }", "f", "g"},
                {"{ 5, 6, 7, 8, one }", "{ 5, 6, 7, 8, two }", "one", "two"},
                {"{ 5, 6, 7, 8, f }", "{ 5, 6, 7, 8, 0 }", "f", ""}};
  for (const auto& wanted : kCases) {
    const auto delta = delta_of(table(wanted.before), table(wanted.after), updating("t"));
    ASSERT_TRUE(delta.has_value()) << delta.error().message();
    EXPECT_EQ(delta->updates.at(0).width, 8u);
    const auto name = [&](std::uint64_t field) {
      const elf::Relocation* relocation = relocation_at(entry_of(*delta), field);
      return relocation == nullptr ? std::string() : delta->object.symbols[relocation->symbol].name;
    };
    EXPECT_EQ(name(8), wanted.old_name);
    EXPECT_EQ(name(16), wanted.new_name);
    for (const DeltaNeed& need : delta->needs)
      EXPECT_FALSE(delta->object.symbols[need.symbol].defined_in_section());
  }
}

// The new value calls changed code, but through the address of the original: it is redirected as all calls
// are.
TEST(DataUpdate, PointsToTheOriginalOfAChangedFunction) {
  std::string after = table("{ 5, 6, 7, 8, g }");
  after.replace(after.find("outside(x + 1)"), 14, "outside(x + 2)");
  const auto delta = delta_of(table("{ 5, 6, 7, 8, f }"), after, updating("t"));
  ASSERT_TRUE(delta.has_value()) << delta.error().message();
  ASSERT_EQ(delta->functions.size(), 1u);
  const elf::Relocation* relocation = relocation_at(entry_of(*delta), 16);
  ASSERT_NE(relocation, nullptr);
  EXPECT_FALSE(delta->object.symbols[relocation->symbol].defined_in_section());
}

TEST(DataUpdate, OfMoreThanOneWordIsRefused) {
  expect_refused(delta_of(table("{ 5, 6, 7, 8, f }"), table("{ 5, 6, 7, 9, g }"), updating("t")),
                 "delta.update-not-atomic", "SUTURE_PRE_PATCH");
  std::string grown = table("{ 5, 6, 7, 8, f }");
  grown.replace(grown.find("t[2]"), 4, "t[3]");
  expect_refused(delta_of(table("{ 5, 6, 7, 8, f }"), grown, updating("t")), "delta.update-not-atomic",
                 "bytes");
}

TEST(DataUpdate, ThatPointsIntoThePatchIsRefused) {
  std::string added = table("{ 5, 6, 7, 8, g }");
  added.insert(added.find("struct entry"), "static int fresh(int x) { return outside(x + 3); }\n");
  added.replace(added.find("8, g }"), 6, "8, fresh }");
  expect_refused(delta_of(table("{ 5, 6, 7, 8, f }"), added, updating("t")), "delta.update-pointer", "fresh");
  expect_refused(
      delta_of(table("{ 5, 6, 7, 8, f, \"a\" }"), table("{ 5, 6, 7, 8, f, \"b\" }"), updating("t")),
      "delta.update-pointer", "address of");
}

TEST(DataUpdate, WorksForZeroedAndConstantData) {
  const std::string code = "int use(void) { return *(volatile const int *)&limit; }\n";
  for (const char* kind : {"static int", "int", "static const int", "const int"}) {
    const std::string before = std::string(kind) + " limit = 0;\n" + code;
    const std::string after = std::string(kind) + " limit = 70000;\n" + code;
    const auto delta = delta_of(before, after, updating("limit"));
    ASSERT_TRUE(delta.has_value()) << kind << ": " << delta.error().message();
    EXPECT_EQ(delta->updates.at(0).width, 4u) << kind;
    EXPECT_EQ(entry_of(*delta).data.at(8), 0) << kind;
    EXPECT_EQ(entry_of(*delta).data.at(16), 70000 & 0xff) << kind;
  }
}

TEST(DataUpdate, NamesWhoCopiesTheTable) {
  const auto with_copy = [](const std::string& entry) {
    return table(entry) +
           "extern void *kmemdup(const void *, unsigned long);\n"
           "void *copy(void) { return kmemdup(t, sizeof t); }\n";
  };
  const auto delta = delta_of(with_copy("{ 5, 6, 7, 8, f }"), with_copy("{ 5, 6, 7, 9, f }"), updating("t"));
  ASSERT_TRUE(delta.has_value()) << delta.error().message();
  ASSERT_EQ(delta->notes.size(), 1u);
  EXPECT_EQ(delta->notes[0].code, "delta.copied-at-run-time");
  EXPECT_THAT(delta->notes[0].text, HasSubstr("copy"));
  EXPECT_THAT(delta->notes[0].text, HasSubstr(" t:"));
}

TEST(DataUpdate, OfStartUpDataIsRefusedLikeAnyOther) {
  const auto unit = [](const char* value) {
    return std::string("__attribute__((section(\".init.data\"))) int limit = ") + value +
           ";\nint use(void) { return *(volatile int *)&limit; }\n";
  };
  expect_refused(delta_of(unit("1"), unit("2"), updating("limit")), "delta.init-changed", "limit");
}

}  // namespace
}  // namespace suture
