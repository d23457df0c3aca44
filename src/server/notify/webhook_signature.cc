// SPDX-License-Identifier: Apache-2.0
#include "server/notify/webhook_signature.h"

#include <fmt/format.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <array>

#include "base/base64.h"

namespace suture::server {
namespace {

constexpr std::string_view kPrefix = "whsec_";

}  // namespace

Result<std::string> new_webhook_secret() {
  std::array<unsigned char, 32> key{};
  if (RAND_bytes(key.data(), static_cast<int>(key.size())) != 1) {
    return fail("notify.random", "make a webhook's secret", "the system has no random numbers");
  }
  return std::string(kPrefix) + to_base64(key);
}

Result<std::string> webhook_signature(std::string_view secret, std::string_view id, std::int64_t timestamp,
                                      std::string_view body) {
  const auto key = secret.starts_with(kPrefix) ? from_base64(secret.substr(kPrefix.size())) : std::nullopt;
  if (!key || key->empty()) {
    return fail("notify.secret", "sign a webhook", "its secret is not \"whsec_\" and base 64");
  }
  const std::string content = fmt::format("{}.{}.{}", id, timestamp, body);
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
  unsigned size = 0;
  if (HMAC(EVP_sha256(), key->data(), static_cast<int>(key->size()),
           reinterpret_cast<const unsigned char*>(content.data()), content.size(), mac.data(),
           &size) == nullptr) {
    return fail("notify.secret", "sign a webhook", "OpenSSL cannot compute HMAC-SHA256");
  }
  return "v1," + to_base64(ByteView(mac).first(size));
}

}  // namespace suture::server
