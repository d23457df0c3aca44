// SPDX-License-Identifier: Apache-2.0
//
// Signed tokens of others: the compact form of JWS (RFC 7515), with public keys as JWK (RFC 7517, 8037). Of
// all that the RFCs allow, little is taken: three algorithms, all with public keys, and each key is of one of
// them only. So there is no "none", and nobody's public key is ever taken for a shared secret.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/file.h"

struct evp_pkey_st;

namespace suture::server {

inline constexpr std::size_t kMostToken = 16u << 10;
inline constexpr std::size_t kMostKeySet = 64u << 10;

enum class JwsAlgorithm { kRs256, kEs256, kEdDsa };

struct Jws {
  JwsAlgorithm algorithm = JwsAlgorithm::kRs256;
  std::string key_id{};   ///< empty: none is named
  std::string payload{};  ///< not to be believed before verify()
  std::string signed_text{};
  Bytes signature{};
};

/// "oidc.token" for whatever is none that we take.
Result<Jws> parse_jws(std::string_view text);

struct Jwk {
  std::string id{};
  JwsAlgorithm algorithm = JwsAlgorithm::kRs256;
  std::shared_ptr<evp_pkey_st> key{};
};

/// Keys that we have no use for are passed over; "oidc.keys" for what is no set of keys. At most 64.
Result<std::vector<Jwk>> parse_jwk_set(std::string_view text);

enum class JwsVerdict {
  kGood,
  kWrong,
  kNoKey,  ///< none of that name: the set may have a newer one meanwhile
};
JwsVerdict verify(const Jws& jws, const std::vector<Jwk>& keys);

/// Base64 of RFC 4648, 5, without padding: the one way to write something, or nothing.
std::optional<Bytes> from_base64url(std::string_view text);
std::string to_base64url(ByteView bytes);

}  // namespace suture::server
