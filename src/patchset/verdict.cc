// SPDX-License-Identifier: Apache-2.0
#include "patchset/verdict.h"

namespace suture {

std::string_view name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPatched:
      return "patched";
    case Verdict::kFixed:
      return "fixed";
    case Verdict::kNotAffected:
      return "not-affected";
    case Verdict::kOpen:
      return "open";
    case Verdict::kUnknown:
      break;
  }
  return "unknown";
}

}  // namespace suture
