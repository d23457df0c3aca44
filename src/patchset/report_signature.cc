// SPDX-License-Identifier: Apache-2.0
#include "patchset/report_signature.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/base64.h"
#include "base/hash.h"

namespace suture {
namespace {

constexpr std::string_view kComponents = R"(("@method" "@path" "suture-host-id" "content-digest"))";
constexpr std::size_t kHostIdLength = 32;
constexpr std::size_t kKeyLength = 64;
constexpr std::size_t kDigestBytes = 32;
constexpr std::size_t kSignatureBytes = 64;
constexpr std::size_t kMostOfCreated = 11;  // digits: the year 5138
constexpr std::size_t kMostOfCounter = 18;  // digits: fits 63 bits

std::unexpected<Error> malformed(std::string_view header, std::string why) {
  return fail("request.signature", "read the header " + std::string(header), std::move(why));
}

bool is_lower_hex(std::string_view text, std::size_t length) {
  return text.size() == length && text.find_first_not_of("0123456789abcdef") == text.npos;
}

/// Takes `text` off the front, if it is there.
bool take(std::string_view& rest, std::string_view text) {
  if (!rest.starts_with(text)) return false;
  rest.remove_prefix(text.size());
  return true;
}

/// Takes a number of at most `most` digits off the front: above 0, and without zeros in front.
std::optional<std::int64_t> take_number(std::string_view& rest, std::size_t most) {
  const std::size_t length = std::min(rest.find_first_not_of("0123456789"), rest.size());
  if (length == 0 || length > most || rest.front() == '0') return std::nullopt;
  std::int64_t number = 0;
  const auto [end, problem] = std::from_chars(rest.data(), rest.data() + length, number);
  if (problem != std::errc{} || end != rest.data() + length) return std::nullopt;
  rest.remove_prefix(length);
  return number;
}

/// The bytes between "NAME=:" and ":", which are all there is.
std::optional<Bytes> bytes_of(std::string_view text, std::string_view name, std::size_t size) {
  if (!take(text, name) || !take(text, "=:") || !text.ends_with(':')) return std::nullopt;
  text.remove_suffix(1);
  if (text.size() != (size + 2) / 3 * 4) return std::nullopt;
  auto bytes = from_base64(text);
  if (!bytes || bytes->size() != size) return std::nullopt;
  return bytes;
}

std::string parameters(const ReportSignature& signature) {
  return std::string(kComponents) +
         ";created=" + std::to_string(signature.created.time_since_epoch().count()) + ";nonce=\"" +
         std::to_string(signature.counter) + "\";keyid=\"" + signature.key.hex() + "\";alg=\"ed25519\"";
}

/// Created, nonce and key, of a Signature-Input.
Result<void> read_input(std::string_view text, ReportSignature& signature) {
  constexpr std::string_view kHeader = "Signature-Input";
  if (!take(text, "suture=") || !take(text, kComponents)) {
    return malformed(kHeader, "it does not begin with suture=" + std::string(kComponents));
  }
  const auto created = take(text, ";created=") ? take_number(text, kMostOfCreated) : std::nullopt;
  if (!created) return malformed(kHeader, "\"created\" is not a number of seconds");
  signature.created = Time(std::chrono::seconds(*created));
  const auto counter = take(text, ";nonce=\"") ? take_number(text, kMostOfCounter) : std::nullopt;
  if (!counter || !take(text, "\"")) return malformed(kHeader, "\"nonce\" is not a number");
  signature.counter = *counter;
  if (!take(text, ";keyid=\"") || !is_lower_hex(text.substr(0, kKeyLength), kKeyLength)) {
    return malformed(kHeader, "\"keyid\" is not 64 hexadecimal digits");
  }
  signature.key = TRY(Ed25519Public::from_hex(text.substr(0, kKeyLength)));
  text.remove_prefix(kKeyLength);
  if (text != "\";alg=\"ed25519\"") return malformed(kHeader, "it does not end with alg=\"ed25519\"");
  return {};
}

}  // namespace

std::string content_digest(std::string_view body) {
  const auto digest = from_hex(sha256_hex(as_bytes(body)));
  return "sha-256=:" + to_base64(digest.value_or(Bytes())) + ":";
}

std::string signature_base(const ReportSignature& signature) {
  return "\"@method\": POST\n\"@path\": " + std::string(kReportPath) +
         "\n\"suture-host-id\": " + signature.host_id + "\n\"content-digest\": " + signature.content_digest +
         "\n\"@signature-params\": " + parameters(signature);
}

Result<ReportHeaders> sign_report(const Ed25519Private& key, const std::string& host_id,
                                  std::string_view body, Time created, std::int64_t counter) {
  ReportSignature signature{.host_id = host_id,
                            .key = key.public_key(),
                            .created = created,
                            .counter = counter,
                            .content_digest = content_digest(body),
                            .signature = {}};
  signature.signature = TRY(key.sign(as_bytes(signature_base(signature))));
  return ReportHeaders{.host_id = host_id,
                       .content_digest = signature.content_digest,
                       .signature_input = "suture=" + parameters(signature),
                       .signature = "suture=:" + to_base64(signature.signature) + ":"};
}

Result<ReportSignature> parse_report_signature(const ReportHeaders& headers) {
  ReportSignature signature;
  if (!is_lower_hex(headers.host_id, kHostIdLength)) {
    return malformed("Suture-Host-Id", "it is not 32 hexadecimal digits in lower case");
  }
  signature.host_id = headers.host_id;
  if (!bytes_of(headers.content_digest, "sha-256", kDigestBytes)) {
    return malformed("Content-Digest", "it is not one sha-256=:BASE64:");
  }
  signature.content_digest = headers.content_digest;
  TRY(read_input(headers.signature_input, signature));
  auto bytes = bytes_of(headers.signature, "suture", kSignatureBytes);
  if (!bytes) return malformed("Signature", "it is not suture=:BASE64: of 64 bytes");
  signature.signature = *std::move(bytes);
  return signature;
}

}  // namespace suture
