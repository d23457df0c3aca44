// SPDX-License-Identifier: Apache-2.0
#include "image/decompress.h"

#include <gtest/gtest.h>

#include <array>

#include "kernel_builder.h"

namespace suture {
namespace {

using test::Compression;

class DecompressTest : public testing::TestWithParam<Compression> {
 protected:
  Bytes packed(const Bytes& data) const { return test::compress(data, GetParam()); }
  std::string code_of(const Bytes& payload, std::size_t limit = kMaxKernelSize) const {
    const auto unpacked = decompress_payload(payload, limit);
    return unpacked ? "" : unpacked.error().code;
  }
};

Bytes sample(std::size_t size) {
  Bytes bytes(size);
  std::uint32_t state = 1;
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>((state = state * 1664525 + 1013904223) >> 28);
  return bytes;
}

TEST_P(DecompressTest, WhatWasPackedComesOut) {
  for (const std::size_t size : {100uz, 1000uz, 100000uz, (1uz << 20) + 1}) {
    const auto unpacked = decompress_payload(packed(sample(size)));
    ASSERT_TRUE(unpacked) << unpacked.error().message();
    EXPECT_EQ(*unpacked, sample(size));
  }
}

TEST_P(DecompressTest, ItMustUnpackToWhatItSays) {
  for (const int difference : {-1, 1, 1000000}) {
    Bytes payload = packed(sample(5000));
    test::store(payload, payload.size() - 4, static_cast<std::uint32_t>(5000 + difference));
    EXPECT_EQ(code_of(payload), "image.malformed") << difference;
  }
}

TEST_P(DecompressTest, TheSizeIsBoundedBeforeAnythingIsUnpacked) {
  Bytes payload = packed(sample(5000));
  EXPECT_EQ(code_of(payload, 5000), "");
  EXPECT_EQ(code_of(payload, 4999), "image.too-large");
  test::store(payload, payload.size() - 4, UINT32_MAX);
  EXPECT_EQ(code_of(payload), "image.too-large");
  test::store(payload, payload.size() - 4, std::uint32_t{0});
  EXPECT_EQ(code_of(payload), "image.malformed");
}

TEST_P(DecompressTest, ABombStopsAtWhatItSays) {
  Bytes payload = packed(Bytes(4u << 20));
  test::store(payload, payload.size() - 4, std::uint32_t{4096});
  EXPECT_EQ(code_of(payload), "image.malformed");
}

TEST_P(DecompressTest, ACutStreamIsRefused) {
  const Bytes data = sample(3000);
  const Bytes whole = test::compress_only(data, GetParam());
  for (std::size_t size = 0; size < whole.size(); size += 1 + whole.size() / 97) {
    Bytes payload(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    test::append(payload, static_cast<std::uint32_t>(data.size()));
    EXPECT_NE(code_of(payload), "") << size << " of " << whole.size() << " bytes";
  }
}

TEST_P(DecompressTest, ADamagedByteIsNeverMoreThanAnError) {
  const Bytes data = sample(3000);
  const Bytes whole = packed(data);
  for (std::size_t at = 0; at < whole.size(); ++at) {
    Bytes payload = whole;
    payload[at] ^= 0x55;
    const auto unpacked = decompress_payload(payload, 1u << 20);
    // lz4 and lzma carry no checksum, so other bytes may come out; never more or fewer than the size says.
    if (!unpacked) continue;
    std::uint32_t says = 0;
    std::memcpy(&says, payload.data() + payload.size() - 4, 4);
    EXPECT_EQ(unpacked->size(), says) << at;
  }
}

TEST_P(DecompressTest, AModuleEndsWhereItsCompressorEnded) {
  const Bytes file = test::compress_only(sample(5000), GetParam());
  const auto unpacked = decompress_file(file, 5000);
  ASSERT_TRUE(unpacked) << unpacked.error().message();
  EXPECT_EQ(*unpacked, sample(5000));
  EXPECT_FALSE(decompress_file(file, 4999));
  EXPECT_FALSE(decompress_file(ByteView(file).first(file.size() / 2), 5000));
}

std::string name_of(const testing::TestParamInfo<Compression>& tested) {
  constexpr std::array kNames{"gzip", "bzip2", "lzma", "xz", "lz4", "zstd"};
  return kNames.at(static_cast<std::size_t>(tested.param));
}

INSTANTIATE_TEST_SUITE_P(Each, DecompressTest,
                         testing::Values(Compression::kGzip, Compression::kBzip2, Compression::kLzma,
                                         Compression::kXz, Compression::kLz4, Compression::kZstd),
                         name_of);

TEST(Decompress, ManyLz4BlocksAreOneKernel) {
  const Bytes data = sample((17u << 20) + 3);
  const auto unpacked = decompress_payload(test::compress(data, Compression::kLz4));
  ASSERT_TRUE(unpacked) << unpacked.error().message();
  EXPECT_TRUE(*unpacked == data);
}

TEST(Decompress, AnLz4BlockMayNotReachPastTheEnd) {
  Bytes payload = test::compress(sample(100), Compression::kLz4);
  for (const std::uint32_t size : {0u, 1000u, 0x7fffffffu, 0x80000000u, 0xffffffffu}) {
    test::store(payload, 4, size);
    EXPECT_EQ(decompress_payload(payload).error().code, "image.malformed") << size;
  }
}

TEST(Decompress, UnknownFormatsAreNamed) {
  Bytes payload(64, 'x');
  test::store(payload, 60, std::uint32_t{1000});
  EXPECT_EQ(decompress_payload(payload).error().code, "image.compression-unsupported");
  std::memcpy(payload.data(), "\x89LZO", 4);
  EXPECT_TRUE(decompress_payload(payload).error().why.contains("LZO"));
  EXPECT_EQ(decompress_payload(Bytes(15)).error().code, "image.malformed");
  EXPECT_EQ(decompress_payload({}).error().code, "image.malformed");
}

}  // namespace
}  // namespace suture
