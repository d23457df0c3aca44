// SPDX-License-Identifier: Apache-2.0
//
// Signatures of others who use ECDSA with the curve P-256, as cloud services do; made here with OpenSSL.
#include "base/ecdsa_p256.h"

#include <openssl/evp.h>
#include <openssl/pem.h>

#include <memory>

#include "base/json.h"
#include "make.h"
#include "repository/verifier.h"

namespace suture::tuf {
namespace {

using test::code;
using test::kNow;
using test::must;

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

std::string pem_of(EVP_PKEY* key) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), BIO_free);
  EXPECT_EQ(PEM_write_bio_PUBKEY(out.get(), key), 1);
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

class EcdsaSigner : public Signer {
 public:
  EcdsaSigner() : public_(named(must(EcdsaP256Public::from_pem(pem_of(key_.get()))))) {}
  const PublicKey& public_key() const override { return public_; }
  Result<Bytes> sign(ByteView message) const override {
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    EXPECT_EQ(EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()), 1);
    std::size_t size = 0;
    EVP_DigestSign(context.get(), nullptr, &size, message.data(), message.size());
    Bytes signature(size);
    EXPECT_EQ(EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size()), 1);
    signature.resize(size);
    return signature;
  }

 private:
  Key key_{EVP_EC_gen("P-256"), EVP_PKEY_free};
  PublicKey public_;
};

TEST(Ecdsa, VerifiesWhatOpenSslSigned) {
  const EcdsaSigner signer;
  const Bytes message = test::bytes_of("message");
  Bytes signature = must(signer.sign(message));
  EXPECT_TRUE(signer.public_key().verifies(message, signature));
  EXPECT_FALSE(signer.public_key().verifies(test::bytes_of("Message"), signature));
  EXPECT_FALSE(EcdsaSigner().public_key().verifies(message, signature));
  for (std::size_t length = 0; length < signature.size(); length++) {
    EXPECT_FALSE(signer.public_key().verifies(message, ByteView(signature).first(length))) << length;
  }
  signature.back() ^= 1;
  EXPECT_FALSE(signer.public_key().verifies(message, signature));
}

TEST(Ecdsa, SurvivesItsJson) {
  const PublicKey key = EcdsaSigner().public_key();
  EXPECT_EQ(must(public_key_from_json(key.id, to_json(key))), key);
  Json older = to_json(key);
  older["keytype"] = "ecdsa-sha2-nistp256";
  EXPECT_EQ(must(public_key_from_json(key.id, older)), key);
}

TEST(Ecdsa, RefusesOtherCurvesAndKinds) {
  for (const char* curve : {"P-384", "secp256k1"}) {
    const Key key(EVP_EC_gen(curve), EVP_PKEY_free);
    EXPECT_EQ(code(EcdsaP256Public::from_pem(pem_of(key.get()))), "key.malformed") << curve;
  }
  const Key ed25519(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), EVP_PKEY_free);
  EXPECT_EQ(code(EcdsaP256Public::from_pem(pem_of(ed25519.get()))), "key.malformed");
  const std::string good = pem_of(Key(EVP_EC_gen("P-256"), EVP_PKEY_free).get());
  for (const std::size_t length : {std::size_t{0}, std::size_t{30}, good.size() / 2, good.size() - 5}) {
    EXPECT_EQ(code(EcdsaP256Public::from_pem(good.substr(0, length))), "key.malformed") << length;
  }
}

TEST(Ecdsa, SignsARootTogetherWithEd25519) {
  const EcdsaSigner ecdsa;
  test::Signers signers;
  Root root = signers.root();
  root.keys[ecdsa.public_key().id] = ecdsa.public_key();
  root.roles[Role::kRoot] = {{signers.keys.at(Role::kRoot).public_key().id, ecdsa.public_key().id}, 2};
  const Json content = to_json(root);
  EXPECT_EQ(code(trust_root(as_bytes(must(sign(content, {&ecdsa}))))), "repository.bad-signature");
  EXPECT_EQ(code(trust_root(as_bytes(must(sign(content, {&signers.keys.at(Role::kRoot), &ecdsa}))))), "ok");
}

}  // namespace
}  // namespace suture::tuf
