// SPDX-License-Identifier: Apache-2.0
//
// The names by which the kernel asks user space for a module (request_module() in its source), and who can
// make it ask.
#pragma once

#include <optional>
#include <string_view>

#include "advisory/reach.h"

namespace suture {

struct AskedFor {
  Reach reach = Reach::kRoot;
  std::string_view how{};  ///< "socket(2) of its protocol"
};

/// Of an alias in a module's .modinfo. Nothing for one that the kernel does not ask for: those of former
/// names, for people. File systems ("fs-xfs") count as root's here, see file_system_type.h.
std::optional<AskedFor> asked_by_alias(std::string_view alias);
/// Of a module that the kernel asks for by its own name, written with "_".
std::optional<AskedFor> asked_by_name(std::string_view module);

}  // namespace suture
