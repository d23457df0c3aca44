// SPDX-License-Identifier: Apache-2.0
#include "module/mok.h"

#include <openssl/asn1.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>

#include "base/hash.h"
#include "module/module_key.h"
#include "module/openssl.h"

namespace suture {
namespace {

using openssl::Certificate;
using openssl::Extension;
using openssl::Key;
using openssl::Memory;
using openssl::Number;

constexpr int kVersion3 = 2;
/// A serial number has 20 bytes at most and is positive (RFC 5280, 4.1.2.2); the kernel finds certificates by
/// issuer and serial number, so it must be one of its own.
constexpr int kSerialBits = 159;

struct ExtensionText {
  int id;
  const char* value;
};
constexpr std::array kExtensions{
    ExtensionText{NID_basic_constraints, "critical,CA:FALSE"},
    ExtensionText{NID_key_usage, "critical,digitalSignature"},
    ExtensionText{NID_ext_key_usage, "codeSigning,1.3.6.1.4.1.2312.16.1.2"},
    ExtensionText{NID_subject_key_identifier, "hash"},
};

bool set_serial(X509* certificate) {
  const Number number(BN_new());
  return number && BN_rand(number.get(), kSerialBits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
         BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool set_names(X509* certificate, const std::string& name) {
  X509_NAME* subject = X509_get_subject_name(certificate);
  return X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(name.data()),
                                    static_cast<int>(name.size()), -1, 0) == 1 &&
         X509_set_issuer_name(certificate, subject) == 1;
}

bool set_times(X509* certificate, int days) {
  return X509_gmtime_adj(X509_getm_notBefore(certificate), 0) != nullptr &&
         X509_time_adj_ex(X509_getm_notAfter(certificate), days, 0, nullptr) != nullptr;
}

bool add_extensions(X509* certificate) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  for (const ExtensionText& text : kExtensions) {
    const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, text.id, text.value));
    if (!extension || X509_add_ext(certificate, extension.get(), -1) != 1) return false;
  }
  return true;
}

Result<Certificate> certify(EVP_PKEY* key, const MokRequest& request) {
  Certificate certificate(X509_new());
  if (certificate && X509_set_version(certificate.get(), kVersion3) == 1 && set_serial(certificate.get()) &&
      set_names(certificate.get(), request.name) && set_times(certificate.get(), request.days) &&
      X509_set_pubkey(certificate.get(), key) == 1 && add_extensions(certificate.get()) &&
      X509_sign(certificate.get(), key, EVP_sha256()) > 0)
    return certificate;
  return openssl::failure("make the certificate " + request.certificate.string());
}

Result<void> save_key(EVP_PKEY* key, const std::filesystem::path& path) {
  // Memory of this kind is wiped when it is given back.
  const Memory memory(BIO_new(BIO_s_secmem()));
  if (!memory || PEM_write_bio_PKCS8PrivateKey(memory.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1)
    return openssl::failure("write the key " + path.string());
  return write_file(path, openssl::written(memory.get()), 0600);
}

Result<void> save_certificate(const X509* certificate, const std::filesystem::path& path) {
  const Memory memory(BIO_new(BIO_s_mem()));
  if (!memory || i2d_X509_bio(memory.get(), certificate) != 1)
    return openssl::failure("write the certificate " + path.string());
  return write_file(path, openssl::written(memory.get()));
}

std::string sha1_text(const X509* certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (X509_digest(certificate, EVP_sha1(), digest.data(), &size) != 1) return {};
  std::string text;
  for (unsigned i = 0; i < size; ++i) text += (i == 0 ? "" : ":") + to_hex({&digest[i], 1});
  return text;
}

Result<void> check(const MokRequest& request) {
  for (const std::filesystem::path& path : {request.key, request.certificate}) {
    std::error_code error;
    if (std::filesystem::exists(path, error)) {
      return fail("module.signature-key-exists", "make the machine owner key", path.string() + " is there",
                  "hosts may know it: make the new one in another folder");
    }
  }
  const bool plain = std::ranges::all_of(request.name, [](unsigned char c) { return c >= ' ' && c != 0x7f; });
  if (request.name.empty() || request.name.size() > ub_common_name || !plain) {
    return fail("module.signature-bad-name", "make the machine owner key",
                "the certificate's name has 1 to 64 characters, none of them a control character");
  }
  return {};
}

}  // namespace

Result<Mok> make_machine_owner_key(const MokRequest& request) {
  TRY(check(request));
  const Key key(EVP_RSA_gen(static_cast<unsigned>(request.bits)));
  if (!key) return openssl::failure("make an RSA key");
  const Certificate certificate = TRY(certify(key.get(), request));
  TRY(save_key(key.get(), request.key));
  const Result<void> saved = save_certificate(certificate.get(), request.certificate);
  if (!saved) {
    // A key without certificate is of no use, and would stand in the way of the next try.
    std::error_code ignored;
    std::filesystem::remove(request.key, ignored);
    return std::unexpected(saved.error());
  }
  return Mok{.subject = openssl::text_of(X509_get_subject_name(certificate.get())),
             .certificate_sha256 = fingerprint(certificate.get()),
             .certificate_sha1 = sha1_text(certificate.get())};
}

}  // namespace suture
