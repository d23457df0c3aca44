// SPDX-License-Identifier: Apache-2.0
//
// Manifests come over the network, target records from a store that may be shared.
#include "patchset/patchset.h"

#include <cstdlib>

#include "base/json.h"
#include "target/target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace suture;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto json = parse_json(text, "input");
  if (!json) return 0;
  if (const auto patchset = patchset_from_json(*json)) {
    const auto again = parse_patchset(json_text(to_json(*patchset)));
    if (!again || *again != *patchset) std::abort();
  }
  if (const auto target = target_from_json(*json, "/store")) {
    const auto again = target_from_json(to_json(*target, "/store"), "/store");
    if (!again) std::abort();
  }
  return 0;
}
