// SPDX-License-Identifier: Apache-2.0
#include "module/signature.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <sys/stat.h>

#include <algorithm>

#include "base/hash.h"
#include "module/module_key.h"
#include "module/mok.h"
#include "module/openssl.h"

namespace suture {
namespace {

using testing::HasSubstr;

constexpr std::string_view kMagic = "~Module signature appended~\n";

std::string code_of(const auto& result) {
  return result ? "ok" : result.error().code;
}

class Signature : public testing::Test {
 protected:
  /// One pair for all tests: to make an RSA key takes long.
  static void SetUpTestSuite() {
    folder_ = new TempDir(TempDir::make("suture-test").value());
    mok_ =
        new Mok(make_machine_owner_key({.key = key_path(), .certificate = certificate_path(), .name = "Test"})
                    .value());
  }
  static void TearDownTestSuite() {
    delete mok_;
    delete folder_;
  }

  static std::filesystem::path key_path() { return folder_->path() / "mok.pem"; }
  static std::filesystem::path certificate_path() { return folder_->path() / "mok.der"; }
  static ModuleKey key() { return ModuleKey::load(key_path(), certificate_path()).value(); }

  static openssl::Certificate certificate(const std::filesystem::path& path) {
    const Bytes der = read_file(path).value();
    const unsigned char* at = der.data();
    return openssl::Certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  }

  /// As the kernel would: by the certificate that it has, since the message holds none.
  static bool verifies(const ModuleParts& parts, const std::filesystem::path& by) {
    const unsigned char* at = parts.signature.data();
    const openssl::Message message(
        d2i_CMS_ContentInfo(nullptr, &at, static_cast<long>(parts.signature.size())));
    const openssl::Certificate signer = certificate(by);
    STACK_OF(X509)* signers = sk_X509_new_null();
    sk_X509_push(signers, signer.get());
    const openssl::Memory content = openssl::reader(parts.module);
    const bool good = CMS_verify(message.get(), signers, nullptr, content.get(), nullptr,
                                 CMS_BINARY | CMS_NO_SIGNER_CERT_VERIFY | CMS_NOINTERN) == 1;
    sk_X509_free(signers);
    return good;
  }

  static inline TempDir* folder_ = nullptr;
  static inline Mok* mok_ = nullptr;
  const Bytes module_ = [] {
    Bytes bytes(5000);
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i * 7);
    return bytes;
  }();
};

TEST_F(Signature, IsVerifiedByTheCertificateAlone) {
  for (const char* hash : {"sha256", "sha384", "sha512"}) {
    const Bytes file = key().sign(module_, {.hash = hash}).value();
    const ModuleParts parts = split_module(file).value();
    ASSERT_TRUE(parts.is_signed());
    EXPECT_TRUE(std::ranges::equal(parts.module, module_));
    EXPECT_TRUE(verifies(parts, certificate_path()));
    const SignatureInfo info = read_signature(parts.signature).value();
    EXPECT_EQ(info.hash, hash);
    EXPECT_THAT(info.signer, HasSubstr("CN = Test, number "));
    Bytes altered = module_;
    altered[2000] ^= 1;
    EXPECT_FALSE(verifies({.module = altered, .signature = parts.signature}, certificate_path()));
  }
}

// The kernel refuses a message with signed attributes, and looks at neither certificates nor capabilities in
// it.
TEST_F(Signature, HoldsOnlyWhatTheKernelWants) {
  const Bytes file = key().sign(module_, {.hash = "sha256"}).value();
  const ModuleParts parts = split_module(file).value();
  const unsigned char* at = parts.signature.data();
  const openssl::Message message(
      d2i_CMS_ContentInfo(nullptr, &at, static_cast<long>(parts.signature.size())));
  EXPECT_EQ(CMS_is_detached(message.get()), 1);
  EXPECT_EQ(CMS_get1_certs(message.get()), nullptr);
  CMS_SignerInfo* signer = sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(message.get()), 0);
  EXPECT_LE(CMS_signed_get_attr_count(signer), 0);
  EXPECT_LE(CMS_unsigned_get_attr_count(signer), 0);
  const ByteView info = ByteView(file).last(kMagic.size() + 12).first(12);
  EXPECT_EQ(to_hex(info.first(8)), "0000020000000000");
  EXPECT_EQ(info[10] << 8 | info[11], static_cast<int>(parts.signature.size()));
  EXPECT_LT(parts.signature.size(), 1000u);
}

