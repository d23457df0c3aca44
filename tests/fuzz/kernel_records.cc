// SPDX-License-Identifier: Apache-2.0
//
// The kernel's log holds what devices and programs made it say. What is found in it is in its order, and of
// it.
#include <cstdlib>

#include "agent/health.h"
#include "base/file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace suture;
  const std::string_view text = as_text(ByteView(data, size));
  const auto records = parse_kernel_records(text);
  for (const KernelRecord& record : records) {
    if (!text.contains(record.text) || record.text.contains('\n')) std::abort();
  }
  const auto signs = bad_signs(records, "suture_1");
  if (signs.size() > records.size()) std::abort();
  for (const BadSign& sign : signs) {
    if (sign.kind.empty() || (sign.ours && !text.contains("[suture_1"))) std::abort();
  }
  return 0;
}
