// SPDX-License-Identifier: Apache-2.0
//
// Public keys as TUF metadata hold them, and those who sign (TUF specification 1.0, 4.2).
#pragma once

#include <filesystem>
#include <string>
#include <variant>
#include <vector>

#include "base/ecdsa_p256.h"
#include "base/ed25519.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json_fwd.h"

namespace suture::tuf {

struct PublicKey {
  /// The SHA-256 of the key's canonical JSON in what we write. Others may name keys otherwise, so two ids can
  /// stand for one key: compare `key` to count keys.
  std::string id{};
  std::variant<Ed25519Public, EcdsaP256Public> key{};

  bool verifies(ByteView message, ByteView signature) const;
  bool operator==(const PublicKey&) const = default;
};

PublicKey named(std::variant<Ed25519Public, EcdsaP256Public> key);
Json to_json(const PublicKey& key);
/// "repository.unknown-key-type" for any but Ed25519 and ECDSA with the curve P-256.
Result<PublicKey> public_key_from_json(std::string id, const Json& json);

/// Whoever can sign with a key: a file, a token, a program. The private half need not be in this process.
class Signer {
 public:
  virtual ~Signer() = default;
  virtual const PublicKey& public_key() const = 0;
  virtual Result<Bytes> sign(ByteView message) const = 0;
};

/// A private key in memory.
class SigningKey : public Signer {
 public:
  explicit SigningKey(Ed25519Private key) : key_(std::move(key)), public_(named(key_.public_key())) {}
  static Result<SigningKey> generate();
  static Result<SigningKey> load(const std::filesystem::path& path, const std::string& passphrase = {});
  Result<void> save(const std::filesystem::path& path, const std::string& passphrase = {}) const {
    return key_.save(path, passphrase);
  }

  const PublicKey& public_key() const override { return public_; }
  Result<Bytes> sign(ByteView message) const override { return key_.sign(message); }

 private:
  Ed25519Private key_;
  PublicKey public_;
};

}  // namespace suture::tuf
