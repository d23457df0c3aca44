// SPDX-License-Identifier: Apache-2.0
//
// What decides which kernel modules a host's kernel runs, and who can have more of them loaded.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/json_fwd.h"

namespace suture {

/// Names with "_" for "-", sorted, each once.
struct HostModules {
  std::vector<std::string> loaded{};
  std::vector<std::string> blocked{};      ///< modules and aliases that modprobe loads for nobody
  std::vector<std::string> blacklisted{};  ///< modules that modprobe does not load for an alias of theirs
  bool loading = true;  ///< false: nothing can be loaded until the next boot (kernel.modules_disabled)
  bool user_namespaces = true;  ///< users without privileges can make one, and have its capabilities
  bool operator==(const HostModules&) const = default;
};

/// More are no host's: the most in each list, and bytes in a name. An alias may be longer than a module.
inline constexpr std::size_t kMostModules = 1024;
inline constexpr std::size_t kLongestModule = 64;

/// Letters, digits and "_" are all that modules are named with; aliases have ":", "*" and others, too.
bool is_plain_module(std::string_view name);
/// As modprobe compares names: "-" is "_".
std::string plain_module(std::string_view name);

Json to_json(const HostModules& modules);
}  // namespace suture
