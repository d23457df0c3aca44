// SPDX-License-Identifier: Apache-2.0
#include "patchset/dsse.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace suture {
namespace {

class Dsse : public testing::Test {
 protected:
  const Ed25519Private key_ = Ed25519Private::generate().value();
  const Ed25519Private other_ = Ed25519Private::generate().value();
  const std::string text_ = sign_dsse("text/plain", "hello", key_.public_key(), [this](ByteView m) {
                              return key_.sign(m);
                            }).value();

  static std::string code_of(const std::string& text) {
    const auto envelope = parse_dsse(text);
    return envelope ? "ok" : envelope.error().code;
  }
};

TEST_F(Dsse, IsReadAsItWasWritten) {
  const auto envelope = parse_dsse(text_).value();
  EXPECT_EQ(envelope.payload_type, "text/plain");
  EXPECT_EQ(envelope.payload, "hello");
  EXPECT_EQ(Json::parse(text_)["payload"], "aGVsbG8=");
  EXPECT_EQ(signer_of(envelope, std::vector{other_.public_key(), key_.public_key()}), key_.public_key());
}

// The signature is of "DSSEv1 10 text/plain 5 hello", as the protocol says.
TEST_F(Dsse, SignsTypeAndLengths) {
  const auto envelope = parse_dsse(text_).value();
  EXPECT_TRUE(
      key_.public_key().verifies(as_bytes("DSSEv1 10 text/plain 5 hello"), envelope.signatures.at(0).bytes));
}

TEST_F(Dsse, BelievesNobodyElse) {
  const auto envelope = parse_dsse(text_).value();
  EXPECT_EQ(signer_of(envelope, std::vector{other_.public_key()}), std::nullopt);
  EXPECT_EQ(signer_of(envelope, {}), std::nullopt);
  auto changed = envelope;
  changed.payload = "hello!";
  EXPECT_EQ(signer_of(changed, std::vector{key_.public_key()}), std::nullopt);
  changed = envelope;
  changed.payload_type = "text/html";
  EXPECT_EQ(signer_of(changed, std::vector{key_.public_key()}), std::nullopt);
  changed = envelope;
  changed.signatures.clear();
  EXPECT_EQ(signer_of(changed, std::vector{key_.public_key()}), std::nullopt);
}

TEST_F(Dsse, RefusesWhatIsNone) {
  EXPECT_EQ(code_of("{}"), "dsse.malformed");
  for (const auto& [path, value] : std::vector<std::pair<const char*, Json>>{
           {"/payload", "not base64"},
           {"/payload", "aGVsbG8"},
           {"/payload", "aGVs\\nbG8="},
           {"/payload", 7},
           {"/payloadType", Json()},
           {"/signatures", "none"},
           {"/signatures/0", "none"},
           {"/signatures/0/sig", "====="},
           {"/signatures", Json(std::vector<Json>(100, Json::parse(text_)["signatures"][0]))}}) {
    Json json = Json::parse(text_);
    json[Json::json_pointer(path)] = value;
    EXPECT_EQ(code_of(json.dump()), "dsse.malformed") << path << " " << value;
  }
}

}  // namespace
}  // namespace suture
