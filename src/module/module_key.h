// SPDX-License-Identifier: Apache-2.0
//
// Who signs modules: a private key, and the certificate by which kernels know it.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/error.h"
#include "base/file.h"
#include "module/signature.h"
#include "patchset/patchset.h"

struct evp_pkey_st;  // OpenSSL's EVP_PKEY
struct x509_st;      // OpenSSL's X509

namespace suture {

/// Copies share the key, which is wiped from memory with the last of them.
class ModuleKey {
 public:
  /// The key is a PEM file that only its owner may read, without passphrase; the certificate is DER or PEM.
  /// "module.signature-key-absent", "-key-exposed", "-key-malformed", "-certificate-malformed",
  /// "-key-differs" when the two do not belong together.
  static Result<ModuleKey> load(const std::filesystem::path& key, const std::filesystem::path& certificate);

  /// "module.signature-key-unsupported" for a key whose signatures these rules do not allow.
  Result<void> check(const SignatureRules& rules) const;
  /// The signed module. An RSA key gives the same bytes each time. As check().
  Result<Bytes> sign(ByteView module, const SignatureRules& rules) const;
  /// What the manifest says of it.
  ModuleSigner signer(const SignatureRules& rules) const;

 private:
  ModuleKey(std::shared_ptr<evp_pkey_st> key, std::shared_ptr<x509_st> certificate)
      : key_(std::move(key)), certificate_(std::move(certificate)) {}
  std::shared_ptr<evp_pkey_st> key_;
  std::shared_ptr<x509_st> certificate_;
};

/// SHA-256 of a certificate's DER form, in hexadecimal.
std::string fingerprint(const x509_st* certificate);

}  // namespace suture
