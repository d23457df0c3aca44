// SPDX-License-Identifier: Apache-2.0
//
// How a host signs what it reports: HTTP Message Signatures (RFC 9421) with Ed25519, over the method, the
// path, the host's id, the digest of the body (RFC 9530), and the signature's own parameters. Of all that the
// RFC allows, one shape is written and taken, so that one signature has one text:
//
//   Suture-Host-Id: 00112233445566778899aabbccddeeff
//   Content-Digest: sha-256=:BASE64:
//   Signature-Input: suture=("@method" "@path" "suture-host-id" "content-digest");created=1796000000;
//                    nonce="1796000000000000";keyid="HEX";alg="ed25519"          (on one line)
//   Signature: suture=:BASE64:
//
// `keyid` is the public key itself, so who has never heard of it can check the signature, too. `nonce` is a
// number which rises from report to report: a copy of an earlier report is known by it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/ed25519.h"
#include "base/time.h"

namespace suture {

/// Of the server's own interface. What a proxy takes off in front of it is not signed.
inline constexpr std::string_view kReportPath = "/api/v1/reports";

/// Values of the headers, as they travel.
struct ReportHeaders {
  std::string host_id{};          ///< Suture-Host-Id
  std::string content_digest{};   ///< Content-Digest
  std::string signature_input{};  ///< Signature-Input
  std::string signature{};        ///< Signature
  /// Not signed at all. A Content-Digest alone is no signature.
  bool absent() const { return host_id.empty() && signature_input.empty() && signature.empty(); }
};

/// The headers, taken apart. Says nothing yet of whether the signature holds.
struct ReportSignature {
  std::string host_id;  ///< 32 lower-case hexadecimal digits
  Ed25519Public key;
  Time created;
  std::int64_t counter = 0;  ///< the nonce, above 0 and below 10^18
  std::string content_digest;
  Bytes signature;  ///< 64 bytes

  /// Whether `key` signed this, and a body with this digest.
  bool holds_for(std::string_view body) const;
};

/// "sha-256=:…:"
std::string content_digest(std::string_view body);

/// The text that is signed (RFC 9421, 2.5).
std::string signature_base(const ReportSignature& signature);

Result<ReportHeaders> sign_report(const Ed25519Private& key, const std::string& host_id,
                                  std::string_view body, Time created, std::int64_t counter);

/// "request.signature" for any other shape than the one above, or when one of the headers is missing.
Result<ReportSignature> parse_report_signature(const ReportHeaders& headers);

}  // namespace suture
