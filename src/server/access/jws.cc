// SPDX-License-Identifier: Apache-2.0
#include "server/access/jws.h"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <algorithm>

#include "base/base64.h"
#include "base/json.h"
#include "base/openssl.h"

namespace suture::server {
namespace {

constexpr JsonLimits kHeaderLimits{.bytes = 4096, .depth = 4};
constexpr JsonLimits kKeyLimits{.bytes = kMostKeySet, .depth = 8};
constexpr std::size_t kMostKeys = 64;
constexpr std::size_t kCoordinate = 32;
constexpr int kLeastRsaBits = 2048;
constexpr int kMostRsaBits = 8192;

using openssl::Free;
using Context = std::unique_ptr<EVP_PKEY_CTX, Free<EVP_PKEY_CTX_free>>;
using Digest = openssl::DigestContext;
using Builder = std::unique_ptr<OSSL_PARAM_BLD, Free<OSSL_PARAM_BLD_free>>;
using Parameters = std::unique_ptr<OSSL_PARAM, Free<OSSL_PARAM_free>>;
using Number = std::unique_ptr<BIGNUM, Free<BN_free>>;
using Signature = std::unique_ptr<ECDSA_SIG, Free<ECDSA_SIG_free>>;

std::unexpected<Error> bad_token(std::string why) {
  return fail("oidc.token", "read a token of the identity provider", std::move(why));
}

std::optional<std::string> text_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_string()) return std::nullopt;
  return found->get<std::string>();
}

std::optional<JwsAlgorithm> algorithm_named(std::string_view name) {
  if (name == "RS256") return JwsAlgorithm::kRs256;
  if (name == "ES256") return JwsAlgorithm::kEs256;
  if (name == "EdDSA") return JwsAlgorithm::kEdDsa;
  return std::nullopt;
}

std::shared_ptr<EVP_PKEY> made(const char* type, OSSL_PARAM* parameters) {
  const Context context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (!context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1) {
    return nullptr;
  }
  return {key, EVP_PKEY_free};
}

Bytes bytes_of(const Json& key, const char* member) {
  const auto text = text_of(key, member);
  return text ? from_base64url(*text).value_or(Bytes()) : Bytes();
}

std::shared_ptr<EVP_PKEY> rsa_key(const Json& json) {
  const Bytes n = bytes_of(json, "n");
  const Bytes e = bytes_of(json, "e");
  // An exponent of one or of nine hundred bits would cost us more than it does its owner.
  if (n.empty() || n.size() * 8 > kMostRsaBits || e.empty() || e.size() > 4 || (e.back() & 1) == 0)
    return nullptr;
  const Number modulus(BN_bin2bn(n.data(), static_cast<int>(n.size()), nullptr));
  const Number exponent(BN_bin2bn(e.data(), static_cast<int>(e.size()), nullptr));
  if (!modulus || !exponent || BN_num_bits(modulus.get()) < kLeastRsaBits || BN_is_one(exponent.get()))
    return nullptr;
  const Builder builder(OSSL_PARAM_BLD_new());
  if (!builder || OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get()) != 1) {
    return nullptr;
  }
  const Parameters parameters(OSSL_PARAM_BLD_to_param(builder.get()));
  return parameters ? made("RSA", parameters.get()) : nullptr;
}

std::shared_ptr<EVP_PKEY> p256_key(const Json& json) {
  const Bytes x = bytes_of(json, "x");
  const Bytes y = bytes_of(json, "y");
  if (x.size() != kCoordinate || y.size() != kCoordinate) return nullptr;
  Bytes point{4};
  point.insert(point.end(), x.begin(), x.end());
  point.insert(point.end(), y.begin(), y.end());
  char curve[] = "prime256v1";
  OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, static_cast<char*>(curve), 0),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()),
      OSSL_PARAM_construct_end()};
  auto key = made("EC", static_cast<OSSL_PARAM*>(parameters));
  if (!key) return nullptr;
  const Context check(EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr));
  return check && EVP_PKEY_public_check(check.get()) == 1 ? key : nullptr;
}

std::shared_ptr<EVP_PKEY> ed25519_key(const Json& json) {
  const Bytes x = bytes_of(json, "x");
  if (x.size() != kCoordinate) return nullptr;
  return {EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, x.data(), x.size()), EVP_PKEY_free};
}

/// Nothing for a key that is not for us.
std::optional<Jwk> key_of(const Json& json) {
  if (!json.is_object()) return std::nullopt;
  const std::string type = text_of(json, "kty").value_or("");
  const std::string curve = text_of(json, "crv").value_or("");
  Jwk jwk{.id = text_of(json, "kid").value_or("")};
  if (type == "RSA") {
    jwk.algorithm = JwsAlgorithm::kRs256;
    jwk.key = rsa_key(json);
  } else if (type == "EC" && curve == "P-256") {
    jwk.algorithm = JwsAlgorithm::kEs256;
    jwk.key = p256_key(json);
  } else if (type == "OKP" && curve == "Ed25519") {
    jwk.algorithm = JwsAlgorithm::kEdDsa;
    jwk.key = ed25519_key(json);
  }
  if (!jwk.key || text_of(json, "use").value_or("sig") != "sig") return std::nullopt;
  if (json.contains("alg") && algorithm_named(text_of(json, "alg").value_or("")) != jwk.algorithm)
    return std::nullopt;
  return jwk;
}

