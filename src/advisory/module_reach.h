// SPDX-License-Identifier: Apache-2.0
//
// Who can make a kernel load its modules.
//
// A module says by its aliases what the kernel asks for it by (module_alias.h). Nobody asks for many of them,
// yet they are loaded, since others need them: so a module is within reach of whoever reaches one that
// depends on it. On a host, modprobe may be told not to load some of these, or users may have no namespaces.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "advisory/module_facts.h"
#include "advisory/reach.h"
#include "patchset/host_modules.h"

namespace suture {

struct ReachedBy {
  Reach reach = Reach::kRoot;
  std::string text{};  ///< a sentence without its end: who, and by what
  bool operator==(const ReachedBy&) const = default;
};

class ModuleReach {
 public:
  /// Whether a module's file system is for user namespaces; `name` is the file system's.
  using Mountable = std::function<bool(const ModuleFacts& module, std::string_view name)>;

  ModuleReach() = default;
  explicit ModuleReach(std::vector<ModuleFacts> modules, Mountable mountable = {});

  bool has(std::string_view module) const { return modules_.contains(module); }
  /// Of a module as in /proc/modules, or "vmlinux". Root's for one that is not known.
  ReachedBy of(const std::string& module) const;
  /// The same where a host has its say. A module that is loaded is asked about like any other.
  ReachedBy of(const std::string& module, const HostModules& host) const;

 private:
  ReachedBy best_of(const std::string& module, const HostModules* host) const;
  /// The module, or one that it needs, which the host does not load; empty: none.
  std::string blocked_in(const std::string& module, const HostModules& host) const;

  std::map<std::string, ModuleFacts, std::less<>> modules_{};
  std::map<std::string, std::vector<std::string>, std::less<>> needed_by_{};
  Mountable mountable_{};
};

}  // namespace suture
