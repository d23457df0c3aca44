// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "base/file.h"

namespace suture {

/// Reads little-endian numbers. Behind the end everything is zero, and the cursor is broken for good.
class Cursor {
 public:
  Cursor(ByteView bytes, std::size_t at) : bytes_(bytes), at_(std::min(at, bytes.size())) {}

  bool broken() const { return broken_; }
  bool done() const { return at_ >= bytes_.size(); }
  std::size_t at() const { return at_; }

  std::uint64_t fixed(std::size_t width) {
    std::uint64_t value = 0;
    if (!has(width)) return 0;
    std::memcpy(&value, bytes_.data() + at_, width);
    at_ += width;
    return value;
  }

  std::uint64_t uleb() {
    std::uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
      if (!has(1)) return 0;
      const std::uint8_t byte = bytes_[at_++];
      if (shift < 64) value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if ((byte & 0x80) == 0) return value;
    }
  }

  std::int64_t sleb() {
    std::uint64_t value = 0;
    for (unsigned shift = 0;;) {
      if (!has(1)) return 0;
      const std::uint8_t byte = bytes_[at_++];
      if (shift < 64) value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      shift += 7;
      if ((byte & 0x80) != 0) continue;
      if (shift < 64 && (byte & 0x40) != 0) value |= ~std::uint64_t{0} << shift;
      return static_cast<std::int64_t>(value);
    }
  }

  /// Up to a zero byte, which is passed.
  const char* string() {
    const auto* begin = reinterpret_cast<const char*>(bytes_.data()) + at_;
    const void* zero = done() ? nullptr : std::memchr(begin, 0, bytes_.size() - at_);
    if (zero == nullptr) {
      fail();
      return "";
    }
    at_ += static_cast<std::size_t>(static_cast<const char*>(zero) - begin) + 1;
    return begin;
  }

  void skip(std::uint64_t count) {
    if (has(count)) at_ += count;
  }

  void fail() {
    broken_ = true;
    at_ = bytes_.size();
  }

 private:
  bool has(std::uint64_t count) {
    if (count <= bytes_.size() - at_) return true;
    fail();
    return false;
  }

  ByteView bytes_;
  std::size_t at_;
  bool broken_ = false;
};

}  // namespace suture
