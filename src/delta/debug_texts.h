// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/file.h"

namespace suture {

/// Texts by their offset, each up to a zero byte.
class DebugTexts {
 public:
  explicit DebugTexts(ByteView bytes) : bytes_(bytes), ended_(bytes.size()) {
    while (ended_ > 0 && bytes[ended_ - 1] != 0) --ended_;
  }
  /// Null when there is none.
  const char* at(std::uint64_t offset) const {
    return offset < ended_ ? reinterpret_cast<const char*>(bytes_.data()) + offset : nullptr;
  }

 private:
  ByteView bytes_;
  std::size_t ended_;  ///< behind the last zero byte
};

}  // namespace suture
