// SPDX-License-Identifier: Apache-2.0
#include "repository/key.h"

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <sys/stat.h>

#include <algorithm>

#include "base/hash.h"
#include "repository/canonical_json.h"

namespace suture::tuf {
namespace {

constexpr std::size_t kPemLimit = 64u << 10;

template <auto free>
struct Free {
  template <class T>
  void operator()(T* object) const {
    free(object);
  }
};
using Pkey = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Free<EVP_MD_CTX_free>>;
// BIO_s_secmem wipes what it held, so a written key leaves no copy behind.
using Memory = std::unique_ptr<BIO, Free<BIO_free>>;

std::unexpected<Error> crypto_failure(std::string what) {
  return fail("repository.crypto", std::move(what), "OpenSSL refuses to");
}

/// Without it, OpenSSL would ask the terminal for the passphrase of an encrypted key.
int no_passphrase(char*, int, int, void*) {
  return -1;
}

}  // namespace

bool PublicKey::verifies(ByteView message, ByteView signature) const {
  const Pkey key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, point.data(), point.size()));
  const DigestContext context(EVP_MD_CTX_new());
  return key && context && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
         EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(),
                          message.size()) == 1;
}

Json to_json(const PublicKey& key) {
  return {{"keytype", "ed25519"}, {"scheme", "ed25519"}, {"keyval", {{"public", to_hex(key.point)}}}};
}

Result<PublicKey> public_key_from_json(const Json& json) {
  if (TRY(json_string(json, "keytype")) != "ed25519" || TRY(json_string(json, "scheme")) != "ed25519") {
    return fail("repository.unknown-key-type", "read a public key", "it is not an Ed25519 key");
  }
  const Bytes point = TRY(from_hex(TRY(json_string(*TRY(json_object(json, "keyval")), "public"))));
  PublicKey key;
  if (point.size() != key.point.size()) {
    return fail("repository.malformed", "read a public key", "an Ed25519 key has 32 bytes");
  }
  std::ranges::copy(point, key.point.begin());
  key.id = sha256_hex(as_bytes(TRY(canonical_json(json))));
  return key;
}

Result<SigningKey> SigningKey::from(std::shared_ptr<EVP_PKEY> key) {
  PublicKey public_key;
  std::size_t size = public_key.point.size();
  if (EVP_PKEY_get_raw_public_key(key.get(), public_key.point.data(), &size) != 1) {
    return crypto_failure("take the public half of a key");
  }
  public_key.id = sha256_hex(as_bytes(TRY(canonical_json(to_json(public_key)))));
  return SigningKey(std::move(key), std::move(public_key));
}

Result<SigningKey> SigningKey::generate() {
  Pkey key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  if (!key) return crypto_failure("make an Ed25519 key");
  return from(std::move(key));
}

Result<SigningKey> SigningKey::load(const std::filesystem::path& path) {
  const std::string what = "read the signing key " + path.string();
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) {
    return fail_errno("repository.no-key", what,
                      "`suture repo init` makes the keys; --keys names the folder that holds them.");
  }
  if ((info.st_mode & 077) != 0) {
    return fail("repository.key-exposed", what, "others than its owner may read it",
                "If nobody else did: `chmod 600 " + path.string() + "`. Else make new keys.");
  }
  std::string text = TRY(read_text_file(path, kPemLimit));
  const Memory memory(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  Pkey key(memory ? PEM_read_bio_PrivateKey(memory.get(), nullptr, no_passphrase, nullptr) : nullptr);
  OPENSSL_cleanse(text.data(), text.size());
  if (!key || EVP_PKEY_get_id(key.get()) != EVP_PKEY_ED25519) {
    return fail("repository.bad-key", what, "it is not an Ed25519 private key in PEM form");
  }
  return from(std::move(key));
}

Result<void> SigningKey::save(const std::filesystem::path& path) const {
  const Memory memory(BIO_new(BIO_s_secmem()));
  char* text = nullptr;
  if (!memory ||
      PEM_write_bio_PKCS8PrivateKey(memory.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return crypto_failure("write the signing key " + path.string());
  }
  const long size = BIO_get_mem_data(memory.get(), &text);
  return write_file(path, std::string_view(text, static_cast<std::size_t>(size)), 0600);
}

Result<Bytes> SigningKey::sign(ByteView message) const {
  const DigestContext context(EVP_MD_CTX_new());
  Bytes signature(64);
  std::size_t size = signature.size();
  if (!context || EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get()) != 1 ||
      EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size()) != 1) {
    return crypto_failure("sign");
  }
  signature.resize(size);
  return signature;
}

}  // namespace suture::tuf
