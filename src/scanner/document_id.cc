// SPDX-License-Identifier: Apache-2.0
#include "scanner/document_id.h"

#include <fmt/format.h>

#include "base/hash.h"

namespace suture {

std::string content_uuid(std::string_view content) {
  const std::string digits = sha256_hex(as_bytes(content));
  const std::string_view all = digits;
  // The variant is in the two highest bits of the digit behind the version.
  constexpr std::string_view kVariants = "89ab";
  const char variant = kVariants[static_cast<unsigned char>(digits[16]) % kVariants.size()];
  return fmt::format("{}-{}-8{}-{}{}-{}", all.substr(0, 8), all.substr(8, 4), all.substr(13, 3), variant,
                     all.substr(17, 3), all.substr(20, 12));
}

}  // namespace suture
