// SPDX-License-Identifier: Apache-2.0
#include "base/ed25519.h"

#include <openssl/crypto.h>
#include <openssl/pem.h>
#include <sys/stat.h>

#include <algorithm>

#include "base/hash.h"
#include "base/openssl.h"

namespace suture {
namespace {

constexpr std::size_t kPemLimit = 64u << 10;
constexpr std::string_view kEncrypted = "BEGIN ENCRYPTED PRIVATE KEY";

using openssl::DigestContext;
using openssl::Key;
using openssl::Memory;

std::unexpected<Error> crypto_failure(std::string what) {
  return fail("key.crypto", std::move(what), "OpenSSL refuses to");
}

/// Hands OpenSSL the passphrase of an encrypted key; without this it would ask the terminal by itself.
int give_passphrase(char* buffer, int size, int, void* context) {
  const auto& passphrase = *static_cast<const std::string*>(context);
  if (passphrase.empty() || passphrase.size() > static_cast<std::size_t>(size)) return -1;
  std::ranges::copy(passphrase, buffer);
  return static_cast<int>(passphrase.size());
}

}  // namespace

bool Ed25519Public::verifies(ByteView message, ByteView signature) const {
  const Key key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, point.data(), point.size()));
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
  Key key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  if (!key) return crypto_failure("make an Ed25519 key");
  return from(std::move(key));
}

Result<Ed25519Private> Ed25519Private::from_seed(ByteView seed) {
  Key key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.data(), seed.size()));
  if (!key) return fail("key.malformed", "take a private key", "an Ed25519 key has 32 bytes");
  return from(std::move(key));
}

Result<Ed25519Private> Ed25519Private::load(const std::filesystem::path& path,
                                            const std::string& passphrase) {
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
  Key key(memory ? PEM_read_bio_PrivateKey(memory.get(), nullptr, give_passphrase,
                                           const_cast<std::string*>(&passphrase))
                 : nullptr);
  const bool encrypted = text.find(kEncrypted) != std::string::npos;
  OPENSSL_cleanse(text.data(), text.size());
  if (!key && encrypted) {
    return fail(
        "key.passphrase", what,
        passphrase.empty() ? "it is encrypted, and no passphrase was given" : "the passphrase is wrong",
        "Give it with --passphrase-file FILE, or type it where there is a terminal.");
  }
  if (!key || EVP_PKEY_get_id(key.get()) != EVP_PKEY_ED25519) {
    return fail("key.malformed", what, "it is not an Ed25519 private key in PEM form");
  }
  return from(std::move(key));
}

Result<bool> Ed25519Private::is_encrypted(const std::filesystem::path& path) {
  std::string text = TRY(read_text_file(path, kPemLimit));
  const bool encrypted = text.find(kEncrypted) != std::string::npos;
  OPENSSL_cleanse(text.data(), text.size());
  return encrypted;
}

Result<void> Ed25519Private::save(const std::filesystem::path& path, const std::string& passphrase) const {
  // Memory of this kind is wiped when it is freed, so a written key leaves no copy behind.
  const Memory memory(BIO_new(BIO_s_secmem()));
  char* text = nullptr;
  const EVP_CIPHER* cipher = passphrase.empty() ? nullptr : EVP_aes_256_cbc();
  if (!memory || PEM_write_bio_PKCS8PrivateKey(memory.get(), key_.get(), cipher, nullptr, 0, give_passphrase,
                                               const_cast<std::string*>(&passphrase)) != 1) {
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
