// SPDX-License-Identifier: Apache-2.0
#include "agent/wake.h"
#include "base/file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto answer = suture::parse_wake_answer(suture::as_text({data, size}));
  if (!answer) return 0;
  // What is accepted goes into a URL as it is.
  if (answer->after.empty() || answer->after.find_first_not_of("0123456789abcdef") != std::string::npos) {
    __builtin_trap();
  }
  return 0;
}
