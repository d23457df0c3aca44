// SPDX-License-Identifier: Apache-2.0
#include "server/access/totp.h"

#include <gtest/gtest.h>

#include <set>

#include "server/access/qr_code.h"

namespace suture::server {
namespace {

using namespace std::chrono_literals;
using Time = std::chrono::system_clock::time_point;

/// "12345678901234567890"
constexpr const char* kRfcSecret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

TEST(Totp, GivesTheCodesOfTheRfc) {
  // RFC 6238, appendix B, the last six of eight digits.
  for (const auto& [second, code] : {std::pair{59ll, "287082"},
                                     {1111111109ll, "081804"},
                                     {1111111111ll, "050471"},
                                     {1234567890ll, "005924"},
                                     {2000000000ll, "279037"}}) {
    const Time time{std::chrono::seconds(second)};
    EXPECT_EQ(totp_step_of(kRfcSecret, code, time), second / 30) << second;
    EXPECT_EQ(totp_step_of(kRfcSecret, code, time + 30s), second / 30);
    EXPECT_EQ(totp_step_of(kRfcSecret, code, time - 30s), second / 30);
    EXPECT_FALSE(totp_step_of(kRfcSecret, code, time + 60s));
    EXPECT_FALSE(totp_step_of(kRfcSecret, code, time - 60s) && second > 60);
  }
}

TEST(Totp, TakesSixDigitsAndNothingElse) {
  const Time time{59s};
  for (const std::string& code :
       {std::string(), std::string("28708"), std::string("2870820"), std::string(" 287082"),
        std::string("94287082"), std::string("28708\0", 6), std::string("287083")}) {
    EXPECT_FALSE(totp_step_of(kRfcSecret, code, time)) << code;
  }
  for (const char* secret : {"1", "!", "GEZDGNBVGY3TQOJQ"})
    EXPECT_FALSE(totp_step_of(secret, "287082", time));
}

TEST(Totp, MakesSecretsThatAuthenticatorsRead) {
  const std::string secret = *new_totp_secret();
  EXPECT_EQ(secret.size(), 32u);
  EXPECT_EQ(secret.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"), std::string::npos) << secret;
  EXPECT_NE(secret, *new_totp_secret());
  EXPECT_EQ(
      totp_uri("alice@example.org", "ABC"),
      "otpauth://totp/Suture:alice%40example.org?secret=ABC&issuer=Suture&algorithm=SHA1&digits=6&period=30");
}

TEST(RecoveryCodes, AreReadAsPeopleTypeThem) {
  const auto codes = *new_recovery_codes();
  EXPECT_EQ(codes.size(), 10u);
  EXPECT_EQ(std::set(codes.begin(), codes.end()).size(), 10u);
  for (const std::string& code : codes) EXPECT_EQ(code.size(), 29u) << code;
  const auto hash = recovery_hash("abcde-fghij-klmno-pqrst-uvwxy");
  ASSERT_TRUE(hash);
  EXPECT_EQ(recovery_hash("ABCDE FGHIJ klmnopqrstuvwxy"), hash);
  EXPECT_NE(recovery_hash("abcde-fghij-klmno-pqrst-uvwxz"), hash);
  for (const std::string& none :
       {std::string(), std::string("287082"), std::string("abcde-fghij-klmno-pqrst-uvwx"),
        std::string("abcde-fghij-klmno-pqrst-uvwxyz"), std::string("abcde-fghij-klmno-pqrst-uvwx1"),
        std::string(100'000, 'a'), std::string(30, '-')}) {
    EXPECT_FALSE(recovery_hash(none)) << none;
  }
}

TEST(QrCode, HasItsFinderPatternsAndNothingAround) {
  const auto code = *QrCode::of(totp_uri("alice", *new_totp_secret()));
  const int last = code.size() - 1;
  EXPECT_EQ(code.size() % 4, 1);
  for (const auto& [row, column] : {std::pair{0, 0}, {0, last - 6}, {last - 6, 0}}) {
    for (int i = 0; i < 7; ++i) {
      EXPECT_TRUE(code.dark(row, column + i));
      EXPECT_TRUE(code.dark(row + 6, column + i));
      EXPECT_TRUE(code.dark(row + i, column));
    }
    EXPECT_FALSE(code.dark(row + 1, column + 1));
    EXPECT_TRUE(code.dark(row + 3, column + 3));
  }
  EXPECT_FALSE(code.dark(-1, 0));
  EXPECT_FALSE(code.dark(0, code.size()));
  EXPECT_TRUE(code.svg_path().starts_with("M4 4h7v1h-7z"));
  EXPECT_EQ(code.svg_path().find_first_not_of("0123456789Mhvz -"), std::string::npos);
  EXPECT_NE(code.terminal_text().find("\u2588"), std::string::npos);
  EXPECT_EQ(QrCode::of(std::string(5000, 'a')).error().code, "user.qr-code");
}

}  // namespace
}  // namespace suture::server
