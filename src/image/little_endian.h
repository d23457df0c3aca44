// SPDX-License-Identifier: Apache-2.0
//
// Numbers in a kernel image, byte by byte: nothing in it need be aligned for us. The caller has checked that
// `offset` and the number's width lie inside.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#include "base/file.h"

namespace suture {

static_assert(std::endian::native == std::endian::little, "kernel images are read as little-endian");

template <class T>
T load(ByteView bytes, std::size_t offset) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}
inline std::uint16_t load_u16(ByteView bytes, std::size_t offset) {
  return load<std::uint16_t>(bytes, offset);
}
inline std::uint32_t load_u32(ByteView bytes, std::size_t offset) {
  return load<std::uint32_t>(bytes, offset);
}
inline std::uint64_t load_u64(ByteView bytes, std::size_t offset) {
  return load<std::uint64_t>(bytes, offset);
}

}  // namespace suture
