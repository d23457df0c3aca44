// SPDX-License-Identifier: Apache-2.0
//
// Reads out of one boot of the virtual machine what it says of each patch that was to be tried there.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "corpus/record.h"
#include "qualify/vm.h"

namespace suture::corpus {

/// A patch to try: the name of its unit's files, and the module to load first ("vmlinux": none).
struct Trial {
  std::string name;
  std::string module;
};

struct BootVerdict {
  /// By name. Those which the boot did not come to are absent.
  std::map<std::string, VmRecord> tried;
  /// Whose target module makes the kernel complain by being loaded, without any patch: what it says.
  std::map<std::string, std::string> bad_targets;
  /// Failed in a way that a starved machine can bring about by itself (a stall, a lockup, time that ran out).
  std::vector<std::string> doubtful;
};

/// The guest marks in the kernel's log where it begins with what: a complaint belongs to the mark before it.
BootVerdict judge_boot(const std::vector<Trial>& trials, const VmResult& boot);

}  // namespace suture::corpus
