// SPDX-License-Identifier: Apache-2.0
#include "base/ed25519.h"

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <sys/stat.h>

#include <algorithm>

#include "base/hash.h"

namespace suture {
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
  return fail("key.crypto", std::move(what), "OpenSSL refuses to");
}

/// Without it, OpenSSL would ask the terminal for the passphrase of an encrypted key.
int no_passphrase(char*, int, int, void*) {
  return -1;
}

}  // namespace

bool Ed25519Public::verifies(ByteView message, ByteView signature) const {
  const Pkey key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, point.data(), point.size()));
  const DigestContext context(EVP_MD_CTX_new());
  return key && context && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
         EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(),
                          message.size()) == 1;
}

std::string Ed25519Public::hex() const {
  return to_hex(point);
}

Result<Ed25519Public> Ed25519Public::from_hex(std::string_view text) {
  const auto bytes = suture::from_hex(text);
  Ed25519Public key;
  if (!bytes || bytes->size() != key.point.size())
    return fail("key.malformed", "read a public key",
                "it is not 64 hexadecimal digits: an Ed25519 key has 32 bytes");
  std::ranges::copy(*bytes, key.point.begin());
  return key;
}

Result<Ed25519Private> Ed25519Private::from(std::shared_ptr<EVP_PKEY> key) {
  Ed25519Public public_key;
  std::size_t size = public_key.point.size();
  if (EVP_PKEY_get_raw_public_key(key.get(), public_key.point.data(), &size) != 1) {
    return crypto_failure("take the public half of a key");
  }
  return Ed25519Private(std::move(key), public_key);
}

Result<Ed25519Private> Ed25519Private::generate() {
  Pkey key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  if (!key) return crypto_failure("make an Ed25519 key");
  return from(std::move(key));
}

Result<Ed25519Private> Ed25519Private::load(const std::filesystem::path& path) {
  const std::string what = "read the signing key " + path.string();
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) {
    return fail_errno("key.absent", what,
                      "`suture repo init` makes the keys; --keys names the folder that holds them.");
  }
  if ((info.st_mode & 077) != 0) {
    return fail("key.exposed", what, "others than its owner may read it",
                "If nobody else did: `chmod 600 " + path.string() + "`. Else make new keys.");
  }
  std::string text = TRY(read_text_file(path, kPemLimit));
  const Memory memory(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  Pkey key(memory ? PEM_read_bio_PrivateKey(memory.get(), nullptr, no_passphrase, nullptr) : nullptr);
  OPENSSL_cleanse(text.data(), text.size());
  if (!key || EVP_PKEY_get_id(key.get()) != EVP_PKEY_ED25519) {
    return fail("key.malformed", what, "it is not an Ed25519 private key in PEM form");
  }
  return from(std::move(key));
}

Result<void> Ed25519Private::save(const std::filesystem::path& path) const {
  const Memory memory(BIO_new(BIO_s_secmem()));
  char* text = nullptr;
  if (!memory ||
      PEM_write_bio_PKCS8PrivateKey(memory.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return crypto_failure("write the signing key " + path.string());
  }
  const long size = BIO_get_mem_data(memory.get(), &text);
  return write_file(path, std::string_view(text, static_cast<std::size_t>(size)), 0600);
}

Result<Bytes> Ed25519Private::sign(ByteView message) const {
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

}  // namespace suture
