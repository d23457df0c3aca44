// SPDX-License-Identifier: Apache-2.0
#include "patchset/plan.h"
#include "base/file.h"
#include "base/json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto answered = suture::parse_answered_plan(suture::as_text({data, size}));
  if (!answered || !*answered) return 0;
  // What is accepted is kept by the agent, and read again as it is.
  const auto again = suture::parse_plan(suture::json_text(suture::to_json(**answered)));
  if (!again || *again != **answered) __builtin_trap();
  return 0;
}
