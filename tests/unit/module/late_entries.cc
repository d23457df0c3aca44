// SPDX-License-Identifier: Apache-2.0
#include "module/late_entries.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace suture {
namespace {

/// Code with a jump label and a static call, the keys of both in the module vsock.
elf::Object object_with_keys(const std::string& key, const Bytes& site) {
  elf::Object object;
  object.sections.push_back(
      {.name = ".text.f", .flags = SHF_ALLOC | SHF_EXECINSTR, .size = 16, .data = Bytes(16, 0x90)});
  std::ranges::copy(site, object.sections[0].data.begin() + 8);
  object.symbols.push_back({.name = "f", .type = STT_FUNC, .section = 0, .size = 16});
  object.symbols.push_back({.name = "outside", .binding = STB_GLOBAL});
  object.symbols.push_back({.name = key, .binding = STB_GLOBAL});
  object.sections.push_back({.name = "__jump_table", .flags = SHF_ALLOC, .size = 32, .data = Bytes(32)});
  // The first entry has a key of the kernel, the second one of the module.
  for (const std::uint64_t entry : {0u, 16u}) {
    for (const std::uint64_t field : {0u, 4u, 8u}) {
      const bool is_key = field == 8;
      const std::uint32_t type = is_key ? R_X86_64_PC64 : R_X86_64_PC32;
      object.sections[1].relocations.push_back({.offset = entry + field,
                                                .type = type,
                                                .symbol = is_key && entry == 16 ? 2u : 0u,
                                                .addend = field == 0 ? 8 : 0});
    }
  }
  object.sections.push_back({.name = ".static_call_sites", .flags = SHF_ALLOC, .size = 8, .data = Bytes(8)});
  object.sections[2].relocations.push_back({.offset = 0, .type = R_X86_64_PC32, .symbol = 0, .addend = 3});
  object.sections[2].relocations.push_back({.offset = 4, .type = R_X86_64_PC32, .symbol = 2, .addend = 0});
  return object;
}

std::vector<std::optional<SymbolSource>> sources_with_key_in(const std::string& home) {
  const SymbolSource key{.exported_crc = {}, .object = home, .name = "key"};
  return {std::nullopt, SymbolSource{.exported_crc = {}, .object = "vmlinux", .name = "outside"}, key};
}

TEST(LateEntries, OfTracepointsAndStaticCallsCanGo) {
  elf::Object object = object_with_keys("__tracepoint_virtio_recv", {0x66, 0x90});
  const auto silent = drop_late_entries(object, sources_with_key_in("vsock"));
  ASSERT_EQ(silent.size(), 1u);
  EXPECT_EQ(silent[0].name, "virtio_recv");
  EXPECT_EQ(silent[0].function, object.symbols[0].name);
  EXPECT_EQ(silent[0].offset, 8u);
  EXPECT_EQ(object.sections[1].size, 16u);
  EXPECT_EQ(object.sections[1].relocations.size(), 3u);
  EXPECT_EQ(object.sections[2].size, 0u);
}

TEST(LateEntries, OfTheKernelStay) {
  elf::Object object = object_with_keys("__tracepoint_sched_switch", {0x66, 0x90});
  EXPECT_TRUE(drop_late_entries(object, sources_with_key_in("vmlinux")).empty());
  EXPECT_EQ(object.sections[1].relocations.size(), 6u);
  EXPECT_EQ(object.sections[2].size, 8u);
}

// Another key decides what the code does; and where the jump is taken, the tracepoint would be on for good.
TEST(LateEntries, ThatTheCodeNeedsStay) {
  const std::pair<std::string, Bytes> cases[] = {{"vsock_fast", {0x0f, 0x1f, 0x44, 0x00, 0x00}},
                                                 {"__tracepoint_virtio_recv", {0xeb, 0x20}}};
  for (const auto& [key, site] : cases) {
    elf::Object object = object_with_keys(key, site);
    EXPECT_TRUE(drop_late_entries(object, sources_with_key_in("vsock")).empty()) << key;
    EXPECT_EQ(object.sections[1].relocations.size(), 6u) << key;
  }
}

TEST(LateEntries, WithBrokenTablesStay) {
  elf::Object object = object_with_keys("__tracepoint_virtio_recv", {0x66, 0x90});
  object.sections[1].relocations.pop_back();
  object.sections[2].data.resize(7);
  EXPECT_TRUE(drop_late_entries(object, sources_with_key_in("vsock")).empty());
  EXPECT_EQ(object.sections[1].relocations.size(), 5u);
  EXPECT_EQ(object.sections[2].relocations.size(), 2u);
}

}  // namespace
}  // namespace suture
