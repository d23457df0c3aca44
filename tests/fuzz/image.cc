// SPDX-License-Identifier: Apache-2.0
//
// A kernel image as a whole, and, by the first byte, only its payload, which spares the fuzzer the way there.
#include <cstdlib>

#include "image/decompress.h"
#include "image/kernel_image.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace suture;
  if (size == 0) return 0;
  const ByteView input(data + 1, size - 1);
  if (data[0] == 'P') {
    constexpr std::size_t kLimit = 1u << 20;
    const auto unpacked = decompress_payload(input, kLimit);
    if (unpacked && unpacked->size() > kLimit) std::abort();
    return 0;
  }
  const auto image = KernelImage::parse(input);
  if (!image) return 0;
  for (const ImageSymbol& symbol : image->symbols()) {
    if (image->find(symbol.name).empty() || image->symbol_at(symbol.address) == nullptr) std::abort();
    const auto extent = image->symbol_containing(symbol.address);
    if (extent) (void)image->bytes(symbol.address, extent->reach);
  }
  return 0;
}
