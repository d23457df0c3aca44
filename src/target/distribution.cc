// SPDX-License-Identifier: Apache-2.0
#include "target/distribution.h"

#include "target/debian.h"

namespace suture {

Result<std::unique_ptr<Distribution>> find_distribution(std::string_view name,
                                                        const std::filesystem::path& lists) {
  if (name == "debian") return make_debian(lists / "debian");
  return fail("target.unknown-distribution", "find the distribution \"" + std::string(name) + "\"",
              "suture knows: debian");
}

}  // namespace suture
