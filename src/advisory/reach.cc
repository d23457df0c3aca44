// SPDX-License-Identifier: Apache-2.0
#include "advisory/reach.h"

namespace suture {

std::string_view name_of(Reach reach) {
  switch (reach) {
    case Reach::kNobody:
      return "nobody";
    case Reach::kHardware:
      return "hardware";
    case Reach::kUserNamespace:
      return "user_namespace";
    case Reach::kAnybody:
      return "anybody";
    case Reach::kAlways:
      return "always";
    case Reach::kRoot:
      break;
  }
  return "root";
}

}  // namespace suture
