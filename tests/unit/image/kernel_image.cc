// SPDX-License-Identifier: Apache-2.0
#include "image/kernel_image.h"

#include <gtest/gtest.h>

#include <functional>

#include "image/bzimage.h"
#include "kernel_builder.h"

namespace suture {
namespace {

using namespace test;

std::string code_of(const Bytes& file) {
  const auto image = KernelImage::parse(file);
  return image ? "" : image.error().code;
}

Bytes vmlinux(Layout layout = Layout::kOffsetsFirst) {
  return build_vmlinux(build_segment(layout).bytes);
}

class LayoutTest : public testing::TestWithParam<Layout> {};

TEST_P(LayoutTest, AllSymbolsAreReadAsTheyWereWritten) {
  const auto image = KernelImage::parse(vmlinux(GetParam()));
  ASSERT_TRUE(image) << image.error().message();
  const auto expected = built_symbols();
  ASSERT_EQ(image->symbols().size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(image->symbols()[i].address, expected[i].address) << i;
    EXPECT_EQ(image->symbols()[i].type + image->symbols()[i].name, expected[i].name) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Each, LayoutTest,
                         testing::Values(Layout::kOffsetsFirst, Layout::kPlainOffsetsFirst,
                                         Layout::kPointersFirst, Layout::kOffsetsLast,
                                         Layout::kOwnOffsetsLast));

// An even number of markers ends right where the tokens begin; an odd one before padding.
TEST(Kallsyms, AreReadWithAnyNumberOfMarkers) {
  for (const std::uint64_t count : {800u, 1025u, 1280u, 1281u, 1500u, 1536u, 1537u}) {
    const auto image = KernelImage::parse(build_vmlinux(build_segment(Layout::kOffsetsFirst, count).bytes));
    ASSERT_TRUE(image) << count << ": " << image.error().message();
    EXPECT_EQ(image->symbols().size(), count);
  }
}

class BzImageTest : public testing::TestWithParam<Compression> {};

TEST_P(BzImageTest, TheKernelInsideIsRead) {
  Bytes inner = vmlinux();
  inner.resize(inner.size() + 4000, 0xee);  // a KASLR kernel's relocation list
  const auto image = KernelImage::parse(build_bzimage(compress(inner, GetParam())));
  ASSERT_TRUE(image) << image.error().message();
  EXPECT_EQ(image->build_id(), "a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3");
  EXPECT_EQ(image->release(), "6.1.0-1-test");
  EXPECT_EQ(image->banner() + "\n", kBanner);
}

INSTANTIATE_TEST_SUITE_P(Each, BzImageTest,
                         testing::Values(Compression::kGzip, Compression::kBzip2, Compression::kLzma,
                                         Compression::kXz, Compression::kLz4, Compression::kZstd));

TEST(KernelImage, SymbolsAreFoundByNameAndAddress) {
  const auto image = KernelImage::parse(vmlinux());
  ASSERT_TRUE(image) << image.error().message();
  const auto shows = image->find("show");
  ASSERT_EQ(shows.size(), 2u) << "sympos counts them";
  EXPECT_LT(shows[0]->address, shows[1]->address);
  EXPECT_TRUE(image->find("sho").empty());
  EXPECT_EQ(image->find(std::string(300, 'x')).size(), 1u);
  EXPECT_EQ(image->symbol_at(shows[0]->address), shows[0]);
  EXPECT_EQ(image->symbol_at(shows[0]->address + 1), nullptr);
  const auto extent = image->symbol_containing(shows[0]->address + 3);
  ASSERT_TRUE(extent);
  EXPECT_EQ(extent->symbol, shows[0]);
  EXPECT_EQ(extent->offset, 3u);
  EXPECT_EQ(extent->reach, 16u);
  EXPECT_FALSE(image->symbol_containing(kBase - 1));
  EXPECT_FALSE(image->symbol_containing(image->symbols().back().address + 1));
}

TEST(KernelImage, OnlyBytesOfTheFileAreGiven) {
  const Bytes segment = build_segment().bytes;
  const auto image = KernelImage::parse(build_vmlinux(segment, 4096));
  ASSERT_TRUE(image) << image.error().message();
  EXPECT_EQ((*image->bytes(kBase, 1))[0], 0x90);
  EXPECT_TRUE(image->bytes(kBase, segment.size()));
  EXPECT_FALSE(image->bytes(kBase, segment.size() + 1)) << ".bss is not shipped";
  EXPECT_FALSE(image->bytes(kBase + segment.size() + 10, 1));
  EXPECT_FALSE(image->bytes(kBase - 1, 2));
  EXPECT_FALSE(image->bytes(kBase, SIZE_MAX));
  EXPECT_FALSE(image->bytes(UINT64_MAX, 2));
  EXPECT_FALSE(image->bytes(0, 0));
}

TEST(BzImage, HeadersThatLieAreRefused) {
  const Bytes good = build_bzimage(compress(vmlinux(), Compression::kGzip));
  const auto with = [&](std::size_t offset, auto value) {
    Bytes file = good;
    store(file, offset, value);
    return code_of(file);
  };
  EXPECT_EQ(with(0x206, std::uint16_t{0x0207}), "image.unknown-format");
  EXPECT_EQ(with(0x248, UINT32_MAX), "image.malformed");
  EXPECT_EQ(with(0x24c, UINT32_MAX), "image.malformed");
  EXPECT_EQ(with(0x24c, std::uint32_t{8}), "image.malformed");
  EXPECT_EQ(with(0x1f1, std::uint8_t{255}), "image.malformed");
  EXPECT_EQ(with(0x202, 'x'), "image.unknown-format");
  EXPECT_EQ(extract_vmlinux(good, 1000).error().code, "image.too-large");
}

TEST(BzImage, ACutFileIsRefusedAtAnyLength) {
  const Bytes good = build_bzimage(compress(vmlinux(), Compression::kGzip));
  for (std::size_t size = 0; size + 512 < good.size(); size += 61) {
    EXPECT_NE(code_of(Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size))), "") << size;
  }
}

TEST(Vmlinux, ACutFileIsRefusedAtAnyLength) {
  const Bytes good = vmlinux();
  for (std::size_t size = 0; size < good.size(); size += 97) {
    EXPECT_NE(code_of(Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size))), "") << size;
  }
}

