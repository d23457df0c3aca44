// SPDX-License-Identifier: Apache-2.0
//
// What the machines showed, as what is vouched for: checks, and why a patchset is not qualified.
#pragma once

#include <vector>

#include "patchset/statement.h"
#include "qualify/vm.h"

namespace suture {

/// A machine in which the patch went through everything with this engine. A complaint of the kernel belongs
/// to the phase in whose time it came. Of functions that ran in one machine, none counts as never called.
void judge_trial(const VmResult& machine, const std::string& engine,
                 const std::vector<std::string>& functions, Qualification& qualification);

/// The machine that counts instructions, with one engine after the other. What takes twice as long or more is
/// reported, no more: a fix may have to.
void judge_cost(const VmResult& machine, Qualification& qualification);

/// Whether all that went wrong may be due to a host that gives its machine too little time.
bool may_be_slowness(const VmResult& machine);

}  // namespace suture