/// JWS has both numbers side by side, OpenSSL wants them in DER.
Bytes der_of(const Bytes& plain) {
  if (plain.size() != 2 * kCoordinate) return {};
  Number r(BN_bin2bn(plain.data(), kCoordinate, nullptr));
  Number s(BN_bin2bn(plain.data() + kCoordinate, kCoordinate, nullptr));
  const Signature signature(ECDSA_SIG_new());
  if (!r || !s || !signature) return {};
  // It refuses null pointers only, and owns both from here on.
  if (ECDSA_SIG_set0(signature.get(), r.release(), s.release()) != 1) return {};
  unsigned char* out = nullptr;
  const int size = i2d_ECDSA_SIG(signature.get(), &out);
  if (size <= 0) return {};
  Bytes der(out, out + size);
  OPENSSL_free(out);
  return der;
}

bool is_signed_by(const Jws& jws, const Jwk& jwk) {
  const bool ecdsa = jws.algorithm == JwsAlgorithm::kEs256;
  const Bytes signature = ecdsa ? der_of(jws.signature) : jws.signature;
  const EVP_MD* hash = jws.algorithm == JwsAlgorithm::kEdDsa ? nullptr : EVP_sha256();
  const Digest digest(EVP_MD_CTX_new());
  return !signature.empty() && digest &&
         EVP_DigestVerifyInit(digest.get(), nullptr, hash, nullptr, jwk.key.get()) == 1 &&
         EVP_DigestVerify(digest.get(), signature.data(), signature.size(),
                          reinterpret_cast<const unsigned char*>(jws.signed_text.data()),
                          jws.signed_text.size()) == 1;
}

}  // namespace

std::optional<Bytes> from_base64url(std::string_view text) {
  std::string plain(text);
  for (char& c : plain) {
    if (c == '+' || c == '/' || c == '=') return std::nullopt;
    if (c == '-') c = '+';
    if (c == '_') c = '/';
  }
  plain.append((4 - plain.size() % 4) % 4, '=');
  auto bytes = from_base64(plain);
  if (!bytes || to_base64url(*bytes) != text) return std::nullopt;
  return bytes;
}

std::string to_base64url(ByteView bytes) {
  std::string text = to_base64(bytes);
  text.resize(std::min(text.find('='), text.size()));
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  return text;
}

Result<Jws> parse_jws(std::string_view text) {
  if (text.size() > kMostToken) return bad_token("it is longer than 16 KiB");
  const auto first = text.find('.');
  const auto second = first == text.npos ? first : text.find('.', first + 1);
  if (second == text.npos || text.find('.', second + 1) != text.npos)
    return bad_token("it has not three parts");
  const auto header = from_base64url(text.substr(0, first));
  const auto payload = from_base64url(text.substr(first + 1, second - first - 1));
  auto signature = from_base64url(text.substr(second + 1));
  if (!header || !payload || !signature || signature->empty())
    return bad_token("a part of it is not base64url");
  const auto json = parse_json({reinterpret_cast<const char*>(header->data()), header->size()},
                               "a token's header", kHeaderLimits);
  if (!json || !json->is_object()) return bad_token("its header is no JSON object");
  const auto algorithm = algorithm_named(text_of(*json, "alg").value_or(""));
  if (!algorithm) return bad_token("its algorithm is none of RS256, ES256 and EdDSA");
  // What is critical must be understood, and we understand no extension (RFC 7515, 4.1.11).
  if (json->contains("crit")) return bad_token("it has an extension that must be understood");
  return Jws{.algorithm = *algorithm,
             .key_id = text_of(*json, "kid").value_or(""),
             .payload = {payload->begin(), payload->end()},
             .signed_text = std::string(text.substr(0, second)),
             .signature = *std::move(signature)};
}

Result<std::vector<Jwk>> parse_jwk_set(std::string_view text) {
  const Json json =
      TRY_IN("read the identity provider's keys", parse_json(text, "a set of keys", kKeyLimits));
  const auto list = json.is_object() ? json.find("keys") : json.end();
  if (!json.is_object() || list == json.end() || !list->is_array() || list->size() > kMostKeys) {
    return fail("oidc.keys", "read the identity provider's keys", "it is no set of keys");
  }
  std::vector<Jwk> keys;
  for (const Json& each : *list) {
    if (auto key = key_of(each)) keys.push_back(*std::move(key));
  }
  return keys;
}

JwsVerdict verify(const Jws& jws, const std::vector<Jwk>& keys) {
  bool any = false;
  for (const Jwk& jwk : keys) {
    if (jwk.algorithm != jws.algorithm || (!jws.key_id.empty() && jwk.id != jws.key_id)) continue;
    any = true;
    if (is_signed_by(jws, jwk)) return JwsVerdict::kGood;
  }
  return any ? JwsVerdict::kWrong : JwsVerdict::kNoKey;
}

}  // namespace suture::server
