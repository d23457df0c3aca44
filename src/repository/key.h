// SPDX-License-Identifier: Apache-2.0
//
// Ed25519 keys as TUF names them: the id of a key is the SHA-256 of its canonical JSON form.
#pragma once

#include <array>
#include <filesystem>
#include <memory>
#include <string>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"

struct evp_pkey_st;  // OpenSSL's EVP_PKEY

namespace suture::tuf {

struct PublicKey {
  std::string id{};
  std::array<std::uint8_t, 32> point{};

  bool verifies(ByteView message, ByteView signature) const;
  bool operator==(const PublicKey&) const = default;
};

Json to_json(const PublicKey& key);
/// "repository.unknown-key-type" for any but Ed25519.
Result<PublicKey> public_key_from_json(const Json& json);

/// A private key; wiped from memory with its owner.
class SigningKey {
 public:
  static Result<SigningKey> generate();
  /// Reads a PEM file (PKCS #8). Refuses a file that others than its owner may read.
  static Result<SigningKey> load(const std::filesystem::path& path);
  /// Writes it with mode 0600.
  Result<void> save(const std::filesystem::path& path) const;

  const PublicKey& public_key() const { return public_; }
  Result<Bytes> sign(ByteView message) const;

 private:
  explicit SigningKey(std::shared_ptr<evp_pkey_st> key, PublicKey public_key)
      : key_(std::move(key)), public_(std::move(public_key)) {}
  static Result<SigningKey> from(std::shared_ptr<evp_pkey_st> key);
  std::shared_ptr<evp_pkey_st> key_;
  PublicKey public_;
};

}  // namespace suture::tuf
