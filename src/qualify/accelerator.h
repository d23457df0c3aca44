// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <filesystem>

#include "qualify/vm.h"

namespace suture {

/// kKvm when a machine that uses it boots this kernel and comes to its end within the bound; else kTcg. That
/// the device is there says little: in a virtual machine on a virtual machine guests may hang with it.
Accelerator best_accelerator(const std::filesystem::path& kernel,
                             std::chrono::seconds bound = std::chrono::seconds(15));

}  // namespace suture
