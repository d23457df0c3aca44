// SPDX-License-Identifier: Apache-2.0
//
// Certificates made for a test, for a server on the loopback address.
#pragma once

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/openssl.h"

namespace suture::server {

inline std::string text_of(BIO* memory) {
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory, &text);
  return {text, static_cast<std::size_t>(size)};
}

class TestCertificate {
 public:
  /// Signed by `issuer`, or by itself; good for as many days from now.
  explicit TestCertificate(const std::string& name, const TestCertificate* issuer = nullptr, long days = 90)
      : key_(EVP_EC_gen("P-256")), certificate_(X509_new()) {
    const TestCertificate& signer = issuer != nullptr ? *issuer : *this;
    X509* const raw = certificate_.get();
    X509_set_version(raw, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(raw), static_cast<long>(std::hash<std::string>()(name) >> 2));
    X509_gmtime_adj(X509_getm_notBefore(raw), -2L * 24 * 3600);
    X509_gmtime_adj(X509_getm_notAfter(raw), days * 24 * 3600);
    X509_set_pubkey(raw, key_.get());
    X509_NAME_add_entry_by_txt(X509_get_subject_name(raw), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    X509_set_issuer_name(raw, X509_get_subject_name(signer.certificate_.get()));
    extend(signer, NID_basic_constraints, "critical,CA:TRUE");
    extend(signer, NID_subject_alt_name, "IP:127.0.0.1");
    if (X509_sign(raw, signer.key_.get(), EVP_sha256()) == 0) throw std::runtime_error("cannot sign");
  }

  X509* x509() const { return certificate_.get(); }
  std::string pem() const {
    const openssl::Memory memory(BIO_new(BIO_s_mem()));
    PEM_write_bio_X509(memory.get(), certificate_.get());
    return text_of(memory.get());
  }
  std::string key_pem(const std::string& passphrase = {}) const {
    const openssl::Memory memory(BIO_new(BIO_s_mem()));
    PEM_write_bio_PKCS8PrivateKey(memory.get(), key_.get(), passphrase.empty() ? nullptr : EVP_aes_256_cbc(),
                                  passphrase.data(), static_cast<int>(passphrase.size()), nullptr, nullptr);
    return text_of(memory.get());
  }
  /// `folder`/server.crt and server.key.
  void write_to(const std::filesystem::path& folder) const {
    if (!write_file(folder / "server.crt", pem()) || !write_file(folder / "server.key", key_pem(), 0600)) {
      throw std::runtime_error("cannot write the certificate");
    }
  }

 private:
  void extend(const TestCertificate& signer, int what, const char* value) const {
    X509V3_CTX context{};
    X509V3_set_ctx(&context, signer.certificate_.get(), certificate_.get(), nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, what, value);
    if (extension == nullptr) throw std::runtime_error("cannot extend");
    X509_add_ext(certificate_.get(), extension, -1);
    X509_EXTENSION_free(extension);
  }

  openssl::Key key_;
  std::unique_ptr<X509, openssl::Free<X509_free>> certificate_;
};

}  // namespace suture::server