TEST(Vmlinux, HeadersThatLieAreRefused) {
  const Bytes good = build_vmlinux(build_segment().bytes, 64);
  const auto with = [&](std::size_t offset, auto value) {
    Bytes file = good;
    store(file, offset, value);
    return code_of(file);
  };
  constexpr std::size_t kLoad = sizeof(Elf64_Ehdr);
  EXPECT_EQ(with(0, 'x'), "image.unknown-format");
  EXPECT_EQ(with(EI_CLASS, std::uint8_t{ELFCLASS32}), "image.unknown-format");
  EXPECT_EQ(with(offsetof(Elf64_Ehdr, e_machine), std::uint16_t{EM_AARCH64}), "image.unknown-format");
  EXPECT_EQ(with(offsetof(Elf64_Ehdr, e_type), std::uint16_t{ET_REL}), "image.unknown-format");
  EXPECT_EQ(with(offsetof(Elf64_Ehdr, e_phoff), UINT64_MAX), "image.malformed");
  EXPECT_EQ(with(offsetof(Elf64_Ehdr, e_phnum), std::uint16_t{UINT16_MAX}), "image.malformed");
  EXPECT_EQ(with(offsetof(Elf64_Ehdr, e_phentsize), std::uint16_t{1}), "image.malformed");
  EXPECT_EQ(with(offsetof(Elf64_Ehdr, e_shoff), UINT64_MAX - 8), "image.malformed");
  EXPECT_EQ(with(offsetof(Elf64_Ehdr, e_shnum), std::uint16_t{UINT16_MAX}), "image.malformed");
  EXPECT_EQ(with(kLoad + offsetof(Elf64_Phdr, p_offset), UINT64_MAX), "image.malformed");
  EXPECT_EQ(with(kLoad + offsetof(Elf64_Phdr, p_filesz), UINT64_MAX), "image.malformed");
  EXPECT_EQ(with(kLoad + offsetof(Elf64_Phdr, p_vaddr), UINT64_MAX - 16), "image.malformed");
  EXPECT_EQ(with(512 + sizeof(Elf64_Shdr) + offsetof(Elf64_Shdr, sh_addr), UINT64_MAX), "image.malformed");
}

