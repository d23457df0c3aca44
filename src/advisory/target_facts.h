// SPDX-License-Identifier: Apache-2.0
//
// A target as matching sees it. What this part may not find out itself (kbuild, symbols of an image) is given
// as functions, so that a test gives what it likes.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "advisory/config_condition.h"
#include "advisory/kernel_version.h"
#include "advisory/module_reach.h"
#include "advisory/source_tree.h"
#include "advisory/target_symbols.h"
#include "base/debian_changelog.h"
#include "base/error.h"
#include "patchset/patchset.h"

namespace suture {

struct TargetFacts {
  TargetId id{};
  KernelVersion upstream{};
  std::string source_package = "linux";  ///< as Debian and others call what the kernel is built of
  KernelConfig config{};
  std::shared_ptr<const SourceTree> source{};
  /// What of this kernel a file's code is in: "vmlinux", modules as in /proc/modules; of a header, those that
  /// the units around it are in. Empty: it is not compiled. An error: it cannot be told.
  std::function<Result<std::vector<std::string>>(const std::string& file)> objects_of{};
  /// Whether such an object has a symbol for this function.
  std::function<bool(const std::string& object, const std::string& function)> has_symbol{};
  /// Who can have its modules loaded; of a target without them, everything but the image is root's.
  std::shared_ptr<const ModuleReach> reach = std::make_shared<ModuleReach>();
  /// Which CVEs the package's own changelog names, and the version of the lowest entry that does.
  ClosedCves changelog{};
};

/// Of a target whose files go into the objects that `units` tells, which is given its symbols. Reading these
/// takes some seconds.
Result<TargetFacts> read_target_facts(
    const Target& target,
    const std::function<decltype(TargetFacts::objects_of)(std::shared_ptr<const TargetSymbols>)>& units);

/// `arch/arm64/…` in a kernel for x86_64.
bool is_of_other_architecture(std::string_view path, std::string_view architecture);

}  // namespace suture
