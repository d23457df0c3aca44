// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "base/hash.h"
#include "base/terminal.h"

namespace suture {
namespace {

TEST(Hash, Sha256IsTheStandards) {
  EXPECT_EQ(sha256_hex(as_bytes("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_hex({}), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(*sha256_hex_of_file("/dev/null"), sha256_hex({}));
  EXPECT_EQ(sha256_hex_of_file("/no/such/file").error().code, "file.unreadable");
}

TEST(Hash, HexadecimalGoesBothWays) {
  const Bytes bytes{0x00, 0x7f, 0x80, 0xff};
  EXPECT_EQ(to_hex(bytes), "007f80ff");
  EXPECT_EQ(*from_hex("007F80fF"), bytes);
  EXPECT_TRUE(from_hex("")->empty());
  for (const char* text : {"0", "0g", "g0", " 0", "0x", "é"}) {
    EXPECT_EQ(from_hex(text).error().code, "hex.malformed") << text;
  }
}

TEST(Terminal, ColumnsAreAsWideAsTheirLongestCell) {
  EXPECT_EQ(table({"A", "NAME", "Z"}, {{"1", "x", "end"}, {"22", "größer", ""}}),
            "A   NAME    Z\n1   x       end\n22  größer  \n");
  EXPECT_EQ(table({"ONLY"}, {}), "ONLY\n");
}

TEST(Terminal, ARowMayBeShorterOrLongerThanTheHead) {
  // Two strings in braces alone would be taken for the begin and end of one.
  using Row = std::vector<std::string>;
  EXPECT_EQ(table({"A", "B"}, {Row{"1"}}), "A  B\n1\n");
  EXPECT_EQ(table({"A"}, {Row{"1", "2"}}), "A\n1  2\n");
}

TEST(Terminal, SizesAreRounded) {
  EXPECT_EQ(human_size(0), "0 B");
  EXPECT_EQ(human_size(999), "999 B");
  EXPECT_EQ(human_size(1000), "1.0 kB");
  EXPECT_EQ(human_size(3'200'000), "3.2 MB");
  EXPECT_EQ(human_size(9'960'000), "10 MB");
  EXPECT_EQ(human_size(999'700), "1.0 MB");
  EXPECT_EQ(human_size(UINTMAX_MAX), "18446744 TB");
}

}  // namespace
}  // namespace suture
