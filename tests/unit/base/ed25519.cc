// SPDX-License-Identifier: Apache-2.0
#include "base/ed25519.h"

#include <gtest/gtest.h>

#include "base/hash.h"

namespace suture {
namespace {

// RFC 8032, section 7.1, the second test.
TEST(Ed25519, VerifiesTheStandardsOwnExample) {
  const auto key =
      Ed25519Public::from_hex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c").value();
  const Bytes signature = from_hex(
                              "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                              "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00")
                              .value();
  const Bytes message{0x72};
  EXPECT_TRUE(key.verifies(message, signature));
  EXPECT_FALSE(key.verifies(Bytes{0x73}, signature));
  EXPECT_FALSE(key.verifies(message, ByteView(signature).first(63)));
  EXPECT_FALSE(key.verifies(message, {}));
}

// The same test's key.
TEST(Ed25519, AKeyIsItsSeed) {
  const Bytes seed = from_hex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb").value();
  const auto key = Ed25519Private::from_seed(seed);
  ASSERT_TRUE(key);
  EXPECT_EQ(key->public_key().hex(), "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
  EXPECT_EQ(to_hex(key->sign(Bytes{0x72}).value()).substr(0, 16), "92a009a9f0d4cab8");
  EXPECT_EQ(Ed25519Private::from_seed(ByteView(seed).first(31)).error().code, "key.malformed");
}

TEST(Ed25519, KeysAreReadAsTheyAreWritten) {
  const auto key = Ed25519Private::generate().value();
  EXPECT_EQ(Ed25519Public::from_hex(key.public_key().hex()).value(), key.public_key());
  for (const char* text : {"", "ab", "zz4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"}) {
    const auto wrong = Ed25519Public::from_hex(text);
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().code, "key.malformed");
  }
}

}  // namespace
}  // namespace suture
