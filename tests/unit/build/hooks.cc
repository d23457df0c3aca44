// SPDX-License-Identifier: Apache-2.0
#include "build/hooks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace suture {
namespace {

using testing::HasSubstr;

Delta delta_with(std::string unit, std::vector<DeltaCallback> callbacks) {
  Delta delta;
  delta.unit = std::move(unit);
  delta.callbacks = std::move(callbacks);
  return delta;
}

TEST(Hooks, PairCallbacksInOrder) {
  const Delta first = delta_with("a.c", {{CallbackKind::kPrePatch, "do_1", 1},
                                         {CallbackKind::kPrePatch, "do_2", 2},
                                         {CallbackKind::kPostUnpatch, "undo_1", 3},
                                         {CallbackKind::kPostUnpatch, "undo_2", 4}});
  const Delta second = delta_with("b.c", {{CallbackKind::kPostPatch, "after", 5}});
  const Hooks hooks = hooks_of({{.delta = &first, .object = 0}, {.delta = &second, .object = 3}});
  ASSERT_EQ(hooks.steps.size(), 3u);
  EXPECT_EQ(hooks.steps[0].name, "a.c:do_1:undo_1");
  EXPECT_EQ(hooks.steps[1].name, "a.c:do_2:undo_2");
  EXPECT_EQ(hooks.steps[2].name, "b.c:after");
  EXPECT_EQ(hooks.steps[2].object, 3u);
  EXPECT_TRUE(hooks.steps[2].callbacks[0].empty());
  ASSERT_EQ(hooks.aliases.size(), 5u);
  EXPECT_EQ(hooks.aliases[3].name, hooks.steps[1].callbacks[3]);
  EXPECT_EQ(hooks.aliases[3].symbol, 4u);
  EXPECT_EQ(hooks.aliases[4].part, 1u);
}

/// One update, whose new value is the address of an undefined symbol.
Delta delta_with_update() {
  Delta delta;
  delta.object.sections.push_back({.name = ".data.suture_update", .size = 56, .data = Bytes(56)});
  delta.object.symbols.push_back({.name = "handler", .binding = STB_GLOBAL});
  delta.object.symbols.push_back({.name = "suture_update.t", .type = STT_OBJECT, .section = 0});
  delta.object.sections[0].relocations.push_back({.offset = 16, .type = R_X86_64_64, .symbol = 0});
  delta.updates.push_back({.name = "t", .offset = 8, .width = 8, .symbol = 1});
  return delta;
}

TEST(Hooks, NameUpdates) {
  const Delta delta = delta_with_update();
  const Hooks hooks = hooks_of({{.delta = &delta, .object = 2}});
  ASSERT_EQ(hooks.updates.size(), 1u);
  EXPECT_EQ(hooks.updates[0].variable, "t");
  EXPECT_EQ(hooks.updates[0].object, 2u);
  EXPECT_EQ(hooks.aliases.at(0).name, hooks.updates[0].symbol);
  EXPECT_EQ(hooks.aliases.at(0).symbol, 1u);
}

TEST(Hooks, RefuseTheAddressOfWhatAnotherUnitBrings) {
  const Delta delta = delta_with_update();
  LinkPart part{.object = &delta.object, .patches = "vmlinux", .sources = {}};
  part.sources.resize(2);
  const auto refused = check_update_pointers(delta, part);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, "delta.update-pointer");
  EXPECT_THAT(refused.error().message(), HasSubstr("handler"));
  part.sources[0] = SymbolSource{.exported_crc = 1};
  EXPECT_TRUE(check_update_pointers(delta, part).has_value());
}

}  // namespace
}  // namespace suture
