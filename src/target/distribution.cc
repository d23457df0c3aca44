// SPDX-License-Identifier: Apache-2.0
#include "target/distribution.h"

#include "target/debian.h"
#include "target/local.h"
#include "target/rpm.h"
#include "target/target.h"

namespace suture {

Result<std::filesystem::path> first_of(const std::filesystem::path& root,
                                       const std::vector<std::filesystem::path>& candidates,
                                       const std::string& hint) {
  for (const std::filesystem::path& candidate : candidates) {
    std::error_code ignored;
    if (std::filesystem::exists(root / candidate, ignored)) return candidate;
  }
  return fail("target.unknown-layout", "look at the unpacked packages",
              "they hold no " + candidates.front().string(), hint);
}

// Files bring no compiler along.
Result<void> Distribution::fetch_compiler(const KernelPlan& plan, const std::string& compiler,
                                          const std::filesystem::path&, Progress&) const {
  return fail("target.compiler-gone", "find the compiler of " + plan.release,
              compiler + " is not on this machine");
}

Result<void> Distribution::confirm(const Target&) const {
  return {};
}

Result<std::unique_ptr<Distribution>> find_distribution(std::string_view name,
                                                        const std::filesystem::path& lists,
                                                        const GivenFiles& given) {
  const auto unused = [&](const char* options, const char* user) {
    return fail("target.option-unused", "add a kernel of \"" + std::string(name) + "\"",
                std::string(options) + " have no meaning for it", std::string(user));
  };
  constexpr const char* kForLocal = "They are for `suture target add local`.";
  constexpr const char* kForRpm = "They are for `suture target add rpm`.";
  if (name == "local") {
    if (!given.packages.empty()) return unused("packages", kForRpm);
    return make_local(given);
  }
  if (name == "rpm") {
    if (given.names_parts()) return unused("the parts of a kernel", kForLocal);
    return make_rpm(given);
  }
  if (name == "debian") {
    if (!given.packages.empty()) return unused("packages", kForRpm);
    if (given != GivenFiles{}) return unused("the parts of a kernel and its compiler", kForLocal);
    return make_debian(lists / "debian");
  }
  return fail("target.unknown-distribution", "find the distribution \"" + std::string(name) + "\"",
              "suture knows: debian, local, rpm");
}

}  // namespace suture
