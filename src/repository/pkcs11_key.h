// SPDX-License-Identifier: Apache-2.0
//
// An Ed25519 key that never leaves its token: a smart card, a hardware security module, or a program that
// stands for one. Tokens speak PKCS #11 (OASIS, version 3.0); a URI names the key (RFC 7512):
//
//   pkcs11:token=Repository;object=log;id=%01?pin-source=file:/etc/suture/log.pin
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/ed25519.h"
#include "base/error.h"
#include "base/file.h"

namespace suture {

/// Logged in to its token while it, or a copy of it, lives. Not for two threads at a time.
class Pkcs11Key {
 public:
  /// Finds the one private key that `uri` names, and the public key with the same CKA_ID beside it.
  ///
  /// The PIN is the first line of `pin_file`, which only its owner may read; when that is empty, it is what
  /// the URI says by pin-source (a file) or pin-value, which everybody sees who sees the URI. A token with a
  /// keypad of its own needs none. Each wrong PIN counts: tokens lock after a few. `module` is the shared
  /// library which drives the token; when it is empty, the URI's module-path, and without that all those for
  /// which p11-kit is configured.
  ///
  /// "key.token-uri", "key.token-module", "key.token-absent", "key.token-no-key", "key.token-ambiguous",
  /// "key.token-pin", "key.token-locked", "key.token-failed"; "key.exposed" and "key.absent" of the PIN's
  /// file. No error has the PIN in it.
  static Result<Pkcs11Key> open(const std::string& uri, const std::filesystem::path& pin_file = {},
                                const std::filesystem::path& module = {});

  const Ed25519Public& public_key() const { return public_; }
  /// 64 bytes, which public_key() verifies. "key.token-failed", "key.token-locked" for a key that wants its
  /// PIN before each signature.
  Result<Bytes> sign(ByteView message) const;

 private:
  struct Token;
  Pkcs11Key(std::shared_ptr<Token> token, Ed25519Public public_key)
      : token_(std::move(token)), public_(public_key) {}
  std::shared_ptr<Token> token_;
  Ed25519Public public_;
};

}  // namespace suture
