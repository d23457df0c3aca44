// SPDX-License-Identifier: Apache-2.0
#include "target/spec_patches.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::vector<std::string> packaged{"a.patch", "b-1.patch", "patch-6.1-redhat.patch"};
  const auto read = suture::patches_of_spec({reinterpret_cast<const char*>(data), size}, packaged);
  if (!read) return 0;
  // Only what the package holds is ever applied.
  for (const suture::SpecPatch& patch : *read)
    if (std::ranges::find(packaged, patch.file) == packaged.end()) std::abort();
  return 0;
}