TEST_F(Signature, IsTheSameEachTime) {
  EXPECT_EQ(key().sign(module_, {.hash = "sha256"}).value(), key().sign(module_, {.hash = "sha256"}).value());
}

TEST_F(Signature, ManifestNamesTheCertificate) {
  const ModuleSigner signer = key().signer({.hash = "sha256"});
  EXPECT_EQ(signer.subject, "CN = Test");
  EXPECT_EQ(signer.certificate_sha256, sha256_hex(read_file(certificate_path()).value()));
  EXPECT_EQ(signer.certificate_sha256, mok_->certificate_sha256);
  EXPECT_EQ(signer.hash, "sha256");
}

TEST_F(Signature, ByEcdsaWhereTheKernelHasIt) {
  const auto key = folder_->path() / "ec.pem";
  const auto other = folder_->path() / "ec.der";
  const openssl::Key pair(EVP_EC_gen("P-256"));
  const openssl::Certificate certificate(X509_new());
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 7);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 86400);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>("Curve"), -1, -1, 0);
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(certificate.get()));
  X509_set_pubkey(certificate.get(), pair.get());
  X509_sign(certificate.get(), pair.get(), EVP_sha256());
  const openssl::Memory pem(BIO_new(BIO_s_mem()));
  const openssl::Memory der(BIO_new(BIO_s_mem()));
  PEM_write_bio_PKCS8PrivateKey(pem.get(), pair.get(), nullptr, nullptr, 0, nullptr, nullptr);
  i2d_X509_bio(der.get(), certificate.get());
  ASSERT_TRUE(write_file(key, openssl::written(pem.get()), 0600));
  ASSERT_TRUE(write_file(other, openssl::written(der.get())));

  const ModuleKey curve = ModuleKey::load(key, other).value();
  EXPECT_EQ(code_of(curve.check({.hash = "sha256"})), "module.signature-key-unsupported");
  EXPECT_EQ(code_of(curve.sign(module_, {.hash = "sha256"})), "module.signature-key-unsupported");
  const Bytes file = curve.sign(module_, {.hash = "sha256", .ecdsa = true}).value();
  EXPECT_TRUE(verifies(split_module(file).value(), other));
  EXPECT_FALSE(verifies(split_module(file).value(), certificate_path()));
  EXPECT_EQ(code_of(ModuleKey::load(key, certificate_path())), "module.signature-key-differs");
}

TEST_F(Signature, KeysAreReadWithCare) {
  const auto load = [](const std::filesystem::path& key, const std::filesystem::path& certificate) {
    return code_of(ModuleKey::load(key, certificate));
  };
  EXPECT_EQ(load("/nowhere/mok.pem", certificate_path()), "module.signature-key-absent");
  EXPECT_EQ(load(key_path(), key_path()), "module.signature-certificate-malformed");
  const auto text = folder_->path() / "text";
  ASSERT_TRUE(write_file(text, "-----BEGIN PRIVATE KEY-----\n", 0600));
  EXPECT_EQ(load(text, certificate_path()), "module.signature-key-malformed");
  ASSERT_TRUE(write_file(text, read_file(key_path()).value(), 0640));
  EXPECT_EQ(load(text, certificate_path()), "module.signature-key-exposed");
}

