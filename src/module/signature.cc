// SPDX-License-Identifier: Apache-2.0
#include "module/signature.h"

#include <openssl/err.h>
#include <openssl/objects.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "base/hash.h"
#include "module/openssl.h"

namespace suture {
namespace {

constexpr std::string_view kMagic = "~Module signature appended~\n";
/// Of struct module_signature.
constexpr std::size_t kInfoSize = 12;
constexpr std::size_t kIdType = 2;
constexpr std::size_t kLength = 8;  ///< big-endian, 4 bytes; all other bytes are 0
constexpr std::uint8_t kPkcs7 = 2;  ///< PKEY_ID_PKCS7
/// Real ones have less than a thousand bytes.
constexpr std::size_t kLongestMessage = 64u << 10;

std::unexpected<Error> malformed(std::string why) {
  return fail("module.signature-malformed", "read the signature of a module", std::move(why),
              "The kernel would not load it: get the module again, or sign it again.");
}

/// The value of a line "NAME=value" of a .config.
std::string_view value_of(std::string_view config, std::string_view name) {
  while (!config.empty()) {
    const std::string_view line = config.substr(0, config.find('\n'));
    if (line.starts_with(name) && line.substr(name.size()).starts_with('='))
      return line.substr(name.size() + 1);
    config.remove_prefix(std::min(config.size(), line.size() + 1));
  }
  return {};
}

std::string lower_case(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::string serial_text(const ASN1_INTEGER* serial) {
  const openssl::Number number(ASN1_INTEGER_to_BN(serial, nullptr));
  if (!number) return "?";
  Bytes bytes(static_cast<std::size_t>(BN_num_bytes(number.get())));
  BN_bn2bin(number.get(), bytes.data());
  return to_hex(bytes);
}

std::string signer_text(CMS_SignerInfo* signer) {
  ASN1_OCTET_STRING* id = nullptr;
  X509_NAME* issuer = nullptr;
  ASN1_INTEGER* serial = nullptr;
  if (CMS_SignerInfo_get0_signer_id(signer, &id, &issuer, &serial) != 1) return "?";
  if (issuer != nullptr) return openssl::text_of(issuer) + ", number " + serial_text(serial);
  return "key " + to_hex({ASN1_STRING_get0_data(id), static_cast<std::size_t>(ASN1_STRING_length(id))});
}

std::string hash_text(CMS_SignerInfo* signer) {
  X509_ALGOR* hash = nullptr;
  CMS_SignerInfo_get0_algs(signer, nullptr, nullptr, &hash, nullptr);
  std::array<char, 80> name{};
  if (hash == nullptr || OBJ_obj2txt(name.data(), name.size(), hash->algorithm, 0) <= 0) return "?";
  return lower_case(name.data());
}

}  // namespace

Result<SignatureRules> signature_rules(std::string_view config) {
  const std::string what = "sign the module for this kernel";
  if (value_of(config, "CONFIG_MODULE_SIG") != "y") {
    return fail("module.signature-not-checked", what,
                "it was built without CONFIG_MODULE_SIG, and checks no signatures",
                "build its patchset without --module-key");
  }
  SignatureRules rules;
  std::string_view hash = value_of(config, "CONFIG_MODULE_SIG_HASH");
  if (hash.size() >= 2 && hash.front() == '"' && hash.back() == '"') hash = hash.substr(1, hash.size() - 2);
  for (const std::string_view known : {"sha256", "sha384", "sha512"}) {
    if (hash == known) rules.hash = known;
  }
  if (rules.hash.empty()) {
    return fail("module.signature-hash-unsupported", what,
                "its CONFIG_MODULE_SIG_HASH is \"" + std::string(hash) + "\"",
                "this version of suture signs with sha256, sha384 and sha512");
  }
  rules.ecdsa = value_of(config, "CONFIG_MODULE_SIG_KEY_TYPE_ECDSA") == "y" ||
                value_of(config, "CONFIG_CRYPTO_ECDSA") == "y";
  rules.owner_keys = value_of(config, "CONFIG_LOAD_UEFI_KEYS") == "y";
  return rules;
}

Result<ModuleParts> split_module(ByteView file) {
  if (!as_text(file).ends_with(kMagic)) return ModuleParts{.module = file};
  ByteView rest = file.first(file.size() - kMagic.size());
  if (rest.size() < kInfoSize) return malformed("the file ends before its description");
  const ByteView info = rest.last(kInfoSize);
  rest = rest.first(rest.size() - kInfoSize);
  if (info[kIdType] != kPkcs7) return malformed("it is not a PKCS#7 message");
  std::size_t length = 0;
  for (std::size_t i = 0; i < kInfoSize; ++i) {
    if (i >= kLength)
      length = length << 8 | info[i];
    else if (i != kIdType && info[i] != 0)
      return malformed("its description has values where zeros belong");
  }
  if (length == 0 || length >= rest.size()) return malformed("its length is not within the file");
  return ModuleParts{.module = rest.first(rest.size() - length), .signature = rest.last(length)};
}

Result<SignatureInfo> read_signature(ByteView message) {
  if (message.size() > kLongestMessage) return malformed("it is longer than any signature");
  const unsigned char* at = message.data();
  const openssl::Message parsed(d2i_CMS_ContentInfo(nullptr, &at, static_cast<long>(message.size())));
  const bool whole = parsed && at == message.data() + message.size();
  STACK_OF(CMS_SignerInfo)* signers = whole ? CMS_get0_SignerInfos(parsed.get()) : nullptr;
  ERR_clear_error();
  if (!whole) return malformed("it is not one PKCS#7 message");
  if (signers == nullptr || sk_CMS_SignerInfo_num(signers) != 1)
    return malformed("it is not a signature by one signer");
  CMS_SignerInfo* signer = sk_CMS_SignerInfo_value(signers, 0);
  return SignatureInfo{.signer = signer_text(signer), .hash = hash_text(signer)};
}

Bytes join_module(ByteView module, ByteView message) {
  Bytes file(module.begin(), module.end());
  file.insert(file.end(), message.begin(), message.end());
  std::array<std::uint8_t, kInfoSize> info{};
  info[kIdType] = kPkcs7;
  for (std::size_t i = 0; i < 4; ++i)
    info[kLength + i] = static_cast<std::uint8_t>(message.size() >> (8 * (3 - i)));
  file.insert(file.end(), info.begin(), info.end());
  file.insert(file.end(), kMagic.begin(), kMagic.end());
  return file;
}

}  // namespace suture
