// SPDX-License-Identifier: Apache-2.0
#include "base/ecdsa_p256.h"

#include <openssl/pem.h>
#include <openssl/x509.h>

#include <array>

#include "base/openssl.h"

namespace suture {
namespace {

constexpr std::size_t kPemLimit = 4096;

bool is_p256(EVP_PKEY* key) {
  std::array<char, 64> group{};
  std::size_t size = 0;
  return EVP_PKEY_get_base_id(key) == EVP_PKEY_EC &&
         EVP_PKEY_get_group_name(key, group.data(), group.size(), &size) == 1 &&
         std::string_view(group.data(), size) == SN_X9_62_prime256v1;
}

openssl::Key key_of(const Bytes& spki) {
  const std::uint8_t* at = spki.data();
  return openssl::Key(d2i_PUBKEY(nullptr, &at, static_cast<long>(spki.size())));
}

}  // namespace

bool EcdsaP256Public::verifies(ByteView message, ByteView signature) const {
  const openssl::Key key = key_of(spki);
  const openssl::DigestContext context(EVP_MD_CTX_new());
  return key && context &&
         EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) == 1 &&
         EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(),
                          message.size()) == 1;
}

std::string EcdsaP256Public::pem() const {
  const openssl::Key key = key_of(spki);
  const openssl::Memory memory(BIO_new(BIO_s_mem()));
  if (!key || !memory || PEM_write_bio_PUBKEY(memory.get(), key.get()) != 1) return {};
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

Result<EcdsaP256Public> EcdsaP256Public::from_pem(std::string_view text) {
  const auto malformed = [] {
    return fail("key.malformed", "read a public key",
                "it is not an ECDSA key of the curve P-256 in PEM form");
  };
  if (text.size() > kPemLimit) return malformed();
  const openssl::Memory memory(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  const openssl::Key key(memory ? PEM_read_bio_PUBKEY(memory.get(), nullptr, nullptr, nullptr) : nullptr);
  if (!key || !is_p256(key.get())) return malformed();
  std::uint8_t* der = nullptr;
  const int size = i2d_PUBKEY(key.get(), &der);
  if (size <= 0) return malformed();
  EcdsaP256Public read{Bytes(der, der + size)};
  OPENSSL_free(der);
  return read;
}

}  // namespace suture
