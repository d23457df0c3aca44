// SPDX-License-Identifier: Apache-2.0
#include "module/module_key.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <sys/stat.h>

#include <array>

#include "base/hash.h"
#include "module/openssl.h"

namespace suture {
namespace {

using openssl::Certificate;
using openssl::Key;
using openssl::Memory;
using openssl::Message;

constexpr std::size_t kLongestFile = 256u << 10;
constexpr int kFewestBits = 2048;  ///< of an RSA key

/// Without it, OpenSSL would ask the terminal for the passphrase of an encrypted key.
int no_passphrase(char*, int, int, void*) {
  return -1;
}

Result<Key> load_key(const std::filesystem::path& path) {
  const std::string what = "read the module key " + path.string();
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) {
    return fail_errno("module.signature-key-absent", what,
                      "`suture repo mok` makes a key and its certificate.");
  }
  if ((info.st_mode & 077) != 0) {
    return fail("module.signature-key-exposed", what, "others than its owner may read it",
                "If nobody else did: `chmod 600 " + path.string() + "`. Else make a new one.");
  }
  std::string text = TRY(read_text_file(path, kLongestFile));
  const Memory memory = openssl::reader(as_bytes(text));
  Key key(memory ? PEM_read_bio_PrivateKey(memory.get(), nullptr, no_passphrase, nullptr) : nullptr);
  OPENSSL_cleanse(text.data(), text.size());
  ERR_clear_error();
  if (key) return key;
  return fail("module.signature-key-malformed", what, "it is not a private key in PEM form",
              "A key under a passphrase is not read either.");
}

Result<Certificate> load_certificate(const std::filesystem::path& path) {
  const Bytes bytes = TRY(read_file(path, kLongestFile));
  const unsigned char* at = bytes.data();
  Certificate certificate(d2i_X509(nullptr, &at, static_cast<long>(bytes.size())));
  if (!certificate) {
    const Memory memory = openssl::reader(bytes);
    certificate.reset(memory ? PEM_read_bio_X509(memory.get(), nullptr, no_passphrase, nullptr) : nullptr);
  }
  ERR_clear_error();
  if (certificate) return certificate;
  return fail("module.signature-certificate-malformed", "read the certificate " + path.string(),
              "it is no X.509 certificate, neither in DER nor in PEM form");
}

std::unexpected<Error> unsupported(std::string why, std::string hint) {
  return fail("module.signature-key-unsupported", "sign the module for this kernel", std::move(why),
              std::move(hint));
}

/// The kernel knows few curves: crypto/asymmetric_keys/x509_cert_parser.c.
bool is_known_curve(const EVP_PKEY* key) {
  std::array<char, 80> name{};
  std::size_t size = 0;
  if (EVP_PKEY_get_group_name(key, name.data(), name.size(), &size) != 1) return false;
  const std::string_view curve(name.data(), size);
  return curve == "prime256v1" || curve == "secp384r1";
}

}  // namespace

std::string fingerprint(const X509* certificate) {
  unsigned char* der = nullptr;
  const int size = i2d_X509(certificate, &der);
  if (size <= 0) return {};
  std::string digits = sha256_hex({der, static_cast<std::size_t>(size)});
  OPENSSL_free(der);
  return digits;
}

Result<ModuleKey> ModuleKey::load(const std::filesystem::path& key_path,
                                  const std::filesystem::path& certificate_path) {
  Key key = TRY(load_key(key_path));
  Certificate certificate = TRY(load_certificate(certificate_path));
  if (X509_check_private_key(certificate.get(), key.get()) != 1) {
    ERR_clear_error();
    return fail("module.signature-key-differs", "use the module key " + key_path.string(),
                "the certificate " + certificate_path.string() + " is of another key");
  }
  return ModuleKey(std::move(key), std::move(certificate));
}

Result<void> ModuleKey::check(const SignatureRules& rules) const {
  const int type = EVP_PKEY_get_base_id(key_.get());
  if (type == EVP_PKEY_RSA) {
    if (EVP_PKEY_get_bits(key_.get()) >= kFewestBits) return {};
    return unsupported("the RSA key is shorter than 2048 bits", "`suture repo mok` makes a longer one");
  }
  if (type != EVP_PKEY_EC) return unsupported("the key is neither RSA nor ECDSA", "use an RSA key");
  if (!rules.ecdsa)
    return unsupported("it was built without CONFIG_CRYPTO_ECDSA=y, and the key is ECDSA", "use an RSA key");
  if (!is_known_curve(key_.get()))
    return unsupported("the key is on a curve that kernels do not know", "use P-256, P-384, or RSA");
  return {};
}

Result<Bytes> ModuleKey::sign(ByteView module, const SignatureRules& rules) const {
  TRY(check(rules));
  const std::string what = "sign the module";
  const EVP_MD* hash = EVP_get_digestbyname(rules.hash.c_str());
  const Memory content = openssl::reader(module);
  constexpr unsigned kContent = CMS_NOCERTS | CMS_BINARY;
  const Message message(
      CMS_sign(nullptr, nullptr, nullptr, nullptr, kContent | CMS_PARTIAL | CMS_DETACHED | CMS_STREAM));
  if (hash == nullptr || !content || !message ||
      CMS_add1_signer(message.get(), certificate_.get(), key_.get(), hash,
                      kContent | CMS_NOSMIMECAP | CMS_NOATTR) == nullptr ||
      CMS_final(message.get(), content.get(), nullptr, kContent) != 1)
    return openssl::failure(what);
  const Memory der(BIO_new(BIO_s_mem()));
  if (!der || i2d_CMS_bio(der.get(), message.get()) != 1) return openssl::failure(what);
  return join_module(module, openssl::written(der.get()));
}

ModuleSigner ModuleKey::signer(const SignatureRules& rules) const {
  return {.subject = openssl::text_of(X509_get_subject_name(certificate_.get())),
          .certificate_sha256 = fingerprint(certificate_.get()),
          .hash = rules.hash};
}

}  // namespace suture
