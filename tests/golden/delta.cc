// SPDX-License-Identifier: Apache-2.0
//
// Real pairs of kernel units, before and after a change: each an odd case that once broke a builder of live
// patches. What must come out is written down here.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "delta/delta.h"

namespace suture {
namespace {

struct Pair {
  std::string name;
  std::vector<std::string> functions;  ///< replaced
  std::vector<std::string> added;      ///< new functions and variables
  std::string refused;                 ///< the code, if no delta may come out
};

void PrintTo(const Pair& pair, std::ostream* out) {
  *out << pair.name;
}

class GoldenDelta : public testing::TestWithParam<Pair> {};

Result<Delta> delta_of(const std::string& name) {
  const std::filesystem::path folder = SUTURE_GOLDEN_DATA;
  const std::filesystem::path failing = folder / (name + ".PATCHED.FAIL.o");
  const elf::Object original = TRY(elf::read_object(folder / (name + ".ORIG.o")));
  const elf::Object patched =
      TRY(elf::read_object(std::filesystem::exists(failing) ? failing : folder / (name + ".PATCHED.o")));
  return make_delta(original, patched, name);
}

TEST_P(GoldenDelta, ShipsJustWhatChanged) {
  const Pair& pair = GetParam();
  const Result<Delta> delta = delta_of(pair.name);
  if (!pair.refused.empty()) {
    ASSERT_FALSE(delta.has_value());
    EXPECT_EQ(delta.error().code, pair.refused) << delta.error().message();
    return;
  }
  ASSERT_TRUE(delta.has_value()) << delta.error().message();
  std::vector<std::string> functions;
  for (const DeltaFunction& function : delta->functions) functions.push_back(function.name);
  std::ranges::sort(functions);
  EXPECT_EQ(functions, pair.functions);
  std::vector<std::string> added = delta->added;
  std::ranges::sort(added);
  EXPECT_EQ(added, pair.added);
}

TEST_P(GoldenDelta, WritesAnObjectThatReadsBackTheSame) {
  if (!GetParam().refused.empty()) return;
  const Result<Delta> delta = delta_of(GetParam().name);
  ASSERT_TRUE(delta.has_value()) << delta.error().message();
  const Result<Bytes> bytes = elf::serialize(delta->object);
  ASSERT_TRUE(bytes.has_value()) << bytes.error().message();
  const Result<elf::Object> again = elf::parse_object(*bytes, "delta");
  ASSERT_TRUE(again.has_value()) << again.error().message();
  EXPECT_EQ(elf::serialize(*again).value(), *bytes);
  // No entry of a kernel table may be left that points outside of what is shipped.
  for (const elf::Section& section : again->sections) {
    if (section.name != "__bug_table" && section.name != "__mcount_loc" && section.name != ".smp_locks")
      continue;
    for (const elf::Relocation& relocation : section.relocations) {
      EXPECT_TRUE(again->symbols[relocation.symbol].defined_in_section()) << section.name;
    }
  }
}

TEST_P(GoldenDelta, FindsNothingBetweenAUnitAndItself) {
  const std::filesystem::path folder = SUTURE_GOLDEN_DATA;
  const Result<elf::Object> object = elf::read_object(folder / (GetParam().name + ".ORIG.o"));
  ASSERT_TRUE(object.has_value());
  const Result<Delta> delta = make_delta(*object, *object, GetParam().name);
  ASSERT_TRUE(delta.has_value()) << delta.error().message();
  EXPECT_TRUE(delta->empty());
  EXPECT_TRUE(delta->added.empty());
}

const std::vector<Pair> kPairs{
#include "golden/pairs.inc"
};

INSTANTIATE_TEST_SUITE_P(Pairs, GoldenDelta, testing::ValuesIn(kPairs), [](const auto& pair) {
  std::string name = pair.param.name;
  std::ranges::replace(name, '-', '_');
  return name;
});

}  // namespace
}  // namespace suture
