// SPDX-License-Identifier: Apache-2.0
#include "base/base64.h"

#include <openssl/evp.h>

#include <algorithm>

namespace suture {
namespace {

constexpr std::size_t kMostText = 1u << 30;  // OpenSSL counts in int

}  // namespace

std::string to_base64(ByteView bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes.data(),
                                   static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

std::optional<Bytes> from_base64(std::string_view text) {
  if (text.size() % 4 != 0 || text.size() > kMostText) return std::nullopt;
  Bytes bytes(text.size() / 4 * 3 + 1);
  const int size = EVP_DecodeBlock(bytes.data(), reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  if (size < 0) return std::nullopt;
  // It counts padding as bytes, and skips white space.
  std::size_t filling = 0;
  while (filling < std::min<std::size_t>(2, text.size()) && text[text.size() - 1 - filling] == '=') ++filling;
  if (static_cast<std::size_t>(size) < filling) return std::nullopt;
  bytes.resize(static_cast<std::size_t>(size) - filling);
  if (to_base64(bytes) != text) return std::nullopt;
  return bytes;
}

}  // namespace suture
