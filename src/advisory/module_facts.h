// SPDX-License-Identifier: Apache-2.0
//
// What a module's file tells of how it comes to be loaded: its section .modinfo.
#pragma once

#include <string>
#include <vector>

#include "base/file.h"

namespace suture {

/// Names of modules as in /proc/modules.
struct ModuleFacts {
  std::string name{};
  std::string folder{};                ///< of the file, below `kernel`; also its source's: "fs/fuse"
  std::vector<std::string> aliases{};  ///< by which it is asked for
  std::vector<std::string> depends{};  ///< modules that are loaded before it
  std::vector<std::string> brings{};   ///< modules and aliases that modprobe loads with it (softdep)
};

/// Strings "key=value", each with a zero behind it. What is unknown is passed over.
ModuleFacts read_module_facts(std::string name, std::string folder, ByteView modinfo);

}  // namespace suture