TEST(Vmlinux, ItMustHaveABuildId) {
  Bytes file = vmlinux();
  store(file, kNotesAt + 8, std::uint32_t{1});  // another type of note
  EXPECT_EQ(code_of(file), "image.no-build-id");
  for (const std::size_t field : {0uz, 4uz}) {
    file = vmlinux();
    store(file, kNotesAt + field, UINT32_MAX);
    EXPECT_EQ(code_of(file), "image.no-build-id");
  }
}

TEST(Kallsyms, EachTableMustHoldTogether) {
  const Kallsyms good = build_segment();
  const std::size_t index = good.index_at;
  const std::vector<std::pair<const char*, std::function<void(Bytes&)>>> breaks = {
      {"one symbol more", [&](Bytes& b) { store(b, good.count_at, std::uint32_t{1101}); }},
      {"one symbol fewer", [&](Bytes& b) { store(b, good.count_at, std::uint32_t{1099}); }},
      {"no symbols", [&](Bytes& b) { store(b, good.count_at, std::uint32_t{0}); }},
      {"endless symbols", [&](Bytes& b) { store(b, good.count_at, UINT32_MAX); }},
      {"a name without length", [&](Bytes& b) { b[good.names_at] = 0; }},
      {"a name that is too long", [&](Bytes& b) { b[good.names_at] = 0xff; }},
      {"a marker beside its name", [&](Bytes& b) { ++b[good.markers_at + 4]; }},
      {"a marker past the end", [&](Bytes& b) { store(b, good.markers_at + 16, UINT32_MAX); }},
      {"markers that fall", [&](Bytes& b) { store(b, good.markers_at + 8, std::uint32_t{1}); }},
      {"a token that is not where the index says", [&](Bytes& b) { ++b[index + 2 * 'a']; }},
      {"digits that are other tokens", [&](Bytes& b) { store(b, index + 2 * '0', std::uint16_t{0xffff}); }},
      {"a token without end", [&](Bytes& b) { std::memset(&b[good.tokens_at + 300], 'x', 200); }},
      {"addresses that fall", [&](Bytes& b) { store(b, good.count_at - 8 - 4 * 100, std::uint32_t{0}); }},
      {"another base", [&](Bytes& b) { ++b[good.count_at - 8 + 1]; }},
  };
  for (const auto& [what, damage] : breaks) {
    Bytes segment = good.bytes;
    damage(segment);
    EXPECT_EQ(code_of(build_vmlinux(segment)), "image.no-kallsyms") << what;
  }
}

TEST(Kallsyms, TheBannerMustStandWhereItsSymbolSays) {
  Bytes segment = build_segment().bytes;
  segment[built_symbols()[500].address - kBase] = 'l';
  EXPECT_EQ(code_of(build_vmlinux(segment)), "image.no-kallsyms");
}

TEST(Kallsyms, ADamagedByteIsNeverMoreThanAnError) {
  const Kallsyms good = build_segment();
  for (std::size_t at = good.count_at; at < good.bytes.size(); at += 7) {
    Bytes segment = good.bytes;
    segment[at] ^= 0x81;
    const auto image = KernelImage::parse(build_vmlinux(segment));
    if (!image) {
      EXPECT_EQ(image.error().code, "image.no-kallsyms") << at;
    }
  }
}

TEST(Kallsyms, NearMissesDoNotTakeForEver) {
  // Token tables without end, each with the digits in place.
  const Kallsyms good = build_segment();
  const Bytes tables(good.bytes.begin() + static_cast<std::ptrdiff_t>(good.tokens_at), good.bytes.end());
  Bytes segment;
  for (int i = 0; i < 2000; ++i) segment.insert(segment.end(), tables.begin(), tables.end());
  EXPECT_EQ(code_of(build_vmlinux(segment)), "image.no-kallsyms");
}

TEST(KernelImage, AMissingFileIsNamed) {
  EXPECT_EQ(KernelImage::read("/no/such/vmlinuz").error().code, "file.unreadable");
}

}  // namespace
}  // namespace suture
