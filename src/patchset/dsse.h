// SPDX-License-Identifier: Apache-2.0
//
// A signed statement as it travels: DSSE envelopes (https://github.com/secure-systems-lab/dsse, protocol.md
// and envelope.md, version 1), here with Ed25519. The payload's bytes are signed, not some canonical form of
// them.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/ed25519.h"
#include "base/error.h"
#include "base/file.h"

namespace suture {

struct DsseEnvelope {
  struct Signature {
    std::string key_id;  ///< a hint only; ours is the public key in hexadecimal
    Bytes bytes;
  };
  std::string payload_type;  ///< "application/vnd.in-toto+json"
  std::string payload;
  std::vector<Signature> signatures;
};

/// Makes the signature of a message with a key that need not be in this process.
using SignMessage = std::function<Result<Bytes>(ByteView message)>;

/// The envelope as JSON text.
Result<std::string> sign_dsse(std::string_view payload_type, std::string_view payload,
                              const Ed25519Public& key, const SignMessage& sign);

/// Checks form only. "dsse.malformed" for what is no envelope; up to 16 MiB.
Result<DsseEnvelope> parse_dsse(std::string_view text);

/// The first of the keys that has signed it.
std::optional<Ed25519Public> signer_of(const DsseEnvelope& envelope, std::span<const Ed25519Public> keys);

}  // namespace suture
