// SPDX-License-Identifier: Apache-2.0
#include "target/distribution.h"

#include "target/debian.h"

namespace suture {

Result<std::unique_ptr<Distribution>> find_distribution(std::string_view name) {
  if (name == "debian") return make_debian();
  return fail("target.unknown-distribution", "find the distribution \"" + std::string(name) + "\"",
              "suture knows: debian");
}

}  // namespace suture
