// SPDX-License-Identifier: Apache-2.0
#include "engine/notes.h"

#include <bit>
#include <cstring>
#include <optional>

#include "base/hash.h"

namespace suture {
namespace {

constexpr std::uint32_t kGnuBuildId = 3;  // NT_GNU_BUILD_ID
constexpr std::string_view kGnuName("GNU\0", 4);
constexpr std::size_t kLeastId = 8;
constexpr std::size_t kMostId = 64;
constexpr const char* kWhat = "read the running kernel's ELF notes";

/// The kernel's notes are in the machine's own byte order.
std::uint32_t word_at(ByteView bytes, std::size_t offset) {
  std::uint32_t word = 0;
  std::memcpy(&word, bytes.data() + offset, sizeof word);
  return word;
}

/// Takes `size` bytes and their padding from the front; nothing when they are not there. The last entry
/// may lack its padding.
std::optional<ByteView> take_padded(ByteView& bytes, std::uint64_t size) {
  if (size > bytes.size()) return std::nullopt;
  const ByteView taken = bytes.first(static_cast<std::size_t>(size));
  const std::uint64_t padded = (size + 3) & ~std::uint64_t{3};
  bytes = bytes.subspan(static_cast<std::size_t>(std::min<std::uint64_t>(padded, bytes.size())));
  return taken;
}

}  // namespace

Result<std::string> build_id_of_notes(ByteView notes) {
  constexpr std::size_t kHead = 3 * sizeof(std::uint32_t);
  while (!notes.empty()) {
    if (notes.size() < kHead) return fail("engine.notes-malformed", kWhat, "a note's head is cut off");
    const std::uint32_t name_size = word_at(notes, 0);
    const std::uint32_t id_size = word_at(notes, 4);
    const std::uint32_t type = word_at(notes, 8);
    notes = notes.subspan(kHead);
    const auto name = take_padded(notes, name_size);
    if (!name) return fail("engine.notes-malformed", kWhat, "a note's name ends past the notes");
    const auto id = take_padded(notes, id_size);
    if (!id) return fail("engine.notes-malformed", kWhat, "a note's content ends past the notes");
    if (type != kGnuBuildId || as_text(*name) != kGnuName) continue;
    if (id->size() < kLeastId || id->size() > kMostId) {
      return fail("engine.notes-malformed", kWhat, "the build-id's length is out of range");
    }
    return to_hex(*id);
  }
  return fail("engine.no-build-id", kWhat, "none of them is a GNU build-id",
              "The kernel was linked without --build-id; it cannot be told from others and is not patched.");
}

}  // namespace suture
