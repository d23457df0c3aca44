// SPDX-License-Identifier: Apache-2.0
#include "patchset/dsse.h"

#include "base/base64.h"
#include "base/json.h"

namespace suture {
namespace {

constexpr std::size_t kMostSignatures = 64;

Result<Bytes> from_envelope(std::string_view base64) {
  auto bytes = from_base64(base64);
  if (!bytes) return fail("dsse.malformed", "read a signed statement", "it is not in Base64");
  return *std::move(bytes);
}

/// PAE: what is signed.
std::string signed_bytes(std::string_view type, std::string_view payload) {
  std::string text = "DSSEv1 " + std::to_string(type.size()) + " ";
  text.append(type).append(" ").append(std::to_string(payload.size())).append(" ").append(payload);
  return text;
}

Result<DsseEnvelope> read_envelope(const Json& json) {
  const Bytes payload = TRY(from_envelope(TRY(json_string(json, "payload"))));
  DsseEnvelope envelope{.payload_type = TRY(json_string(json, "payloadType")),
                        .payload = std::string(as_text(payload)),
                        .signatures = {}};
  const Json& signatures = *TRY(json_array(json, "signatures"));
  if (signatures.size() > kMostSignatures)
    return fail("dsse.malformed", "read a signed statement", "it has too many signatures");
  for (const Json& signature : signatures) {
    if (!signature.is_object())
      return fail("dsse.malformed", "read a signed statement", "a signature is no object");
    std::string key_id;
    if (signature.contains("keyid")) key_id = TRY(json_string(signature, "keyid"));
    envelope.signatures.push_back(
        {.key_id = std::move(key_id), .bytes = TRY(from_envelope(TRY(json_string(signature, "sig"))))});
  }
  return envelope;
}

}  // namespace

Result<std::string> sign_dsse(std::string_view payload_type, std::string_view payload,
                              const Ed25519Public& key, const SignMessage& sign) {
  const std::string message = signed_bytes(payload_type, payload);
  const Bytes signature = TRY(sign(as_bytes(message)));
  return json_text({{"payloadType", payload_type},
                    {"payload", to_base64(as_bytes(payload))},
                    {"signatures", Json::array({{{"keyid", key.hex()}, {"sig", to_base64(signature)}}})}});
}

Result<DsseEnvelope> parse_dsse(std::string_view text) {
  const Json json = TRY(parse_json(text, "a signed statement"));
  auto envelope = read_envelope(json);
  if (envelope) return envelope;
  Error error = std::move(envelope).error();
  error.code = "dsse.malformed";
  return std::unexpected(std::move(error));
}

std::optional<Ed25519Public> signer_of(const DsseEnvelope& envelope, std::span<const Ed25519Public> keys) {
  const std::string message = signed_bytes(envelope.payload_type, envelope.payload);
  for (const Ed25519Public& key : keys) {
    const bool signed_by =
        std::ranges::any_of(envelope.signatures, [&](const DsseEnvelope::Signature& signature) {
          return key.verifies(as_bytes(message), signature.bytes);
        });
    if (signed_by) return key;
  }
  return std::nullopt;
}

}  // namespace suture
