// SPDX-License-Identifier: Apache-2.0
#include "patchset/report_signature.h"

#include <gtest/gtest.h>

namespace suture {
namespace {

constexpr const char* kHost = "00112233445566778899aabbccddeeff";
constexpr const char* kBody = R"({"hello": "world"})";
constexpr Time kCreated = Time(std::chrono::seconds(1'796'000'000));

ReportHeaders signed_headers(const Ed25519Private& key) {
  return sign_report(key, kHost, kBody, kCreated, 17).value();
}

// The digest is the example of RFC 9530, appendix D.
TEST(ReportSignature, SignsThisText) {
  ReportSignature signature{.host_id = kHost,
                            .key = {},
                            .created = kCreated,
                            .counter = 17,
                            .content_digest = content_digest(kBody),
                            .signature = {}};
  EXPECT_EQ(signature_base(signature),
            "\"@method\": POST\n"
            "\"@path\": /api/v1/reports\n"
            "\"suture-host-id\": 00112233445566778899aabbccddeeff\n"
            "\"content-digest\": sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:\n"
            "\"@signature-params\": (\"@method\" \"@path\" \"suture-host-id\" \"content-digest\")"
            ";created=1796000000;nonce=\"17\""
            ";keyid=\"0000000000000000000000000000000000000000000000000000000000000000\";alg=\"ed25519\"");
}

TEST(ReportSignature, IsReadBackAndHolds) {
  const auto key = Ed25519Private::generate().value();
  const auto signature = parse_report_signature(signed_headers(key));
  ASSERT_TRUE(signature) << signature.error().message();
  EXPECT_EQ(signature->host_id, kHost);
  EXPECT_EQ(signature->key, key.public_key());
  EXPECT_EQ(signature->created, kCreated);
  EXPECT_EQ(signature->counter, 17);
  EXPECT_TRUE(signature->holds_for(kBody));
}

// By `openssl pkeyutl -sign -rawin`, of a text put together elsewhere.
TEST(ReportSignature, HoldsWhenAnotherProgramMadeIt) {
  const ReportHeaders headers{
      .host_id = kHost,
      .content_digest = "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:",
      .signature_input =
          R"x(suture=("@method" "@path" "suture-host-id" "content-digest");created=1796000000;nonce="1796000000000000";keyid="65d1a33533397f6bcf58cf816eeb086f308ef967981601f39a9965cca18e77f9";alg="ed25519")x",
      .signature =
          "suture=:/PqV7Df/ZG/QlARdjuHg+9ERKFFXAeZtMM6uo1L/5RamJqjqimO1lrmSLxS8sEHW1fsqzsVc+fCH3/"
          "gQajnBBA==:"};
  const auto signature = parse_report_signature(headers);
  ASSERT_TRUE(signature) << signature.error().message();
  EXPECT_TRUE(signature->holds_for(kBody));
}

TEST(ReportSignature, HoldsForNothingElse) {
  const auto key = Ed25519Private::generate().value();
  const ReportSignature good = parse_report_signature(signed_headers(key)).value();
  EXPECT_FALSE(good.holds_for(R"({"hello": "World"})"));
  EXPECT_FALSE(good.holds_for(""));
  ReportSignature other = good;
  other.host_id.back() = '0';
  EXPECT_FALSE(other.holds_for(kBody));
  other = good;
  other.created += std::chrono::seconds(1);
  EXPECT_FALSE(other.holds_for(kBody));
  other = good;
  other.counter++;
  EXPECT_FALSE(other.holds_for(kBody));
  other = good;
  other.key = Ed25519Private::generate().value().public_key();
  EXPECT_FALSE(other.holds_for(kBody));
  other = good;
  other.signature[5] ^= 1;
  EXPECT_FALSE(other.holds_for(kBody));
  // The digest of another body, which is not what was signed.
  other = good;
  other.content_digest = content_digest("x");
  EXPECT_FALSE(other.holds_for("x"));
}

TEST(ReportSignature, NothingOfItIsNoSignature) {
  EXPECT_TRUE(ReportHeaders().absent());
  EXPECT_TRUE(ReportHeaders{.content_digest = content_digest("x")}.absent());
  EXPECT_FALSE(ReportHeaders{.host_id = kHost}.absent());
  EXPECT_FALSE(ReportHeaders{.signature = "x"}.absent());
}

struct Broken {
  const char* name;
  std::string ReportHeaders::*header;
  const char* from;  ///< this in it …
  const char* to;    ///< … becomes that
};

class BrokenSignature : public testing::TestWithParam<Broken> {};

TEST_P(BrokenSignature, IsRefused) {
  const auto key = Ed25519Private::generate().value();
  ReportHeaders headers = signed_headers(key);
  ASSERT_TRUE(parse_report_signature(headers));
  std::string& header = headers.*GetParam().header;
  const std::string from = GetParam().from;
  const auto at = from == "END" ? header.size() : header.find(from);
  ASSERT_NE(at, std::string::npos);
  header.replace(at, from == "END" ? 0 : from.size(), GetParam().to);
  const auto signature = parse_report_signature(headers);
  ASSERT_FALSE(signature);
  EXPECT_EQ(signature.error().code, "request.signature");
}

INSTANTIATE_TEST_SUITE_P(
    Headers, BrokenSignature,
    testing::Values(
        Broken{"UpperCaseId", &ReportHeaders::host_id, "a", "A"},
        Broken{"ShortId", &ReportHeaders::host_id, "00", "0"},
        Broken{"LineBreakInId", &ReportHeaders::host_id, "0", "\n"},
        Broken{"OtherDigest", &ReportHeaders::content_digest, "sha-256", "sha-512"},
        Broken{"TwoDigests", &ReportHeaders::content_digest, "END", ", md5=:x:"},
        Broken{"OpenDigest", &ReportHeaders::content_digest, "=:", "="},
        Broken{"ShortDigest", &ReportHeaders::content_digest, "X48E", ""},
        Broken{"OtherLabel", &ReportHeaders::signature_input, "suture=", "sig1="},
        Broken{"LessSigned", &ReportHeaders::signature_input, " \"content-digest\"", ""},
        Broken{"OtherOrder", &ReportHeaders::signature_input, "\"@method\" \"@path\"",
               "\"@path\" \"@method\""},
        Broken{"NoTime", &ReportHeaders::signature_input, ";created=1796000000", ""},
        Broken{"EmptyTime", &ReportHeaders::signature_input, "created=1796000000", "created="},
        Broken{"TimeBeforeAll", &ReportHeaders::signature_input, "created=1", "created=-1"},
        Broken{"TimeWithoutEnd", &ReportHeaders::signature_input, "1796000000", "179600000000000000000000"},
        Broken{"TimeWithZeros", &ReportHeaders::signature_input, "created=1", "created=01"},
        Broken{"NoNonce", &ReportHeaders::signature_input, ";nonce=\"17\"", ""},
        Broken{"NonceOfZero", &ReportHeaders::signature_input, "\"17\"", "\"0\""},
        Broken{"NonceOfLetters", &ReportHeaders::signature_input, "\"17\"", "\"x\""},
        Broken{"NonceTooLong", &ReportHeaders::signature_input, "\"17\"", "\"1000000000000000000\""},
        Broken{"OpenNonce", &ReportHeaders::signature_input, "\"17\"", "\"17"},
        Broken{"ShortKey", &ReportHeaders::signature_input, "keyid=\"", "keyid=\"\";x=\""},
        Broken{"NoHexInKey", &ReportHeaders::signature_input, "keyid=\"", "keyid=\"g"},
        Broken{"OtherAlgorithm", &ReportHeaders::signature_input, "ed25519", "hmac-sha256"},
        Broken{"More", &ReportHeaders::signature_input, "END", ";tag=\"x\""},
        Broken{"OtherLabelOfSignature", &ReportHeaders::signature, "suture", "sig1"},
        Broken{"OpenSignature", &ReportHeaders::signature, "=:", "="},
        Broken{"SpaceInSignature", &ReportHeaders::signature, "=:", "=: "},
        Broken{"TwoSignatures", &ReportHeaders::signature, "END", ", other=:x:"}),
    [](const auto& broken) { return std::string(broken.param.name); });

TEST(ReportSignature, EachHeaderIsNeeded) {
  const auto key = Ed25519Private::generate().value();
  for (auto header : {&ReportHeaders::host_id, &ReportHeaders::content_digest,
                      &ReportHeaders::signature_input, &ReportHeaders::signature}) {
    ReportHeaders headers = signed_headers(key);
    const std::string whole = headers.*header;
    // Cut anywhere, it is none.
    for (std::size_t length = 0; length < whole.size(); ++length) {
      headers.*header = whole.substr(0, length);
      EXPECT_FALSE(parse_report_signature(headers)) << headers.*header;
    }
  }
}

}  // namespace
}  // namespace suture
