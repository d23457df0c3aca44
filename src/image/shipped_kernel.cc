// SPDX-License-Identifier: Apache-2.0
#include "image/shipped_kernel.h"

#include <cctype>

namespace suture {

std::vector<ShippedSymbol> ShippedKernel::find(std::string_view name) const {
  std::vector<ShippedSymbol> result;
  for (const ImageSymbol* symbol : image_.find(name)) {
    const char type = symbol->type;  // as nm prints it
    result.push_back({.address = symbol->address,
                      .global = std::isupper(static_cast<unsigned char>(type)) != 0,
                      .weak = type == 'W' || type == 'V'});
  }
  return result;
}

std::vector<std::uint64_t> ShippedKernel::addresses_of(std::string_view name) const {
  std::vector<std::uint64_t> result;
  for (const ImageSymbol* symbol : image_.find(name)) result.push_back(symbol->address);
  return result;
}

std::optional<std::uint64_t> ShippedKernel::field(std::uint64_t address, std::size_t width, bool relative,
                                                  bool is_signed) const {
  const std::optional<ByteView> content = image_.bytes(address, width);
  if (!content || width == 0 || width > sizeof(std::uint64_t)) return std::nullopt;
  std::uint64_t value = 0;
  for (std::size_t i = width; i-- > 0;) value = value << 8 | (*content)[i];
  const std::size_t unused = 64 - 8 * width;
  if (relative || is_signed)
    value = static_cast<std::uint64_t>(static_cast<std::int64_t>(value << unused) >> unused);
  return relative ? value + address : value;
}

}  // namespace suture
