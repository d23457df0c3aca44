// SPDX-License-Identifier: Apache-2.0
//
// What is accepted as an object can be written, and read again.
#include "elf/object.h"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace suture;
  const auto object = elf::parse_object({data, size}, "input");
  if (!object) return 0;
  const auto written = elf::serialize(*object);
  if (written && !elf::parse_object(*written, "its copy")) std::abort();
  return 0;
}
