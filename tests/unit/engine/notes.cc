// SPDX-License-Identifier: Apache-2.0
#include "engine/notes.h"

#include <gtest/gtest.h>

#include <cstring>

namespace suture {
namespace {

void put_word(Bytes& bytes, std::uint32_t word) {
  const auto* raw = reinterpret_cast<const std::uint8_t*>(&word);
  bytes.insert(bytes.end(), raw, raw + sizeof word);
}

Bytes note(std::string_view name, std::uint32_t type, const Bytes& content) {
  Bytes bytes;
  put_word(bytes, static_cast<std::uint32_t>(name.size()));
  put_word(bytes, static_cast<std::uint32_t>(content.size()));
  put_word(bytes, type);
  bytes.insert(bytes.end(), name.begin(), name.end());
  bytes.resize((bytes.size() + 3) & ~std::size_t{3});
  bytes.insert(bytes.end(), content.begin(), content.end());
  bytes.resize((bytes.size() + 3) & ~std::size_t{3});
  return bytes;
}

const std::string kGnu("GNU\0", 4);
const std::string kXen("Xen\0", 4);

Bytes kernel_notes() {
  Bytes notes = note(kXen, 6, Bytes{'l', 'i', 'n', 'u', 'x', 0});
  const Bytes id = note(kGnu, 3, Bytes(20, 0xab));
  notes.insert(notes.end(), id.begin(), id.end());
  return notes;
}

TEST(Notes, TheBuildIdIsFoundAmongOthers) {
  const auto id = build_id_of_notes(kernel_notes());
  ASSERT_TRUE(id) << id.error().message();
  std::string expected;
  for (int i = 0; i < 20; ++i) expected += "ab";
  EXPECT_EQ(*id, expected);
}

TEST(Notes, ATypeOfAnotherOwnerIsNoBuildId) {
  const auto id = build_id_of_notes(note(kXen, 3, Bytes(20, 1)));
  ASSERT_FALSE(id);
  EXPECT_EQ(id.error().code, "engine.no-build-id");
}

TEST(Notes, NothingIsNoBuildId) {
  EXPECT_EQ(build_id_of_notes({}).error().code, "engine.no-build-id");
}

TEST(Notes, CutAnywhereIsAnError) {
  const Bytes whole = kernel_notes();
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_FALSE(build_id_of_notes(ByteView(whole).first(length))) << length;
  }
}

TEST(Notes, SizesNearTheLimitDoNotWrap) {
  Bytes notes;
  put_word(notes, 0xfffffffd);
  put_word(notes, 0xffffffff);
  put_word(notes, 3);
  EXPECT_EQ(build_id_of_notes(notes).error().code, "engine.notes-malformed");
}

TEST(Notes, AnIdOfImpossibleLengthIsRefused) {
  EXPECT_EQ(build_id_of_notes(note(kGnu, 3, Bytes(4, 1))).error().code, "engine.notes-malformed");
  EXPECT_EQ(build_id_of_notes(note(kGnu, 3, Bytes(65, 1))).error().code, "engine.notes-malformed");
}

}  // namespace
}  // namespace suture
