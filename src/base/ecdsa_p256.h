// SPDX-License-Identifier: Apache-2.0
//
// ECDSA signatures on the curve P-256 with SHA-256 (FIPS 186-4) by OpenSSL: to check those of others only.
#pragma once

#include <string>

#include "base/error.h"
#include "base/file.h"

namespace suture {

struct EcdsaP256Public {
  Bytes spki{};  ///< SubjectPublicKeyInfo (RFC 5280, 4.1.2.7), DER as OpenSSL writes it: one key, one form

  /// `signature` is the DER sequence of r and s.
  bool verifies(ByteView message, ByteView signature) const;
  std::string pem() const;
  /// "key.malformed" for anything but a public key of that curve in PEM form.
  static Result<EcdsaP256Public> from_pem(std::string_view text);
  bool operator==(const EcdsaP256Public&) const = default;
};

}  // namespace suture
