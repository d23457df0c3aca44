// SPDX-License-Identifier: Apache-2.0
//
// Ed25519 keys as TUF names them: the id of a key is the SHA-256 of its canonical JSON form.
#pragma once

#include <filesystem>
#include <string>

#include "base/ed25519.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"

namespace suture::tuf {

struct PublicKey {
  std::string id{};
  Ed25519Public key{};

  bool verifies(ByteView message, ByteView signature) const { return key.verifies(message, signature); }
  bool operator==(const PublicKey&) const = default;
};

Json to_json(const PublicKey& key);
/// "repository.unknown-key-type" for any but Ed25519.
Result<PublicKey> public_key_from_json(const Json& json);

class SigningKey {
 public:
  static Result<SigningKey> generate();
  static Result<SigningKey> load(const std::filesystem::path& path);
  Result<void> save(const std::filesystem::path& path) const { return key_.save(path); }

  const PublicKey& public_key() const { return public_; }
  Result<Bytes> sign(ByteView message) const { return key_.sign(message); }

 private:
  SigningKey(Ed25519Private key, PublicKey public_key)
      : key_(std::move(key)), public_(std::move(public_key)) {}
  static Result<SigningKey> of(Ed25519Private key);
  Ed25519Private key_;
  PublicKey public_;
};

}  // namespace suture::tuf
