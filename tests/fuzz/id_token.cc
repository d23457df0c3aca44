// SPDX-License-Identifier: Apache-2.0
//
// What an identity provider sends: a token in the first line, a set of keys behind it.
#include "server/access/id_token.h"

#include <cstdlib>

#include "server/access/jws.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace suture::server;
  const std::string_view text = suture::as_text({data, size});
  const auto line = text.substr(0, text.find('\n'));
  const auto keys = parse_jwk_set(text.substr(std::min(text.size(), line.size() + 1)));
  const auto jws = parse_jws(line);
  if (!jws) return 0;
  // One token has one text: what is taken must be what would be written of it.
  if (jws->signed_text + "." + to_base64url(jws->signature) != line) std::abort();
  if (keys) static_cast<void>(verify(*jws, *keys));
  const std::chrono::system_clock::time_point now(std::chrono::seconds(1'800'000'000));
  const IdExpectation wanted{.issuer = "i", .client_id = "c", .nonce = "n", .role_claim = "a.b"};
  const auto claims = check_id_claims(jws->payload, wanted, now);
  if (claims && claims->subject.empty()) std::abort();
  return 0;
}
