// SPDX-License-Identifier: Apache-2.0
//
// Ed25519 signatures (RFC 8032) by OpenSSL: of repository metadata, and of statements about patchsets.
#pragma once

#include <array>
#include <filesystem>
#include <memory>
#include <string>

#include "base/error.h"
#include "base/file.h"

struct evp_pkey_st;  // OpenSSL's EVP_PKEY

namespace suture {

struct Ed25519Public {
  std::array<std::uint8_t, 32> point{};

  bool verifies(ByteView message, ByteView signature) const;
  std::string hex() const;  ///< 64 lower-case digits
  /// "key.malformed" for anything but 64 hexadecimal digits.
  static Result<Ed25519Public> from_hex(std::string_view text);
  bool operator==(const Ed25519Public&) const = default;
};

/// A private key; wiped from memory with its owner.
class Ed25519Private {
 public:
  static Result<Ed25519Private> generate();
  /// The key that these 32 bytes are (RFC 8032, 5.1.5); "key.malformed" for more or fewer.
  static Result<Ed25519Private> from_seed(ByteView seed);
  /// Reads a PEM file (PKCS #8, RFC 5958). "key.absent", "key.malformed"; "key.exposed" for a file that
  /// others than its owner may read; "key.passphrase" when it is encrypted and this does not open it.
  static Result<Ed25519Private> load(const std::filesystem::path& path, const std::string& passphrase = {});
  static Result<bool> is_encrypted(const std::filesystem::path& path);
  /// Writes it with mode 0600; with a passphrase, encrypted (PBES2 with AES-256).
  Result<void> save(const std::filesystem::path& path, const std::string& passphrase = {}) const;

  const Ed25519Public& public_key() const { return public_; }
  Result<Bytes> sign(ByteView message) const;

 private:
  Ed25519Private(std::shared_ptr<evp_pkey_st> key, Ed25519Public public_key)
      : key_(std::move(key)), public_(public_key) {}
  static Result<Ed25519Private> from(std::shared_ptr<evp_pkey_st> key);
  std::shared_ptr<evp_pkey_st> key_;
  Ed25519Public public_;
};

}  // namespace suture
