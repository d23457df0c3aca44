// SPDX-License-Identifier: Apache-2.0
#include "elf/object.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

namespace suture::elf {
namespace {
namespace fs = std::filesystem;

const fs::path kObjects = fs::path(SUTURE_TEST_DATA) / "../golden/kpatch-x86_64";

Object small() {
  Object object;
  object.sections.push_back({.name = ".text.f",
                             .flags = SHF_ALLOC | SHF_EXECINSTR,
                             .alignment = 16,
                             .size = 16,
                             .data = Bytes(16, 0x90)});
  object.sections[0].relocations = {{.offset = 4, .type = R_X86_64_PLT32, .symbol = 1, .addend = -4}};
  object.sections.push_back({.name = ".bss", .type = SHT_NOBITS, .flags = SHF_ALLOC | SHF_WRITE, .size = 64});
  object.symbols = {{.name = "f", .type = STT_FUNC, .binding = STB_GLOBAL, .section = 0, .size = 16},
                    {.name = "g", .binding = STB_GLOBAL},
                    {.name = "counter", .type = STT_OBJECT, .section = 1, .value = 8, .size = 8}};
  return object;
}

Bytes bytes_of(const Object& object) {
  auto bytes = serialize(object);
  EXPECT_TRUE(bytes) << bytes.error().message();
  return bytes.value_or(Bytes{});
}

std::string code_of(const Bytes& bytes) {
  const auto object = parse_object(bytes, "test.o");
  return object ? "" : object.error().code;
}

TEST(Object, WhatIsWrittenIsReadBack) {
  const auto read = parse_object(bytes_of(small()), "test.o");
  ASSERT_TRUE(read) << read.error().message();
  const Section* text = read->find_section(".text.f");
  ASSERT_NE(text, nullptr);
  EXPECT_EQ(text->data, Bytes(16, 0x90));
  EXPECT_EQ(text->alignment, 16u);
  EXPECT_TRUE(text->executable() && text->allocated() && !text->writable());
  ASSERT_EQ(text->relocations.size(), 1u);
  EXPECT_EQ(read->symbols[text->relocations[0].symbol].name, "g");
  EXPECT_EQ(text->relocations[0].addend, -4);
  const Section* bss = read->find_section(".bss");
  ASSERT_NE(bss, nullptr);
  EXPECT_EQ(bss->size, 64u);
  EXPECT_TRUE(bss->data.empty());
  EXPECT_EQ(read->find_section(".data"), nullptr);
}

TEST(Object, OnlyWhatIsLoadedIsKeptIfAskedFor) {
  Object object = small();
  Section debug{.name = ".debug_info", .size = 8, .data = Bytes(8)};
  debug.relocations = {{.offset = 0, .type = R_X86_64_64, .symbol = 0}};
  object.sections.push_back(debug);
  object.symbols.push_back({.name = "inside", .section = 2});
  const auto read = parse_object(bytes_of(object), "test.o", Keep::kAllocated);
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->sections.size(), 2u);
  EXPECT_EQ(read->symbols.size(), object.symbols.size());
  EXPECT_EQ(std::ranges::find(read->symbols, "inside", &Symbol::name)->section, kAbsolute);
  ASSERT_NE(read->find_section(".text.f"), nullptr);
  EXPECT_EQ(read->find_section(".text.f")->relocations.size(), 1u);
}

TEST(Object, TheSameObjectGivesTheSameBytes) {
  EXPECT_EQ(bytes_of(small()), bytes_of(small()));
}

TEST(Object, RealObjectsSurviveTheWayThrough) {
  std::size_t seen = 0;
  for (const auto& entry : fs::directory_iterator(kObjects)) {
    if (entry.path().extension() != ".o") continue;
    ++seen;
    const auto first = read_object(entry.path());
    ASSERT_TRUE(first) << first.error().message();
    const auto second = parse_object(bytes_of(*first), "its copy");
    ASSERT_TRUE(second) << entry.path() << ": " << second.error().message();
    ASSERT_EQ(second->symbols.size(), first->symbols.size()) << entry.path();
    // A reader drops the tables which a writer adds, and adds none.
    for (const Section& section : first->sections) {
      const Section* copy = second->find_section(section.name);
      ASSERT_NE(copy, nullptr) << entry.path() << " " << section.name;
    }
    EXPECT_EQ(bytes_of(*second), bytes_of(*first)) << entry.path();
  }
  EXPECT_GT(seen, 20u);
}

TEST(Object, LivepatchSymbolsAndLateRelocationsAreKept) {
  Object object = small();
  object.symbols[1].section = kLivepatch;
  object.symbols[1].name = ".klp.sym.vmlinux.g,1";
  object.late_relocations = {{.name = ".klp.rela.vmlinux..text.f",
                              .flags = SHF_ALLOC | SHF_INFO_LINK | 0x00100000,  // SHF_RELA_LIVEPATCH
                              .section = 0,
                              .relocations = std::move(object.sections[0].relocations)}};
  object.sections[0].relocations.clear();
  const auto read = parse_object(bytes_of(object), "test.ko");
  ASSERT_TRUE(read) << read.error().message();
  ASSERT_EQ(read->late_relocations.size(), 1u);
  EXPECT_EQ(read->late_relocations[0].name, ".klp.rela.vmlinux..text.f");
  ASSERT_EQ(read->late_relocations[0].relocations.size(), 1u);
  EXPECT_EQ(read->symbols[read->late_relocations[0].relocations[0].symbol].section, kLivepatch);
}

TEST(Object, ACutObjectIsRefusedAtAnyLength) {
  const Bytes whole = bytes_of(small());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_NE(code_of(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size))), "") << size;
  }
}

