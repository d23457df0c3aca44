// SPDX-License-Identifier: Apache-2.0
#include "delta/refusal.h"

#include <algorithm>
#include <array>

namespace suture {

bool is_refusal(const Error& error) {
  // Of this part, and yet about the input: objects that contradict themselves or the sizes that were given.
  constexpr std::array<std::string_view, 5> kBroken{"delta.unsupported-object", "delta.special-section-shape",
                                                    "delta.debug-info", "delta.record-malformed",
                                                    "delta.wrong-use"};
  return error.code.starts_with("delta.") && std::ranges::find(kBroken, error.code) == kBroken.end();
}

}  // namespace suture