TEST_F(Signature, MachineOwnerKeySignsModulesOnly) {
  struct stat info {};
  ASSERT_EQ(::stat(key_path().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  const openssl::Certificate made = certificate(certificate_path());
  EXPECT_EQ(X509_get_version(made.get()), 2);
  EXPECT_EQ(X509_check_ca(made.get()), 0);
  EXPECT_EQ(X509_get_key_usage(made.get()), static_cast<std::uint32_t>(KU_DIGITAL_SIGNATURE));
  EXPECT_EQ(X509_get_extended_key_usage(made.get()), static_cast<std::uint32_t>(XKU_CODE_SIGN));
  const openssl::Memory text(BIO_new(BIO_s_mem()));
  X509_print(text.get(), made.get());
  EXPECT_THAT(std::string(as_text(openssl::written(text.get()))), HasSubstr("1.3.6.1.4.1.2312.16.1.2"));
  EXPECT_EQ(mok_->certificate_sha1.size(), 59u);
}

TEST_F(Signature, MachineOwnerKeyIsNeverReplaced) {
  const auto fresh = folder_->path() / "fresh";
  EXPECT_EQ(
      code_of(make_machine_owner_key({.key = fresh, .certificate = certificate_path(), .name = "Test"})),
      "module.signature-key-exists");
  EXPECT_EQ(code_of(make_machine_owner_key({.key = key_path(), .certificate = fresh, .name = "Test"})),
            "module.signature-key-exists");
  for (const std::string& name : {std::string(), std::string(65, 'x'), std::string("a\nb")}) {
    EXPECT_EQ(code_of(make_machine_owner_key({.key = fresh, .certificate = fresh, .name = name})),
              "module.signature-bad-name");
  }
  EXPECT_FALSE(std::filesystem::exists(fresh));
}

TEST_F(Signature, BrokenTrailersAreRefused) {
  const Bytes good = key().sign(module_, {.hash = "sha256"}).value();
  const std::size_t info = good.size() - kMagic.size() - 12;
  // Every byte of the description but the length's lower half has one value only.
  for (std::size_t i = 0; i < 10; ++i) {
    Bytes file = good;
    file[info + i] ^= 0x40;
    EXPECT_EQ(code_of(split_module(file)), "module.signature-malformed") << i;
  }
  for (const std::size_t length : {std::size_t{0}, info, info + 1, std::size_t{0xffff}}) {
    Bytes file = good;
    file[info + 10] = static_cast<std::uint8_t>(length >> 8);
    file[info + 11] = static_cast<std::uint8_t>(length);
    EXPECT_EQ(code_of(split_module(file)), "module.signature-malformed") << length;
  }
  for (std::size_t kept = 0; kept < 12; ++kept) {
    Bytes file(kept);
    file.insert(file.end(), kMagic.begin(), kMagic.end());
    EXPECT_EQ(code_of(split_module(file)), "module.signature-malformed") << kept;
  }
}

TEST_F(Signature, WithoutMagicThereIsNone) {
  Bytes file = key().sign(module_, {.hash = "sha256"}).value();
  file.pop_back();
  const ModuleParts parts = split_module(file).value();
  EXPECT_FALSE(parts.is_signed());
  EXPECT_EQ(parts.module.size(), file.size());
  EXPECT_FALSE(split_module({}).value().is_signed());
}

TEST_F(Signature, BrokenMessagesAreRefused) {
  const Bytes file = key().sign(module_, {.hash = "sha256"}).value();
  const ByteView message = split_module(file).value().signature;
  for (std::size_t size = 0; size < message.size(); ++size)
    EXPECT_EQ(code_of(read_signature(message.first(size))), "module.signature-malformed") << size;
  Bytes longer(message.begin(), message.end());
  longer.push_back(0);
  EXPECT_EQ(code_of(read_signature(longer)), "module.signature-malformed");
  EXPECT_EQ(code_of(read_signature(Bytes(70000))), "module.signature-malformed");
}

TEST(SignatureRules, AreTheKernelsConfiguration) {
  const std::string common = "CONFIG_MODULE_SIG_FORMAT=y\nCONFIG_MODULE_SIG=y\n";
  EXPECT_EQ(signature_rules(common + "CONFIG_MODULE_SIG_HASH=\"sha512\"\n").value(),
            (SignatureRules{.hash = "sha512", .ecdsa = false}));
  for (const char* line : {"CONFIG_CRYPTO_ECDSA=y\n", "CONFIG_MODULE_SIG_KEY_TYPE_ECDSA=y"}) {
    EXPECT_EQ(signature_rules(common + "CONFIG_MODULE_SIG_HASH=\"sha256\"\n" + line).value(),
              (SignatureRules{.hash = "sha256", .ecdsa = true}));
  }
  EXPECT_TRUE(signature_rules(common + "CONFIG_MODULE_SIG_HASH=\"sha256\"\nCONFIG_LOAD_UEFI_KEYS=y\n")
                  .value()
                  .owner_keys);
  // As a module it may not be there when a module is to be checked.
  EXPECT_FALSE(
      signature_rules(common + "CONFIG_MODULE_SIG_HASH=\"sha256\"\nCONFIG_CRYPTO_ECDSA=m\n").value().ecdsa);
  EXPECT_EQ(code_of(signature_rules("CONFIG_MODULE_SIG_FORMAT=y\n# CONFIG_MODULE_SIG is not set\n")),
            "module.signature-not-checked");
  EXPECT_EQ(code_of(signature_rules("")), "module.signature-not-checked");
  for (const char* hash : {"\"sha1\"", "\"\"", "\""}) {
    EXPECT_EQ(code_of(signature_rules(common + "CONFIG_MODULE_SIG_HASH=" + hash + "\n")),
              "module.signature-hash-unsupported");
  }
}

}  // namespace
}  // namespace suture
