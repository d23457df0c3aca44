// SPDX-License-Identifier: Apache-2.0
#include "agent/source.h"

namespace suture {

bool is_worth_a_retry(std::string_view code) {
  return code.starts_with("repository.") || code.starts_with("log.") || code == "agent.child" ||
         code == "agent.clock";
}

}  // namespace suture
