// SPDX-License-Identifier: Apache-2.0
#include "server/access/totp.h"

#include <fmt/format.h>
#include <liboath/oath.h>
#include <openssl/rand.h>

#include <array>
#include <memory>

#include "base/hash.h"
#include "server/access/secret.h"

namespace suture::server {
namespace {

constexpr unsigned kStep = 30;
constexpr unsigned kDigits = 6;
constexpr std::size_t kSecretBytes = 20;
constexpr std::size_t kRecoveryCodes = 10;
constexpr std::size_t kRecoveryLetters = 25;
constexpr std::string_view kBase32 = "abcdefghijklmnopqrstuvwxyz234567";

struct Free {
  void operator()(char* text) const { std::free(text); }
};
using OathText = std::unique_ptr<char, Free>;

template <std::size_t size>
Result<std::array<std::uint8_t, size>> random_bytes() {
  std::array<std::uint8_t, size> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(size)) == 1) return bytes;
  return fail("store.unavailable", "make a secret", "the system gives no random bytes");
}

}  // namespace

Result<std::string> new_totp_secret() {
  const auto bytes = TRY(random_bytes<kSecretBytes>());
  char* text = nullptr;
  std::size_t length = 0;
  if (oath_base32_encode(reinterpret_cast<const char*>(bytes.data()), bytes.size(), &text, &length) !=
      OATH_OK) {
    return fail("store.unavailable", "make a secret", "there is no memory for it");
  }
  const OathText owned(text);
  return std::string(text, length);
}

std::string totp_code(std::string_view secret, std::int64_t step) {
  char* key = nullptr;
  std::size_t length = 0;
  if (oath_base32_decode(secret.data(), secret.size(), &key, &length) != OATH_OK) return {};
  const OathText owned(key);
  std::array<char, kDigits + 1> code{};
  const int status = oath_totp_generate(key, length, static_cast<time_t>(step * kStep), kStep,
                                        OATH_TOTP_DEFAULT_START_TIME, kDigits, code.data());
  return status == OATH_OK ? std::string(code.data()) : std::string();
}

std::optional<std::int64_t> totp_step_of(std::string_view secret, std::string_view code,
                                         std::chrono::system_clock::time_point now) {
  if (code.size() != kDigits) return std::nullopt;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  std::optional<std::int64_t> found;
  for (std::int64_t step = seconds / kStep - 1; step <= seconds / kStep + 1; ++step) {
    if (same_secret(totp_code(secret, step), code)) found = step;
  }
  return found;
}

std::string totp_uri(std::string_view user, std::string_view secret) {
  std::string name;
  for (const char c : user) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.';
    name += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return fmt::format("otpauth://totp/Suture:{}?secret={}&issuer=Suture&algorithm=SHA1&digits={}&period={}",
                     name, secret, kDigits, kStep);
}

Result<std::vector<std::string>> new_recovery_codes() {
  std::vector<std::string> codes;
  while (codes.size() < kRecoveryCodes) {
    std::string code;
    std::size_t letters = 0;
    for (const std::uint8_t byte : TRY(random_bytes<kRecoveryLetters>())) {
      if (letters != 0 && letters % 5 == 0) code += '-';
      code += kBase32[byte % kBase32.size()];
      ++letters;
    }
    codes.push_back(std::move(code));
  }
  return codes;
}

std::optional<std::string> recovery_hash(std::string_view code) {
  std::string plain;
  for (const char c : code) {
    const char letter = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    if (letter == '-' || letter == ' ') continue;
    if (kBase32.find(letter) == std::string_view::npos || plain.size() == kRecoveryLetters)
      return std::nullopt;
    plain += letter;
  }
  if (plain.size() != kRecoveryLetters) return std::nullopt;
  return sha256_hex(as_bytes(plain));
}

}  // namespace suture::server
