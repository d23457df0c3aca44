// SPDX-License-Identifier: Apache-2.0
#include "repository/key.h"

#include "base/hash.h"
#include "base/json.h"
#include "repository/canonical_json.h"

namespace suture::tuf {
namespace {

constexpr const char* kEd25519 = "ed25519";
constexpr const char* kEcdsa = "ecdsa";
constexpr const char* kEcdsaScheme = "ecdsa-sha2-nistp256";

Json form(const char* type, const char* scheme, std::string value) {
  return {{"keytype", type}, {"scheme", scheme}, {"keyval", {{"public", std::move(value)}}}};
}

}  // namespace

bool PublicKey::verifies(ByteView message, ByteView signature) const {
  return std::visit([&](const auto& one) { return one.verifies(message, signature); }, key);
}

PublicKey named(std::variant<Ed25519Public, EcdsaP256Public> key) {
  PublicKey named{.id = {}, .key = std::move(key)};
  // It cannot fail: there are only strings in it.
  named.id = sha256_hex(as_bytes(*canonical_json(to_json(named))));
  return named;
}

Json to_json(const PublicKey& key) {
  if (const auto* ed25519 = std::get_if<Ed25519Public>(&key.key)) {
    return form(kEd25519, kEd25519, ed25519->hex());
  }
  return form(kEcdsa, kEcdsaScheme, std::get<EcdsaP256Public>(key.key).pem());
}

Result<PublicKey> public_key_from_json(std::string id, const Json& json) {
  const std::string type = TRY(json_string(json, "keytype"));
  const std::string scheme = TRY(json_string(json, "scheme"));
  const bool ed25519 = type == kEd25519 && scheme == kEd25519;
  // Older repositories give the scheme as the type, too.
  const bool ecdsa = (type == kEcdsa || type == kEcdsaScheme) && scheme == kEcdsaScheme;
  if (!ed25519 && !ecdsa) {
    return fail("repository.unknown-key-type", "read a public key",
                "it is neither an Ed25519 nor an ECDSA P-256 key");
  }
  const std::string value = TRY(json_string(*TRY(json_object(json, "keyval")), "public"));
  if (ed25519) return PublicKey{.id = std::move(id), .key = TRY(Ed25519Public::from_hex(value))};
  return PublicKey{.id = std::move(id), .key = TRY(EcdsaP256Public::from_pem(value))};
}

Result<SigningKey> SigningKey::generate() {
  return SigningKey(TRY(Ed25519Private::generate()));
}

Result<SigningKey> SigningKey::load(const std::filesystem::path& path, const std::string& passphrase) {
  return SigningKey(TRY(Ed25519Private::load(path, passphrase)));
}

}  // namespace suture::tuf
