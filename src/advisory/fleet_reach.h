// SPDX-License-Identifier: Apache-2.0
//
// The objects that a fix is in, on the hosts that are known to run a target.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "advisory/finding.h"
#include "advisory/module_reach.h"
#include "advisory/target_facts.h"

namespace suture {

class FleetReach {
 public:
  /// `hosts`: those that run the target, as far as they are known; none: only the target is asked.
  explicit FleetReach(std::shared_ptr<const ModuleReach> reach, std::vector<HostModules> hosts = {});

  /// Of "vmlinux" or a module. What was asked once is kept, since many fixes are in one module.
  const ObjectReach& of(const std::string& object) const;

 private:
  ObjectReach ask(const std::string& object) const;

  std::shared_ptr<const ModuleReach> reach_;
  std::vector<HostModules> hosts_;
  mutable std::map<std::string, ObjectReach> known_;
};

/// Fills Finding::reach: the objects of its places, or, where only files are known, what these are in.
void add_reach(Finding& finding, const TargetFacts& target, const FleetReach& fleet);

}  // namespace suture
