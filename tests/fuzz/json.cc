// SPDX-License-Identifier: Apache-2.0
//
// Whatever is accepted must come out the same when it is written and read again.
#include "base/json.h"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto json = suture::parse_json(text, "input");
  if (!json) return 0;
  // Written out with indentation, deep nesting takes far more room than it was read from.
  const auto again = suture::parse_json(suture::json_text(*json), "its copy", {.bytes = SIZE_MAX});
  if (!again || *again != *json) std::abort();
  return 0;
}
