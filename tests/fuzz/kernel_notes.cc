// SPDX-License-Identifier: Apache-2.0
#include "engine/notes.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto id = suture::build_id_of_notes({data, size});
  if (id && (id->size() < 16 || id->size() > 128)) __builtin_trap();
  return 0;
}