TEST(Object, ADamagedByteIsNeverMoreThanAnError) {
  const Bytes whole = *read_file(kObjects / "cmdline-ubsan.ORIG.o");
  for (std::size_t at = 0; at < whole.size(); ++at) {
    Bytes bytes = whole;
    bytes[at] ^= 0xff;
    const auto object = parse_object(bytes, "test.o");
    if (object) (void)serialize(*object);
  }
}

TEST(Object, OnlyX86ObjectsAreRead) {
  const Bytes whole = bytes_of(small());
  const auto with = [&](std::size_t offset, std::uint16_t value) {
    Bytes bytes = whole;
    std::memcpy(bytes.data() + offset, &value, sizeof value);
    return code_of(bytes);
  };
  EXPECT_NE(with(offsetof(Elf64_Ehdr, e_machine), EM_AARCH64), "");
  EXPECT_NE(with(offsetof(Elf64_Ehdr, e_type), ET_EXEC), "");
  EXPECT_NE(with(EI_CLASS, ELFCLASS32 | ELFDATA2LSB << 8), "");
  EXPECT_NE(code_of({}), "");
  EXPECT_NE(code_of(Bytes(64)), "");
}

TEST(Object, WhatPointsOutsideIsRefused) {
  Object object = small();
  object.sections[0].relocations[0].offset = 13;
  EXPECT_EQ(code_of(bytes_of(object)), "elf.malformed") << "its four bytes end past the section";
  object = small();
  object.symbols[0].size = 17;
  EXPECT_EQ(code_of(bytes_of(object)), "elf.malformed");
}

TEST(Object, TooManySectionsAreRefused) {
  Object object;
  object.sections.resize(40000);
  EXPECT_EQ(serialize(object).error().code, "elf.too-many-sections");
}

TEST(Relocation, WidthsAreThoseOfTheAbi) {
  EXPECT_EQ(*relocation_width(R_X86_64_NONE), 0u);
  EXPECT_EQ(*relocation_width(R_X86_64_64), 8u);
  EXPECT_EQ(*relocation_width(R_X86_64_PC32), 4u);
  EXPECT_EQ(relocation_width(R_X86_64_TLSGD).error().code, "elf.unknown-relocation");
  EXPECT_EQ(relocation_width(UINT32_MAX).error().code, "elf.unknown-relocation");
  EXPECT_TRUE(is_pc_relative(R_X86_64_PLT32));
  EXPECT_FALSE(is_pc_relative(R_X86_64_32S));
}

}  // namespace
}  // namespace suture::elf
