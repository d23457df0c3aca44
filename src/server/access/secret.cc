// SPDX-License-Identifier: Apache-2.0
#include "server/access/secret.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <array>

#include "base/hash.h"

namespace suture::server {

Result<std::string> random_digits() {
  std::array<std::uint8_t, 32> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) {
    return fail("store.unavailable", "make a secret", "the system gives no random bytes");
  }
  return to_hex(bytes);
}

bool same_secret(std::string_view one, std::string_view other) {
  return one.size() == other.size() && CRYPTO_memcmp(one.data(), other.data(), one.size()) == 0;
}

}  // namespace suture::server
