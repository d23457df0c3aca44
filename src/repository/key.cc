// SPDX-License-Identifier: Apache-2.0
#include "repository/key.h"

#include "base/hash.h"
#include "repository/canonical_json.h"

namespace suture::tuf {

Json to_json(const PublicKey& key) {
  return {{"keytype", "ed25519"}, {"scheme", "ed25519"}, {"keyval", {{"public", key.key.hex()}}}};
}

Result<PublicKey> public_key_from_json(const Json& json) {
  if (TRY(json_string(json, "keytype")) != "ed25519" || TRY(json_string(json, "scheme")) != "ed25519") {
    return fail("repository.unknown-key-type", "read a public key", "it is not an Ed25519 key");
  }
  const std::string digits = TRY(json_string(*TRY(json_object(json, "keyval")), "public"));
  return PublicKey{.id = sha256_hex(as_bytes(TRY(canonical_json(json)))),
                   .key = TRY(Ed25519Public::from_hex(digits))};
}

Result<SigningKey> SigningKey::of(Ed25519Private key) {
  PublicKey public_key{.id = {}, .key = key.public_key()};
  public_key.id = sha256_hex(as_bytes(TRY(canonical_json(to_json(public_key)))));
  return SigningKey(std::move(key), std::move(public_key));
}

Result<SigningKey> SigningKey::generate() {
  return of(TRY(Ed25519Private::generate()));
}

Result<SigningKey> SigningKey::load(const std::filesystem::path& path) {
  return of(TRY(Ed25519Private::load(path)));
}

}  // namespace suture::tuf
